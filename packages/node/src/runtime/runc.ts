import type { HandlerTraits } from "../bundle/machine.ts";
import { OciRuntime } from "./oci-runtime.ts";

export const runcTraits: HandlerTraits = { pidsFloor: 0, hasOwnKernel: false };

/** Containers of the machine's own kernel, by runc. https://github.com/opencontainers/runc */
export function createRunc({ folder, version }: { readonly folder: string; readonly version: string }): OciRuntime {
  return new OciRuntime({
    handler: "runc",
    version,
    limits: [],
    traits: runcTraits,
    command: ["runc", "--root", `${folder}/state`],
    folder,
  });
}
