import { applyDefaults, conformMetadata, type KubeObject, type ResourceInfo, withoutEmptyLists } from "@sallyport/kube";
import { outgoing } from "./encode.ts";
import { strategyFor } from "./strategies.ts";

/**
 * As it is read from a store, also of what admission has brought: without empty lists, with defaults anew; of a custom object without empty
 * or unknown metadata, and what its schema does not have.
 */
export function asStored(object: KubeObject, info: ResourceInfo, isMutated: boolean): KubeObject {
  const { custom, schema } = info;
  if (custom !== undefined)
    return isMutated ? outgoing(conformMetadata(object, {}, info).value as KubeObject, info) : object;
  if (schema === undefined) return object;
  const read = withoutEmptyLists(isMutated ? applyDefaults(object) : object, schema);
  return strategyFor(info).asRead?.(read) ?? read;
}
