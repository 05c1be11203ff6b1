import { type KubeObject, StatusError } from "@sallyport/kube";
import { timestampOf } from "../timestamp.ts";

/** The pod as it is when a scheduler has chosen its node. Throws Conflict when that was done before, or the pod ends. */
export function boundPod(
  pod: KubeObject,
  nodeName: string,
  annotations: { readonly [key: string]: string } | undefined,
  now: number,
): KubeObject {
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
    metadata: annotations
      ? { ...pod.metadata, annotations: { ...pod.metadata.annotations, ...annotations } }
      : pod.metadata,
    spec: { ...spec, nodeName },
    status: { ...status, conditions: [...others, scheduled] },
  };
}
