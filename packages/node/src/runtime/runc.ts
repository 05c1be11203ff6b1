import type { HandlerTraits } from "../bundle/machine.ts";
import { OciRuntime } from "./oci-runtime.ts";
import type { RuntimeSettings } from "./runtimes.ts";

export const runcTraits: HandlerTraits = { pidsFloor: 0, hasOwnKernel: false, unknownCapabilities: [] };

/** Containers of the machine's own kernel, by runc. https://github.com/opencontainers/runc */
export async function createRunc({ folder, program, version }: RuntimeSettings): Promise<OciRuntime> {
  return new OciRuntime({
    handler: "runc",
    version,
    limits: [],
    traits: runcTraits,
    command: [program, "--root", `${folder}/state`],
    folder,
  });
}
