import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { Client, leaseAccess } from "@sallyport/cluster";
import { LeaderElection, type LeaseTimes } from "@sallyport/kube";
import {
  type ExternalSecretsOptions,
  type RunningExternalSecrets,
  runExternalSecrets,
} from "./run-external-secrets.ts";

export interface ElectedSyncOptions {
  /** Where the Lease lies. */
  readonly namespace: string;
  /** The Lease's name. */
  readonly name: string;
  readonly times: LeaseTimes;
}

export interface ElectedSync {
  /** What runs here; undefined while another one leads. */
  readonly running: () => RunningExternalSecrets | undefined;
  /** Ends what runs, and lets the lead go. */
  readonly close: () => Promise<void>;
}

/** Of several replicas one works, and the others wait until it is gone. Resolves when we lead, or when another is known to. */
export async function runElectedSync(
  options: ExternalSecretsOptions,
  { namespace, name, times }: ElectedSyncOptions,
): Promise<ElectedSync> {
  const client = new Client(options.connection);
  const identity = `${hostname()}_${randomUUID()}`;
  let running: RunningExternalSecrets | undefined;
  const election = new LeaderElection({
    name,
    namespace,
    identity,
    times,
    access: leaseAccess(client, namespace, name),
    clock: {
      now: Date.now,
      after: (ms, call) => {
        const timer = setTimeout(call, ms).unref();
        return () => clearTimeout(timer);
      },
    },
    record: (_lease, _type, _reason, message) => options.say(message),
    lead: async () => {
      running = await runExternalSecrets(options);
      return async () => {
        await running?.close();
        running = undefined;
      };
    },
    onFault: (error) => options.say((error as Error).message),
  });
  await election.start();
  return {
    running: () => running,
    close: async () => {
      await election.stop();
      client.close();
    },
  };
}
