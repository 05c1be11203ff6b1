import type { KubeObject } from "@sallyport/kube";
import { textOf } from "../fields.ts";
import { goType } from "./change.ts";
import { changedImage, checkImageParts } from "./image.ts";
import { boundParts, checkKeys, idOf, isMetadata, locationOf, type Mutator, nameOf, specOf } from "./mutator.ts";

/** Sets parts of an image's reference. Throws an error of one line. https://open-policy-agent.github.io/gatekeeper/website/docs/mutation/#assignimage */
export function readAssignImage(object: KubeObject): Mutator {
  const path = locationOf(object);
  if (isMetadata(path)) throw new Error(`assignImage ${nameOf(object)} can't change metadata`);
  if (path.at(-1)?.kind === "list") throw new Error(`assignImage ${nameOf(object)} cannot mutate list-type fields`);
  checkKeys(path);
  const { assignDomain, assignPath, assignTag } = specOf(object).parameters ?? {};
  const parts = { domain: textOf(assignDomain), path: textOf(assignPath), tag: textOf(assignTag) };
  try {
    checkImageParts(parts);
  } catch (error) {
    throw new Error(`assignImage ${nameOf(object)} has invalid parameters: ${(error as Error).message}`);
  }
  return {
    id: idOf(object),
    path,
    ...boundParts(object, path),
    terminal: "String",
    mustTerminate: true,
    setter: () => ({
      setField: (holder, field) => {
        const image = holder[field] ?? "";
        if (typeof image !== "string")
          throw new Error(
            `expected value at AssignImage location to be a string, got ${JSON.stringify(image)} of type ${goType(image)}`,
          );
        holder[field] = changedImage(image, parts);
      },
    }),
  };
}
