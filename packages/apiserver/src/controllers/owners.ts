import {
  type KubeObject,
  type LabelSelectorObject,
  matchesSelector,
  type OwnerReference,
  parseApiVersion,
} from "@sallyport/kube";
import type { Cache } from "../registry/cache.ts";
import type { CacheEvent } from "../registry/history.ts";
import type { Client } from "./client.ts";

/** The reference by which an object is managed; at most one has it. */
export function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** What makes an object managed by this one. */
export function controllerReference({
  apiVersion,
  kind,
  metadata: { name = "", uid = "" },
}: KubeObject): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** Keys of what manages the changed object, before or now, or could adopt it as it has no such. */
export function managerKeys(
  { object, previous, namespace }: CacheEvent,
  kind: string,
  candidates: () => readonly (readonly [owner: KubeObject, selector: LabelSelectorObject])[],
): readonly string[] {
  const references = [previous, object].map((each) => each && controllerOf(each));
  const keys = references.filter((each) => each?.kind === kind).map((each) => `${namespace}/${each?.name ?? ""}`);
  if (object === undefined || controllerOf(object) !== undefined) return keys;
  const adopting = candidates()
    .filter(([, selector]) => matchesSelector(selector, object.metadata.labels ?? {}))
    .map(([owner]) => `${namespace}/${owner.metadata.name ?? ""}`);
  return [...keys, ...adopting];
}

/**
 * All objects of a resource that an owner manages. Those without a manager that it selects are adopted, those that it selects no more
 * let go. What is no member can not be selected.
 */
export async function claim<T extends KubeObject>(
  owner: KubeObject,
  selector: LabelSelectorObject,
  resource: { readonly group: string; readonly resource: string },
  { cache, client }: { readonly cache: Cache; readonly client: Client },
  isMember: (object: T) => boolean = () => true,
): Promise<readonly T[]> {
  const { uid, namespace = "", deletionTimestamp } = owner.metadata;
  const claimed: T[] = [];
  for (const object of cache.list(resource.group, resource.resource, namespace)) {
    const manager = controllerOf(object);
    if (manager !== undefined && manager.uid !== uid) continue;
    const isSelected = isMember(object as T) && matchesSelector(selector, object.metadata.labels ?? {});
    if (manager !== undefined && isSelected) claimed.push(object as T);
    else if (deletionTimestamp) continue;
    else if (manager !== undefined) await client.update(object, (fresh) => released(fresh, uid ?? ""));
    else if (isSelected && !object.metadata.deletionTimestamp)
      claimed.push((await client.update(object, (fresh) => adopted(fresh, owner))) as T);
  }
  return claimed;
}

function adopted(object: KubeObject, owner: KubeObject): KubeObject {
  if (controllerOf(object) !== undefined) return object;
  const others = (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid);
  const ownerReferences = [...others, controllerReference(owner)];
  return { ...object, metadata: { ...object.metadata, ownerReferences } };
}

function released(object: KubeObject, owner: string): KubeObject {
  const { ownerReferences = [], ...metadata } = object.metadata;
  const left = ownerReferences.filter(({ uid }) => uid !== owner);
  return { ...object, metadata: { ...metadata, ...(left.length > 0 && { ownerReferences: left }) } };
}

/** True for objects of the kind, in whatever version. */
export function isOfKind(
  { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
  group: string,
  wanted: string,
): boolean {
  return kind === wanted && parseApiVersion(apiVersion).group === group;
}
