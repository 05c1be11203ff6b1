import type { KubeObject } from "@sallyport/kube";

/** The name of the class that one of the annotations marks as default: of several the newest, then the first by name. */
export function newestDefault(classes: readonly KubeObject[], annotations: readonly string[]): string | undefined {
  const marked = classes.filter(({ metadata }) => annotations.some((key) => metadata.annotations?.[key] === "true"));
  return marked.sort(byAgeThenName)[0]?.metadata.name;
}

function byAgeThenName(a: KubeObject, b: KubeObject): number {
  const [older, newer] = [a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? ""];
  if (older !== newer) return older < newer ? 1 : -1;
  return (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1;
}
