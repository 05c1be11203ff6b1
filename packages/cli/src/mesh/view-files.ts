import { conform, findKind, type KubeObject, parseApiVersion, StatusError } from "@sallyport/kube";
import type { PlacedObject } from "@sallyport/mesh";
import { InputError, type Manifest } from "../manifests.ts";
import { viewKinds } from "./view-kinds.ts";

/** The objects of files that a mesh has to do with, in `namespace` where they name none. Throws `InputError` for what is no object of its kind. */
export function objectsOfManifests(manifests: readonly Manifest[], namespace: string): readonly PlacedObject[] {
  return manifests.flatMap((manifest) => placedObject(manifest, namespace));
}

function placedObject({ file, line, value }: Manifest, namespace: string): readonly PlacedObject[] {
  const { group, version } = parseApiVersion(String(value["apiVersion"]));
  const kind = viewKinds.find((each) => each.group === group && each.kind === value["kind"]);
  if (kind === undefined) return [];
  const place = `${file}:${line}`;
  const info = findKind(group, version, kind.kind);
  const object =
    info?.schema === undefined ? (value as unknown as KubeObject) : conformed(value, info, info.schema, place);
  const { metadata } = object;
  if (typeof metadata !== "object" || metadata === null || (!metadata.name && !metadata.generateName))
    throw new InputError(`${place}: the ${kind.kind} has no name`);
  const isOfCluster = clusterKinds.has(kind.kind);
  const home = isOfCluster ? {} : { namespace: metadata.namespace || namespace };
  return [{ object: { ...object, metadata: { ...metadata, ...home } }, place }];
}

const clusterKinds: ReadonlySet<string> = new Set([
  "Namespace",
  "ValidatingWebhookConfiguration",
  "MutatingWebhookConfiguration",
  "APIService",
  "CustomResourceDefinition",
]);

function conformed(
  value: Manifest["value"],
  info: Parameters<typeof conform>[2],
  schema: Parameters<typeof conform>[1],
  place: string,
): KubeObject {
  try {
    return conform(value as never, schema, info, "document").object as KubeObject;
  } catch (error) {
    throw error instanceof StatusError ? new InputError(`${place}: ${error.message}`) : error;
  }
}
