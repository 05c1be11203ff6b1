import { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** The connection that TLS is spoken on. Node has no public way to ask for it; undefined where its field is another one. */
export function connectionBeneath(socket: TLSSocket): Socket | undefined {
  const { _parent: beneath } = socket as { readonly _parent?: Socket | null };
  return beneath instanceof Socket ? beneath : undefined;
}
