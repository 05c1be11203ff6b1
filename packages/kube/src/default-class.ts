import type { KubeObject } from "./object.ts";

/** The name of the class that one of the annotations marks as default: of several the newest, then the first by name. */
export function newestDefault(classes: readonly KubeObject[], annotations: readonly string[]): string | undefined {
  const marked = classes.filter(({ metadata }) => annotations.some((key) => metadata.annotations?.[key] === "true"));
  return marked.sort(byAgeThenName)[0]?.metadata.name;
}

/** The name of the StorageClass of claims that name none; undefined when no class is marked as default. */
export function defaultStorageClassName(classes: readonly KubeObject[]): string | undefined {
  return newestDefault(classes, [
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
  ]);
}

function byAgeThenName(a: KubeObject, b: KubeObject): number {
  const [older, newer] = [a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? ""];
  if (older !== newer) return older < newer ? 1 : -1;
  return (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1;
}
