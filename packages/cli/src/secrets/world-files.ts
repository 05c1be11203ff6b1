import { bootstrapRbac, conform, findKind, type KubeObject, parseApiVersion, StatusError } from "@sallyport/kube";
import type { WorldObject } from "@sallyport/secrets";
import { InputError, type Manifest } from "../manifests.ts";
import { worldKinds } from "./world-kinds.ts";

/**
 * The objects of files that matter for who comes to a secret, in `namespace` where they name none, and the roles and bindings that every
 * cluster has beside them. Throws `InputError` for what is no object of its kind.
 */
export function worldOfManifests(manifests: readonly Manifest[], namespace: string): readonly WorldObject[] {
  const written = manifests.flatMap((manifest) => objectOf(manifest, namespace));
  const there = new Set(written.map(placeOf));
  return [...written, ...bootstrapRbac.filter((each) => !there.has(placeOf(each)))];
}

function objectOf({ file, line, value }: Manifest, namespace: string): readonly KubeObject[] {
  const { group } = parseApiVersion(String(value["apiVersion"]));
  if (!worldKinds.some((each) => each.group === group && each.kind === value["kind"])) return [];
  // Of these kinds all versions that there ever were have the fields that count here.
  const info = findKind(group, "v1", String(value["kind"]));
  if (info?.schema === undefined) return [];
  try {
    const { object } = conform(value as never, info.schema, info, "document");
    if (!object.metadata?.name && !object.metadata?.generateName)
      throw new InputError(`${file}:${line}: the ${info.kind} has no name`);
    const home = info.namespaced ? { namespace: object.metadata.namespace || namespace } : {};
    return [{ ...object, metadata: { ...object.metadata, ...home } }];
  } catch (error) {
    throw error instanceof StatusError ? new InputError(`${file}:${line}: ${error.message}`) : error;
  }
}

function placeOf({ kind, metadata }: WorldObject): string {
  return `${kind}/${metadata.namespace ?? ""}/${metadata.name}`;
}
