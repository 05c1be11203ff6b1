import { type Connection, inClusterConnection } from "@sallyport/cluster";

/** The cluster that we run in, of which no account is used; nothing outside of one. */
export function inPodConnection(): Connection | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  return host ? inClusterConnection({ host, port }, Date.now) : undefined;
}
