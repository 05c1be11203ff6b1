import { type Client, ConnectionError } from "@sallyport/cluster";
import type { AuditMetrics } from "@sallyport/constraints";
import { StatusError } from "@sallyport/kube";
import { auditCluster } from "./audit-cluster.ts";
import type { ExternalDataSettings } from "./external-data.ts";
import type { Gatekeeper } from "./gatekeeper.ts";

export interface RepeatedAuditOptions {
  /** Seconds from the end of one to the beginning of the next; never when absent. */
  readonly auditInterval?: number | undefined;
  readonly externalData?: ExternalDataSettings | undefined;
  readonly metrics: Pick<AuditMetrics, "began" | "ended">;
  readonly onFault: (error: unknown) => void;
}

/** Gatekeeper's defaults. */
const [chunkSize, violationsLimit] = [500, 20];

/** Audits within a server: what is found is told in the constraints' status. Nothing is read while no template is in force. */
export function startAudits(
  { auditInterval, externalData, metrics, onFault }: RepeatedAuditOptions,
  { policies }: Gatekeeper,
  client: Client,
): { readonly stop: () => Promise<void> } {
  let [isStopped, timer] = [false, undefined as NodeJS.Timeout | undefined];
  let running: Promise<void> = Promise.resolve();
  const run = async () => {
    try {
      if (policies.framework.size > 0) {
        metrics.began(Date.now());
        const options = { client, chunkSize, violationsLimit, externalData, writesStatus: true, now: Date.now };
        const { byAction } = await auditCluster(options);
        metrics.ended(Date.now(), byAction);
      }
    } catch (error) {
      // A constraint that is gone meanwhile, or a server that is going: the next audit sees.
      if (!(error instanceof StatusError) && !(error instanceof ConnectionError)) onFault(error);
    }
    plan();
  };
  const plan = () => {
    if (isStopped || auditInterval === undefined) return;
    timer = setTimeout(() => {
      running = run();
    }, auditInterval * 1000);
    timer.unref();
  };
  plan();
  return {
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
