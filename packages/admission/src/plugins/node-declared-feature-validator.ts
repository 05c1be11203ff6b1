import { isSameValue, type KubeObject, nanosOf } from "@sallyport/kube";
import type { Plugin } from "../plugin.ts";
import { deny, isCore, pass, skip } from "../refusals.ts";
import { type PodSpec, specOf } from "./pod-spec.ts";

/** Features that an update of a pod can need from its node, and when it does. Order and names as upstream's registry. */
const features: readonly { readonly name: string; readonly isNeeded: (old: PodSpec, spec: PodSpec) => boolean }[] = [
  {
    name: "InPlacePodLevelResourcesVerticalScaling",
    isNeeded: (old, spec) => !isSameValue(old.resources ?? null, spec.resources ?? null),
  },
  { name: "InPlacePodVerticalScalingInitContainers", isNeeded: resizesInitContainer },
  { name: "InPlacePodVerticalScalingMemoryBackedVolumes", isNeeded: resizesMemoryVolume },
];

/**
 * NodeDeclaredFeatureValidator: an update of a pod on a node is refused where it needs a feature that the node does not declare in
 * `status.declaredFeatures`. KEP-5328.
 */
export const nodeDeclaredFeatureValidator: Plugin = {
  name: "NodeDeclaredFeatureValidator",
  operations: ["CREATE", "UPDATE"],
  validate: ({ request, snapshot }) => {
    const { object, oldObject } = request;
    const isPod = isCore(request, "pods") || isCore(request, "pods", "resize");
    if (!isPod || object === null || oldObject === null) return skip("no update of a pod");
    const { nodeName = "" } = specOf(object);
    if (nodeName === "") return pass("on no node yet");
    const needed = features.filter(({ isNeeded }) => isNeeded(specOf(oldObject), specOf(object)));
    if (needed.length === 0) return pass();
    const node = snapshot.objects.get("", "nodes", "", nodeName);
    if (node === undefined) return deny(request, "node-not-found", `node ${JSON.stringify(nodeName)} not found`);
    const missing = needed.map(({ name }) => name).filter((name) => !declared(node).includes(name));
    if (missing.length === 0) return pass();
    const message = `pod update requires features ${missing.join(", ")} which are not available on node ${JSON.stringify(nodeName)}`;
    return deny(request, "node-feature", message, "spec");
  },
};

function declared(node: KubeObject): readonly string[] {
  return (node["status"] as { readonly declaredFeatures?: readonly string[] } | undefined)?.declaredFeatures ?? [];
}

function resizesInitContainer(old: PodSpec, spec: PodSpec): boolean {
  return (old.initContainers ?? []).some(
    (each, at) =>
      each.restartPolicy !== "Always" && !isSameValue(each.resources ?? {}, spec.initContainers?.[at]?.resources ?? {}),
  );
}

interface Volume {
  readonly name: string;
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string };
}

function resizesMemoryVolume(old: PodSpec, spec: PodSpec): boolean {
  const [before, after] = [old, spec].map((each) => (each["volumes"] ?? []) as readonly Volume[]) as [
    Volume[],
    Volume[],
  ];
  return (
    before.length === after.length &&
    after.some(({ name, emptyDir }, at) => {
      const was = before[at]?.emptyDir?.sizeLimit;
      if (before[at]?.name !== name || emptyDir?.medium !== "Memory") return false;
      return emptyDir.sizeLimit !== undefined && was !== undefined && nanosOf(emptyDir.sizeLimit) !== nanosOf(was);
    })
  );
}
