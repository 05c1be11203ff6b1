import type { PortProtocol } from "./proxy-config.ts";

/** By these the mesh's own TLS is told from an application's, which never offers them: as Istio's proxies do. */
const meshProtocols: ReadonlySet<string> = new Set([
  "istio",
  "istio-peer-exchange",
  "istio-http/1.0",
  "istio-http/1.1",
  "istio-h2",
]);

/**
 * What a server takes, its favourite first. `istio-peer-exchange` is known, and never taken: who gets it begins with a message of Envoy's
 * own. Envoy offers `istio` beside it.
 */
export const servedProtocols: readonly string[] = ["istio-h2", "istio-http/1.1", "istio-http/1.0", "istio"];

/** Whether a client that offers these speaks for the mesh. */
export function isMeshOffer(alpn: readonly string[]): boolean {
  return alpn.some((name) => meshProtocols.has(name));
}

/** What a client offers for what will be spoken inside. */
export function offeredProtocols(protocol: PortProtocol): readonly string[] {
  switch (protocol) {
    case "http":
      return ["istio-http/1.1", "istio"];
    case "http2":
    case "grpc":
      return ["istio-h2", "istio"];
    default:
      return ["istio"];
  }
}

/** Whether requests of HTTP are spoken: what an owner declared, nothing that was guessed. */
export function isHttp(protocol: PortProtocol): boolean {
  return protocol === "http" || protocol === "http2" || protocol === "grpc";
}

/** Protocols whose servers speak first, so that no byte of a client can be waited for. */
export function isServerFirst(protocol: PortProtocol): boolean {
  return protocol === "mysql";
}
