import type { MutualTlsMode } from "../policy/call.ts";
import type { Hello } from "./client-hello.ts";
import { isHttp, isMeshOffer } from "./mesh-protocols.ts";
import type { InboundPort } from "./proxy-config.ts";

/** What becomes of a connection that came. */
export type InboundTransport =
  /** TLS ends here, and the client must prove who it is. */
  | { readonly kind: "mutual"; readonly offersMesh: boolean }
  /** The bytes go on to the application as they are. */
  | { readonly kind: "pass"; readonly tls: "plaintext" | "foreign" }
  | { readonly kind: "refuse"; readonly reason: string };

/** Whether the first bytes must be looked at. */
export function isSniffed(mode: MutualTlsMode): boolean {
  return mode !== "DISABLE";
}

/** By the filter chains that Istio makes for each mode (pilot/pkg/xds/filters, `inbound filter chain options`), for a hello that is complete. */
export function inboundTransport({ mode, protocol }: InboundPort, hello: Hello): InboundTransport {
  if (hello.kind === "tooLarge") return refuse("its TLS hello is larger than is read");
  if (hello.kind === "partial") return refuse("its TLS hello did not come in time");
  const offersMesh = hello.kind === "hello" && isMeshOffer(hello.alpn);
  switch (mode) {
    case "STRICT":
      return hello.kind === "hello" ? { kind: "mutual", offersMesh } : refuse("plaintext, where the mode is STRICT");
    case "PERMISSIVE":
      if (hello.kind === "raw") return { kind: "pass", tls: "plaintext" };
      if (offersMesh) return { kind: "mutual", offersMesh };
      return isHttp(protocol)
        ? refuse("TLS of its own, where the port is declared to speak HTTP in plaintext")
        : { kind: "pass", tls: "foreign" };
    case "DISABLE":
      return { kind: "pass", tls: hello.kind === "hello" ? "foreign" : "plaintext" };
  }
}

function refuse(reason: string): InboundTransport {
  return { kind: "refuse", reason };
}
