import type { KubeObject } from "@sallyport/kube";

/** What no update changes of an object's metadata. */
export function fixedMetadata({ metadata }: KubeObject): KubeObject["metadata"] {
  const { uid, creationTimestamp, generation, namespace, name } = metadata;
  return defined({ uid, creationTimestamp, generation, namespace, name });
}

/** The metadata that an update wants: what says nothing of the object's end leaves it, and nobody but the server counts generations. */
export function wantedMetadata(wanted: KubeObject, { metadata: current }: KubeObject): KubeObject["metadata"] {
  const { resourceVersion: _, generation: __, ...given } = wanted.metadata;
  return {
    ...given,
    ...defined({
      deletionTimestamp: given.deletionTimestamp ?? current.deletionTimestamp,
      deletionGracePeriodSeconds: given.deletionGracePeriodSeconds ?? current.deletionGracePeriodSeconds,
    }),
  };
}

/** The fields that are there. */
export function defined(fields: { readonly [name: string]: unknown }): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
