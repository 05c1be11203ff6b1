import type { Socket } from "node:net";
import type { PeerIdentity } from "../identity/validate-peer.ts";
import type { ProxyLimits } from "./limits.ts";
import type { MeshTls } from "./mesh-tls.ts";
import { connectPlain } from "./proxied-connection.ts";
import type { OutboundTarget } from "./proxy-config.ts";

/** A connection, and in mutual TLS of the mesh who is at its end. */
interface Reached {
  readonly socket: Socket;
  readonly peer?: PeerIdentity;
}

/** Connects as a target says, and never otherwise. Rejects. */
export async function reachTarget(
  target: OutboundTarget,
  tls: MeshTls,
  { connectMs, handshakeMs }: Pick<ProxyLimits, "connectMs" | "handshakeMs">,
): Promise<Reached> {
  if (target.tls === "mutual") return tls.connect(target);
  const socket = await connectPlain(target, connectMs);
  if (target.tls === "none") return { socket };
  // Loaded where a rule wants it.
  const { originateTls } = await import("./originate-tls.ts");
  return { socket: await originateTls(socket, target, handshakeMs) };
}
