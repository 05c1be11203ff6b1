import type { KubeObject } from "../object.ts";

/** Annotations that are fields of kube-apiserver's internal types, by group and resource. */
const fields: { readonly [resource: string]: string } = {
  "apps/daemonsets": "deprecated.daemonset.template.generation",
  "apps/deployments": "deprecated.deployment.rollback.to",
};

/** The metadata of an object that is shown without the rest: that of the internal object. */
export function partialMetadata({ metadata }: KubeObject, group: string, resource: string): KubeObject["metadata"] {
  const name = fields[`${group}/${resource}`] ?? "";
  if (metadata.annotations?.[name] === undefined) return metadata;
  const { annotations, ...rest } = metadata;
  const { [name]: _, ...others } = annotations;
  return Object.keys(others).length === 0 ? rest : { ...rest, annotations: others };
}
