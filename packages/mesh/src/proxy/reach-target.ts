import type { Socket } from "node:net";
import type { PeerIdentity } from "../identity/validate-peer.ts";
import type { MeshTls } from "./mesh-tls.ts";
import { connectPlain } from "./proxied-connection.ts";
import type { OutboundTarget } from "./proxy-config.ts";

/** A connection, and in mutual TLS of the mesh who is at its end. */
interface Reached {
  readonly socket: Socket;
  readonly peer?: PeerIdentity;
}

/** Connects as a target says, and never otherwise. Rejects. */
export async function reachTarget(target: OutboundTarget, tls: MeshTls, connectMs: number): Promise<Reached> {
  return target.tls === "none" ? { socket: await connectPlain(target, connectMs) } : tls.connect(target);
}
