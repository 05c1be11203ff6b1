import type { HandlerTraits } from "../bundle/machine.ts";
import { cgroupRoot, hybridMount } from "./cgroup.ts";
import { OciRuntime } from "./oci-runtime.ts";
import type { RuntimeSettings } from "./runtimes.ts";

export const crunTraits: HandlerTraits = { pidsFloor: 0, hasOwnKernel: false, unknownCapabilities: [] };

/** Containers of the machine's own kernel, by crun. https://github.com/containers/crun */
export async function createCrun({ folder, program, version }: RuntimeSettings): Promise<OciRuntime> {
  return new OciRuntime({
    handler: "crun",
    version,
    limits: [],
    traits: crunTraits,
    command: [...withoutVersion2(await hybridMount()), program, "--root", `${folder}/state`],
    folder,
  });
}

/**
 * crun refuses a machine that has both versions of cgroups: it runs where the second is out of sight. All other mounts pass on both ways as
 * without that, for pods whose volumes do.
 */
function withoutVersion2(place: string | undefined): readonly string[] {
  if (place === undefined) return [];
  const hide = `mount --make-rprivate ${cgroupRoot} && umount "$0" && exec "$@"`;
  return ["unshare", "--mount", "--propagation", "unchanged", "sh", "-c", hide, place];
}
