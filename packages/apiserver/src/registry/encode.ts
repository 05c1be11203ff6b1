import { apiVersionOf, type KubeObject, type ResourceInfo } from "@sallyport/kube";
import { storageGroup, storageVersion } from "./keys.ts";

/** An object in the version that was asked for. */
export function outgoing(object: KubeObject, info: ResourceInfo): KubeObject {
  const apiVersion = apiVersionOf(info);
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}

/** An object as it is stored: in the stored version, without its resourceVersion. */
export function encodeStored(object: KubeObject, info: ResourceInfo): Uint8Array {
  const group = storageGroup(info.group, info.resource);
  const { resourceVersion: _, ...metadata } = object.metadata;
  return Buffer.from(
    JSON.stringify({
      ...object,
      apiVersion: apiVersionOf({ group, version: storageVersion(group, info.resource) }),
      metadata,
    }),
  );
}
