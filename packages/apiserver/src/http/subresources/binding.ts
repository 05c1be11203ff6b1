import { type KubeObject, StatusError } from "@sallyport/kube";
import { timestampOf } from "../../timestamp.ts";
import { write } from "../answer.ts";
import { decodeBody } from "../body.ts";
import { readObject } from "../read-object.ts";
import type { Subresource } from "./subresource.ts";

interface Binding {
  readonly metadata?: { readonly annotations?: { readonly [key: string]: string } };
  readonly target?: { readonly kind?: string; readonly name?: string };
}

/** A scheduler's decision: the pod's node, once and for all. */
export const binding: Subresource = {
  name: "pods/binding",
  serve: async ({ call, context, bytes, type }, options) => {
    const { metadata = {}, target = {} } = decodeBody(bytes, type).value as Binding;
    checkTarget(target);
    const { info, namespace, name } = context;
    for (;;) {
      const pod = readObject(call, info, options);
      const bound = assigned(pod, target.name as string, metadata.annotations, options.now());
      if (context.dryRun || (await options.registry.writeDirect(bound, pod, info, namespace, name))) break;
    }
    write(call, 201, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 });
  },
};

function checkTarget({ kind = "", name = "" }: NonNullable<Binding["target"]>): void {
  const faults: string[] = [];
  if (kind !== "" && kind !== "Node")
    faults.push(`target.kind: Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"`);
  if (name === "") faults.push("target.name: Required value");
  if (faults.length === 0) return;
  // kube-apiserver answers 500 here, as if the fault were its own.
  throw new StatusError("BadRequest", faults.length === 1 ? (faults[0] as string) : `[${faults.join(", ")}]`);
}

function assigned(
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
