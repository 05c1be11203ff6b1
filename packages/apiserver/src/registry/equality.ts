import { canonical, type KubeObject } from "@sallyport/kube";

/** Deep equality that does not look at the order of keys. */
export function isEqual(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

/** True when a write would change nothing: only the resourceVersion, the times of managers and the version that was asked for may differ. */
export function isSame(a: KubeObject, b: KubeObject): boolean {
  const strip = ({ metadata, apiVersion: _, ...rest }: KubeObject) => ({
    ...rest,
    metadata: { ...metadata, resourceVersion: "", managedFields: metadata.managedFields?.map(withoutTime) },
  });
  return isEqual(strip(a), strip(b));
}

function withoutTime(entry: unknown): unknown {
  return { ...(entry as object), time: "" };
}
