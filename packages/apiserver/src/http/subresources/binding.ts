import { aggregated, dns1123Subdomain, pathSegment, StatusError } from "@sallyport/kube";
import { type Binding, bindingKind, boundPod } from "../../registry/bound-pod.ts";
import type { WriteContext } from "../../registry/context.ts";
import { admitSent } from "../../registry/sent.ts";
import { write } from "../answer.ts";
import { decodeObjectBody } from "../body.ts";
import type { HandlerOptions } from "../call.ts";
import { readObject } from "../read-object.ts";
import type { Subresource, SubresourceCall } from "./subresource.ts";

/** A scheduler's decision: the pod's node, once and for all. */
export const binding: Subresource = {
  name: "pods/binding",
  serve: (asked, options) => bind(asked, options, asked.context),
};

/** Binds a pod; `written` is how admission sees the request. */
export async function bind(
  { call, context, bytes, type }: SubresourceCall,
  options: HandlerOptions,
  written: WriteContext,
): Promise<void> {
  const sent = decodeObjectBody(bytes, type, "Binding");
  const admitted = await admitSent(options.registry, bindingKind, sent, written, options.now(), async (each) => {
    if ((each.metadata.name ?? "") !== context.name)
      throw new StatusError("BadRequest", "name in URL does not match name in Binding object");
    checkTarget((each as Binding).target ?? {});
    return each;
  });
  const { info, namespace, name } = context;
  checkKey(name);
  for (;;) {
    const pod = readObject(call, info, options);
    const bound = boundPod(pod, admitted as Binding, options.now());
    if (context.dryRun || (await options.registry.writeDirect(bound, pod, info, namespace, name))) break;
  }
  write(call, 201, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 });
}

/** The name of a pod, where no URL has said it. */
function checkKey(name: string): void {
  if (name === "") throw new StatusError("BadRequest", "Name parameter required.");
  const faults = pathSegment(name);
  if (faults.length === 0) return;
  throw new StatusError("BadRequest", `Name parameter invalid: ${JSON.stringify(name)}: ${faults.join(";")}`);
}

function checkTarget({ kind = "", name = "" }: NonNullable<Binding["target"]>): void {
  const faults: string[] = [];
  if (kind !== "" && kind !== "Node")
    faults.push(`target.kind: Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"`);
  if (name === "") faults.push("target.name: Required value");
  else if (kind === "" || kind === "Node")
    for (const why of dns1123Subdomain(name))
      faults.push(`target.name: Invalid value: ${JSON.stringify(name)}: ${why}`);
  if (faults.length === 0) return;
  // kube-apiserver answers 500 here, as if the fault were its own.
  throw new StatusError(undefined, aggregated(faults));
}
