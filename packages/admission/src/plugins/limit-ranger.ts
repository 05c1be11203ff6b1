import type { KubeObject, ResourceList } from "@sallyport/kube";
import type { Plugin, PluginContext, PluginResult } from "../plugin.ts";
import { aggregate, deny, isCore, pass, skip } from "../refusals.ts";
import type { Request } from "../request.ts";
import { type LimitRangeItem, limitFaults } from "./limit-range-item.ts";
import { type Container, podOf, specOf, withSpec } from "./pod-spec.ts";

const annotation = "kubernetes.io/limit-ranger";

/**
 * LimitRanger: containers of a new pod get the defaults of their namespace's LimitRanges; pods and claims outside of the minima,
 * maxima and ratios are refused. An update of a pod is looked at only as a resize.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#limitranger
 */
export const limitRanger: Plugin = { name: "LimitRanger", operations: ["CREATE", "UPDATE"], mutate, validate };

function mutate(context: PluginContext): PluginResult {
  const { request } = context;
  if (!isLimited(request) || request.object === null) return skip("neither new pod, nor resize, nor claim");
  if (request.resource.resource !== "pods") return pass();
  const pod = limitRanges(context).reduce(withDefaults, request.object);
  return pod === request.object
    ? pass("nothing to set")
    : { outcome: "mutated", why: pod.metadata.annotations?.[annotation] ?? "", object: pod };
}

function isLimited(request: Request): boolean {
  if (request.oldObject?.metadata.deletionTimestamp) return false;
  if (isCore(request, "pods", "resize")) return request.operation === "UPDATE";
  if (isCore(request, "pods")) return request.operation === "CREATE";
  return isCore(request, "persistentvolumeclaims");
}

function limitRanges({ request, snapshot }: PluginContext): readonly KubeObject[] {
  return snapshot.objects.list("", "limitranges", request.namespace);
}

function itemsOf(range: KubeObject): readonly LimitRangeItem[] {
  return (range["spec"] as { readonly limits?: readonly LimitRangeItem[] } | undefined)?.limits ?? [];
}

/** Sets what the pod's containers leave open, and says so in an annotation, as upstream words it. */
function withDefaults(pod: KubeObject, range: KubeObject): KubeObject {
  const items = itemsOf(range).filter(({ type }) => type === "Container");
  const requests: ResourceList = Object.assign({}, ...items.map(({ defaultRequest }) => defaultRequest));
  const limits: ResourceList = Object.assign({}, ...items.map((item) => item.default));
  const notes: string[] = [];
  const fill = (list: readonly Container[] | undefined, what: string) =>
    list?.map((container) => {
      const own = container.resources ?? {};
      const set = (side: "request" | "limit", defaults: ResourceList) => {
        const has = own[`${side}s`] ?? {};
        const added = Object.entries(defaults).filter(([name]) => has[name] === undefined);
        if (added.length === 0) return {};
        const names = added.map(([name]) => name).sort();
        notes.push(`${names.join(", ")} ${side} for ${what} ${container.name}`);
        return { [`${side}s`]: { ...has, ...Object.fromEntries(added) } };
      };
      return { ...container, resources: { ...own, ...set("request", requests), ...set("limit", limits) } };
    });
  const { containers, initContainers } = specOf(pod);
  const filled = fill(containers, "container");
  const filledInits = fill(initContainers, "init container");
  if (notes.length === 0) return pod;
  const annotations = { ...pod.metadata.annotations, [annotation]: `LimitRanger plugin set: ${notes.join("; ")}` };
  const fields = {
    ...(filled === undefined ? {} : { containers: filled }),
    ...(filledInits === undefined ? {} : { initContainers: filledInits }),
  };
  return { ...withSpec(pod, fields), metadata: { ...pod.metadata, annotations } };
}

function validate(context: PluginContext): PluginResult {
  const { request } = context;
  if (!isLimited(request) || request.object === null) return skip("neither new pod, nor resize, nor claim");
  for (const range of limitRanges(context)) {
    const faults = itemsOf(range).flatMap((item) => limitFaults(item, request.object as KubeObject));
    if (faults.length === 0) continue;
    const message = aggregate(faults.map((each) => each.message));
    return deny(request, "limit-range", message, faults[0]?.field);
  }
  return pass(podOf(request) === undefined ? "" : "within the limit ranges");
}
