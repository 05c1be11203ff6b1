import type { Answer } from "./answer.ts";
import { OpaModule } from "./opa-module.ts";
import { OpaServers } from "./opa-servers.ts";
import type { Program } from "./program.ts";

/** A real OPA that answers programs. */
export interface Peer {
  /** In order. Undefined where the peer breaks, or cannot be asked for that: such a program proves nothing. */
  answers(programs: readonly Program[]): Promise<readonly (Answer | undefined)[]>;
  stop(): void;
}

/** OPA's Go module, built here, which answers thousands of programs in a second; without a Go toolchain the server of an `opa`. */
export function startPeer(opa: string | undefined): Peer | { readonly missing: string } {
  const module = OpaModule.start();
  if (!("skipped" in module)) return module;
  if (opa === undefined) return { missing: `${module.skipped}, and no opa on the PATH or in SALLYPORT_OPA` };
  return new OpaServers(opa);
}

/** A later OPA, which tells whether a difference is a fault that OPA has mended; undefined without a Go toolchain. */
export function startLaterPeer(): Peer | undefined {
  const later = OpaModule.start("later");
  return "skipped" in later ? undefined : later;
}
