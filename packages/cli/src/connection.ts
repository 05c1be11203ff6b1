import { homedir } from "node:os";
import { join } from "node:path";
import { type Connection, ConnectionError, inClusterConnection, kubeconfigConnection } from "@sallyport/cluster";
import { UsageError } from "./errors.ts";

export interface ConnectionFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** The kubeconfig that is named, else the pod's service account, else kubectl's own kubeconfig. Throws `UsageError`. */
export function connectionOf({ kubeconfig, context }: ConnectionFlags): Connection {
  const options = { environment: process.env, now: Date.now, ...(context === undefined ? {} : { context }) };
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port, KUBECONFIG } = process.env;
  try {
    if (kubeconfig !== undefined) return kubeconfigConnection(kubeconfig, options);
    if (host !== undefined) return inClusterConnection({ host, port }, Date.now);
    return kubeconfigConnection(KUBECONFIG || join(homedir(), ".kube", "config"), options);
  } catch (error) {
    if (error instanceof ConnectionError) throw new UsageError(error.message);
    throw error;
  }
}
