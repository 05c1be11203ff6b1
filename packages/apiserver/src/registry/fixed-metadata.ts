import type { KubeObject } from "@sallyport/kube";

/** What no update changes of an object's metadata. */
export function fixedMetadata({ metadata }: KubeObject): KubeObject["metadata"] {
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation, namespace, name } =
    metadata;
  return defined({
    uid,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    generation,
    namespace,
    name,
  });
}

/** The fields that are there. */
export function defined(fields: { readonly [name: string]: unknown }): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
