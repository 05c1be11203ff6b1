import {
  apiVersionOf,
  applyDefaults,
  canonical,
  convertBuiltin,
  decodeProtobuf,
  emptiedOf,
  encodeProtobuf,
  goJson,
  hasProtobuf,
  inWrittenOrder,
  isProtobuf,
  type KubeObject,
  type ResourceInfo,
} from "@sallyport/kube";
import { servedCustom } from "../custom/objects.ts";
import type { StoredValue } from "../storage/store.ts";
import { currentDefinition } from "./crd-v1beta1.ts";
import { isBuiltin, storageGroup, storageVersion } from "./keys.ts";
import { keepText, type StoredText, writeText } from "./stored-text.ts";

/** In which form built-in kinds are stored; kube-apiserver's `--storage-media-type`. Custom objects are JSON always, and either form is read. */
export type StorageMediaType = "application/json" | "application/vnd.kubernetes.protobuf";

/** An object in the version that was asked for. */
export function outgoing(object: KubeObject, info: ResourceInfo): KubeObject {
  if (info.custom !== undefined) return servedCustom(object, info, info.custom);
  const apiVersion = apiVersionOf(info);
  if (object.apiVersion === apiVersion) return object;
  const known = converted.get(object);
  if (known !== undefined && known.apiVersion === apiVersion) return known;
  const made = convertBuiltin(object, apiVersion);
  converted.set(object, made);
  return made;
}

/** Objects of the cache in the other version that was asked for last: no built-in kind has more than two that differ. */
const converted = new WeakMap<KubeObject, KubeObject>();

/** An object in the version in which its kind is stored; custom objects are converted before. */
export function inStorageVersion(object: KubeObject, info: ResourceInfo): KubeObject {
  const apiVersion = storedAs(info);
  if (object.apiVersion === apiVersion) return object;
  return info.custom === undefined ? convertBuiltin(object, apiVersion) : { ...object, apiVersion };
}

/** In which version objects of a resource are stored; worked out once. */
const storedVersions = new WeakMap<ResourceInfo, string>();

function storedAs(info: ResourceInfo): string {
  let apiVersion = storedVersions.get(info);
  if (apiVersion === undefined) {
    const group = storageGroup(info.group, info.resource);
    apiVersion = apiVersionOf({ group, version: info.custom?.storageVersion ?? storageVersion(group, info.resource) });
    storedVersions.set(info, apiVersion);
  }
  return apiVersion;
}

/** What was encoded, until the store tells of it: nobody has to decode what this process has written. */
const encoded = new WeakMap<Uint8Array, Encoded>();

interface Encoded {
  readonly object: KubeObject;
  readonly text: StoredText | undefined;
}

/** The bytes of an object that is in its storage version, without its resourceVersion. */
export function encodeStored(object: KubeObject, info: ResourceInfo, mediaType: StorageMediaType): Uint8Array {
  const stored = withoutVersion(object);
  if (mediaType === "application/vnd.kubernetes.protobuf" && hasProtobuf(object.apiVersion, object.kind))
    return encodeProtobuf(stored);
  // Custom objects are maps in Go, which it writes with sorted keys.
  if (!isBuiltin(storageGroup(info.group, info.resource), info.resource))
    return Buffer.from(`${goJson(canonical(stored))}\n`);
  const ordered = inWrittenOrder(stored);
  const text = writeText(ordered);
  const bytes = text?.bytes ?? Buffer.from(goJson(JSON.stringify(ordered)));
  // What was given empty is forgotten by being stored.
  if (emptiedOf(ordered) === undefined) encoded.set(bytes, { object: ordered, text });
  return bytes;
}

function withoutVersion(object: KubeObject): KubeObject {
  if (object.metadata.resourceVersion === undefined) return object;
  const { resourceVersion: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

const decoder = new TextDecoder();

/** What is stored, JSON or protobuf, with its revision as resourceVersion; with defaults where another server may have written it. */
export function decodeStored(
  { value, modRevision }: Pick<StoredValue, "value" | "modRevision">,
  isForeign = false,
): KubeObject {
  const known = encoded.get(value);
  const object = known?.object ?? decodedFrom(value, isForeign);
  encoded.delete(value);
  const metadata = { ...object.metadata, resourceVersion: String(modRevision) };
  const shown = { ...object, metadata };
  const text = known?.text ?? (isForeign || isProtobuf(value) ? undefined : value);
  if (text !== undefined) keepText(shown, text);
  return currentDefinition(shown);
}

/** Protobuf leaves out what JSON says twice, as the kind of a claim in its template, and others leave out what kube-apiserver fills in whenever it reads. */
function decodedFrom(value: Uint8Array, isForeign: boolean): KubeObject {
  if (isProtobuf(value)) return inWrittenOrder(applyDefaults(decodeProtobuf(value) as unknown as KubeObject));
  const object = JSON.parse(decoder.decode(value)) as KubeObject;
  return isForeign ? applyDefaults(object) : object;
}
