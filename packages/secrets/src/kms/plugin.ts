import type { PluginServer } from "./plugin-server.ts";
import type { KmsService } from "./service.ts";

/** Serves a key at `unix:///path`; what gRPC needs is loaded with the first one. `onFault` is told of calls that failed. Rejects when nobody can listen there. */
export async function startPlugin(
  endpoint: string,
  service: KmsService,
  onFault: (method: string, error: Error) => void,
): Promise<PluginServer> {
  const { servePlugin } = await import("./plugin-server.ts");
  return servePlugin(endpoint, service, onFault);
}
