import { ImageFault, type ImageStore } from "../image/image.ts";
import type { Pod } from "../kubelet/pod.ts";
import type { Volume } from "../volumes/volume.ts";

/**
 * Takes away the images that none of the node's pods names, as kubelets do for want of disk. Those that came by no registry stay: nobody
 * could fetch them again.
 */
export async function removeUnusedImages(
  images: Pick<ImageStore, "find" | "list" | "remove">,
  pods: readonly Pod[],
): Promise<void> {
  const named = new Set(pods.flatMap(imagesOf));
  const used = await Promise.all([...named].map(async (name) => (await images.find(name).catch(ignored))?.id));
  for (const { id, names, repoDigest } of await images.list()) {
    if (repoDigest === undefined || used.includes(id)) continue;
    for (const name of names.length > 0 ? names : [repoDigest]) await images.remove(name).catch(ignored);
  }
}

function imagesOf({ spec }: Pod): readonly string[] {
  const { containers, initContainers = [], ephemeralContainers = [] } = spec;
  const volumes = (spec["volumes"] ?? []) as readonly Volume[];
  return [
    ...[...containers, ...initContainers, ...ephemeralContainers].map(({ image }) => image),
    ...volumes.flatMap(({ image }) => image?.reference ?? []),
  ];
}

/** A name that is none, or an image on which a container still runs. */
function ignored(error: unknown): undefined {
  if (!(error instanceof ImageFault)) throw error;
}
