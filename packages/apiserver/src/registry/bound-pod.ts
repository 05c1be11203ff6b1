import { type KubeObject, StatusError, timestampOf } from "@sallyport/kube";

/** A scheduler's decision, as admission has left it: its labels and annotations become the pod's. */
export interface Binding {
  readonly metadata?: Pick<KubeObject["metadata"], "annotations" | "labels">;
  readonly target?: { readonly kind?: string; readonly name?: string };
}

/** How the body of a binding is read. */
export const bindingKind = { group: "", kind: "Binding", version: "v1", schema: "io.k8s.api.core.v1.Binding" };

/** The pod as it is when a scheduler has chosen its node. Throws Conflict when that was done before, or the pod ends. */
export function boundPod(pod: KubeObject, { metadata = {}, target = {} }: Binding, now: number): KubeObject {
  const nodeName = target.name as string;
  const spec = (pod["spec"] ?? {}) as { readonly nodeName?: string };
  const status = (pod["status"] ?? {}) as { readonly conditions?: readonly { readonly type: string }[] };
  const { name = "", deletionTimestamp } = pod.metadata;
  const refused = (why: string) =>
    new StatusError("Conflict", `Operation cannot be fulfilled on pods/binding ${JSON.stringify(name)}: ${why}`, {
      name,
      kind: "pods/binding",
    });
  if (deletionTimestamp !== undefined) throw refused(`pod ${name} is being deleted, cannot be assigned to a host`);
  if (spec.nodeName) throw refused(`pod ${name} is already assigned to node ${JSON.stringify(spec.nodeName)}`);
  const lastTransitionTime = timestampOf(now);
  const scheduled = { type: "PodScheduled", status: "True", lastProbeTime: null, lastTransitionTime };
  const others = (status.conditions ?? []).filter(({ type }) => type !== "PodScheduled");
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...(metadata.annotations === undefined
        ? {}
        : { annotations: { ...pod.metadata.annotations, ...metadata.annotations } }),
      ...(metadata.labels === undefined ? {} : { labels: { ...pod.metadata.labels, ...metadata.labels } }),
    },
    spec: { ...spec, nodeName },
    status: { ...status, conditions: [...others, scheduled] },
  };
}
