import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Connection, ConnectionError } from "./connection.ts";

/** Where a pod finds its service account. */
export const accountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Tokens are written anew before they expire; kubelet does so in time for readers who look once a minute. */
const rereadMs = 60_000;

/** The connection of a pod to its own cluster. `address` is KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT. Throws `ConnectionError`. */
export function inClusterConnection(
  address: { readonly host: string | undefined; readonly port: string | undefined },
  now: () => number,
  folder: string = accountFolder,
): Connection {
  const { host, port } = address;
  if (!host || !port || !existsSync(join(folder, "token")))
    throw new ConnectionError(
      "this is no pod of a cluster (no KUBERNETES_SERVICE_HOST, or no service account); give --kubeconfig",
    );
  let read = { at: Number.NEGATIVE_INFINITY, token: "" };
  const token = () => {
    if (now() - read.at >= rereadMs) read = { at: now(), token: readFileSync(join(folder, "token"), "utf8").trim() };
    return read.token;
  };
  const namespace = join(folder, "namespace");
  return {
    url: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    ca: readFileSync(join(folder, "ca.crt"), "utf8"),
    token,
    ...(existsSync(namespace) ? { namespace: readFileSync(namespace, "utf8").trim() } : {}),
  };
}
