import type { HandlerTraits } from "../bundle/machine.ts";
import { OciRuntime } from "./oci-runtime.ts";
import type { RuntimeSettings } from "./runtimes.ts";

export const kataTraits: HandlerTraits = { pidsFloor: 0, hasOwnKernel: true, unknownCapabilities: [] };

/**
 * Containers in a virtual machine, by the kata-runtime of releases that are a program in the manner of runc. Later ones are containerd's
 * alone: they fail the trial of a container, and are told as not working.
 */
export async function createKata({ folder, program, version }: RuntimeSettings): Promise<OciRuntime> {
  return new OciRuntime({
    handler: "kata",
    version,
    limits: [],
    traits: kataTraits,
    command: [program, "--root", `${folder}/state`],
    folder,
  });
}
