import type { KubeObject } from "@sallyport/kube";
import { malformedVersion } from "./faults.ts";

/** The version that an object says it is of; 0 when it says none, or "0". Throws what the store says of one that is no number. */
export function pinnedVersion({ metadata: { resourceVersion = "" } }: KubeObject): number {
  if (!/^\d*$/.test(resourceVersion)) throw malformedVersion(resourceVersion, "invalid syntax");
  if (resourceVersion.length > 19 && BigInt(resourceVersion) >= 2n ** 64n)
    throw malformedVersion(resourceVersion, "value out of range");
  return Number(resourceVersion);
}

/** A text that is no number is none. */
export function isVersioned({ metadata }: KubeObject): boolean {
  const { resourceVersion = "" } = metadata;
  return /^\d+$/.test(resourceVersion) && Number(resourceVersion) > 0;
}

export function withVersion(object: KubeObject, resourceVersion: string | undefined): KubeObject {
  return { ...object, metadata: { ...object.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) } };
}
