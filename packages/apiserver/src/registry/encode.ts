import {
  apiVersionOf,
  canonical,
  decodeProtobuf,
  encodeProtobuf,
  hasProtobuf,
  isProtobuf,
  type KubeObject,
  type ResourceInfo,
} from "@sallyport/kube";
import { servedCustom } from "../custom/objects.ts";
import type { StoredValue } from "../storage/store.ts";
import { currentDefinition } from "./crd-v1beta1.ts";
import { eventAs } from "./event-forms.ts";
import { isBuiltin, storageGroup, storageVersion } from "./keys.ts";

/** In which form built-in kinds are stored; kube-apiserver's `--storage-media-type`. Custom objects are JSON always, and either form is read. */
export type StorageMediaType = "application/json" | "application/vnd.kubernetes.protobuf";

/** An object in the version that was asked for. */
export function outgoing(object: KubeObject, info: ResourceInfo): KubeObject {
  if (info.custom !== undefined) return servedCustom(object, info, info.custom);
  const apiVersion = apiVersionOf(info);
  return object.apiVersion === apiVersion ? object : { ...eventAs(object, apiVersion), apiVersion };
}

/** An object as it is stored: in the stored version, without its resourceVersion. */
export function encodeStored(object: KubeObject, info: ResourceInfo, mediaType: StorageMediaType): Uint8Array {
  const group = storageGroup(info.group, info.resource);
  const { resourceVersion: _, ...metadata } = object.metadata;
  const version = info.custom?.storageVersion ?? storageVersion(group, info.resource);
  const apiVersion = apiVersionOf({ group, version });
  const stored = { ...eventAs(object, apiVersion), apiVersion, metadata };
  if (mediaType === "application/vnd.kubernetes.protobuf" && hasProtobuf(apiVersion, object.kind))
    return encodeProtobuf(stored);
  // Custom objects are maps in Go, which it writes with sorted keys.
  return Buffer.from(isBuiltin(group, info.resource) ? JSON.stringify(stored) : `${canonical(stored)}\n`);
}

const decoder = new TextDecoder();

/** What is stored, JSON or protobuf, with its revision as resourceVersion. */
export function decodeStored({ value, modRevision }: Pick<StoredValue, "value" | "modRevision">): KubeObject {
  const object = (isProtobuf(value) ? decodeProtobuf(value) : JSON.parse(decoder.decode(value))) as KubeObject;
  const metadata = { ...object.metadata, resourceVersion: String(modRevision) };
  return currentDefinition({ ...object, metadata });
}
