import type { KubeObject } from "@sallyport/kube";
import { isEqual } from "./equality.ts";

/** Where a DaemonSet counts the changes of its template, since the field for it is gone. */
const annotation = "deprecated.daemonset.template.generation";

/** A new DaemonSet with the first generation of its template, unless it brings one. */
export function withFirstGeneration(object: KubeObject): KubeObject {
  const given = generationOf(object);
  return withGeneration(object, given > 0 ? given : 1);
}

/** A changed DaemonSet: only a new template counts, whatever its annotation says. */
export function withNextGeneration(object: KubeObject, current: KubeObject): KubeObject {
  const template = ({ spec }: KubeObject) => (spec as { readonly template?: unknown } | undefined)?.template;
  const isNew = !isEqual(template(object), template(current));
  const generation = generationOf(current);
  return generation === 0 && !isNew ? object : withGeneration(object, generation + (isNew ? 1 : 0));
}

function generationOf({ metadata }: KubeObject): number {
  const generation = Number(metadata.annotations?.[annotation] ?? 0);
  return Number.isSafeInteger(generation) ? generation : 0;
}

function withGeneration(object: KubeObject, generation: number): KubeObject {
  const annotations = { ...object.metadata.annotations, [annotation]: String(generation) };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
