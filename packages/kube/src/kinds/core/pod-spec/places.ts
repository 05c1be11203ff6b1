import { itemsOf } from "../../checks.ts";
import type { Fields } from "../../rules.ts";

/** All containers of a pod with their paths, in the order in which kube-apiserver visits them. */
export function containersOf(spec: Fields, path: string): readonly (readonly [container: Fields, path: string])[] {
  return ["initContainers", "containers", "ephemeralContainers"].flatMap((list) =>
    itemsOf(spec[list], `${path}.${list}`),
  );
}
