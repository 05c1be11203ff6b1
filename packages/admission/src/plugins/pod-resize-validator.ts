import { amountsOf, type KubeObject, podRequests, type ResourceList } from "@sallyport/kube";
import type { Plugin } from "../plugin.ts";
import { denyWith, forbiddenStatus, isCore, pass, skip } from "../refusals.ts";
import type { Request } from "../request.ts";
import { specOf } from "./pod-spec.ts";

/**
 * PodResizeValidator: a pod on a node is resized only where the node runs Linux and could hold the new requests at all. KEP-1287.
 */
export const podResizeValidator: Plugin = {
  name: "PodResizeValidator",
  operations: ["UPDATE"],
  validate: ({ request, snapshot }) => {
    const { object, oldObject } = request;
    if (!isCore(request, "pods", "resize") || object === null) return skip("no resize");
    const { nodeName = "" } = specOf(object);
    if (nodeName === "") return pass("on no node yet");
    if (object.metadata.generation === oldObject?.metadata.generation) return pass("the spec stays as it is");
    const node = snapshot.objects.get("", "nodes", "", nodeName);
    if (node === undefined) return refuse(request, `node ${JSON.stringify(nodeName)} not found`);
    const os = node.metadata.labels?.["kubernetes.io/os"] ?? "linux";
    if (os !== "linux") {
      const message = `pod resize is only supported on linux nodes, node ${JSON.stringify(nodeName)} is ${JSON.stringify(os)}`;
      return refuse(request, message, "UnsupportedPlatform");
    }
    const lacking = exceeding(object, node);
    if (lacking.length === 0) return pass();
    return refuse(request, `node didn't have enough allocatable resources: ${lacking.join("; ")}`, "NodeCapacity");
  },
};

function exceeding(pod: KubeObject, node: KubeObject): readonly string[] {
  const { allocatable } = (node["status"] ?? {}) as { readonly allocatable?: ResourceList };
  const has = amountsOf(allocatable);
  const asks = podRequests(specOf(pod));
  const units = { cpu: 1_000_000n, memory: 1_000_000_000n };
  return Object.entries(units).flatMap(([name, unit]) => {
    const [requested, available] = [asks.get(name)?.nanos ?? 0n, has.get(name)?.nanos ?? 0n];
    if (requested <= available) return [];
    return [`${name}, requested: ${roundUp(requested, unit)}, allocatable: ${roundUp(available, unit)}`];
  });
}

function roundUp(nanos: bigint, unit: bigint): bigint {
  return (nanos + unit - 1n) / unit;
}

function refuse(request: Request, message: string, cause?: string) {
  const details = cause === undefined ? {} : { causes: [{ reason: cause }] };
  return denyWith(forbiddenStatus(request, message, details), [{ code: "pod-resize", message, fieldPath: "spec" }]);
}
