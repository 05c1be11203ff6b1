import type { Cache } from "@sallyport/apiserver";
import type { Client } from "@sallyport/cluster";
import { AuditMetrics, GatekeeperMetrics, type StoredChange } from "@sallyport/constraints";
import type { Catalogue } from "@sallyport/kube";
import { GatekeeperController } from "./controller.ts";
import type { ExternalDataSettings } from "./external-data.ts";
import { createGatekeeper, storedIn } from "./gatekeeper.ts";
import type { LoadedGatekeeper } from "./lazy-gatekeeper.ts";
import type { Answered } from "./observed-plugin.ts";
import { type RepeatedAuditOptions, startAudits } from "./repeated-audit.ts";

export interface OwnGatekeeperOptions extends Omit<RepeatedAuditOptions, "metrics"> {
  readonly externalData?: ExternalDataSettings;
  /** Templates in CEL that do not say whether they want one have a ValidatingAdmissionPolicy. */
  readonly createsPolicies?: boolean;
}

/** Gatekeeper within our own server: what is in force, and the controllers and audits that tell of it. */
export interface OwnGatekeeper extends LoadedGatekeeper {
  readonly changed: (change: StoredChange) => void;
  readonly answered: Answered;
  /** Reviews, audits and what is in force as Prometheus reads them, by Gatekeeper's names. */
  readonly renderMetrics: () => string;
  /** From here on the server answers. */
  readonly start: (client: Client) => void;
  readonly stop: () => Promise<void>;
}

const namespace = "gatekeeper-system";

/** `client` answers undefined while the server does not answer yet: then `start` is called. */
export function openOwnGatekeeper(
  options: OwnGatekeeperOptions,
  served: () => { readonly cache: Cache; readonly catalogue: Catalogue } | undefined,
  client: () => Client | undefined,
): OwnGatekeeper {
  const gatekeeper = createGatekeeper(
    (kind) => {
      const known = served();
      return known === undefined ? [] : storedIn(known.cache, known.catalogue, kind);
    },
    { externalData: options.externalData },
  );
  const controller = new GatekeeperController({
    policies: gatekeeper.policies,
    id: "sallyport",
    namespace,
    operations: ["audit", "generate", "mutation-webhook", "status", "webhook"],
    generation: { templates: options.createsPolicies === true, bindings: true, exemptNamespaces: [namespace] },
    onFault: options.onFault,
  });
  const metrics = new GatekeeperMetrics();
  const auditMetrics = new AuditMetrics();
  let audits: ReturnType<typeof startAudits> | undefined;
  const start = (from: Client) => {
    controller.start(from);
    audits ??= startAudits({ ...options, metrics: auditMetrics }, gatekeeper, from);
  };
  const known = client();
  if (known !== undefined) start(known);
  return {
    policies: gatekeeper.policies,
    changed: (change) => controller.changed(change),
    answered: (...review) => metrics.answered(...review),
    renderMetrics: () =>
      metrics.render(gatekeeper.policies.stored()) + gatekeeper.policies.renderMetrics() + auditMetrics.render(),
    start,
    stop: async () => {
      await audits?.stop();
      await controller.stop();
    },
  };
}
