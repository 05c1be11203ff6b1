import { amountsOf, isSameAmounts, type KubeObject, type ResourceList } from "@sallyport/kube";
import type { Plugin, PluginContext, PluginResult } from "../plugin.ts";
import { deny, pass, skip } from "../refusals.ts";
import { type PodSpec, podOf, specOf, type Toleration, withSpec } from "./pod-spec.ts";
import { mergeTolerations } from "./tolerations.ts";

interface RuntimeClass extends KubeObject {
  readonly overhead?: { readonly podFixed?: ResourceList };
  readonly scheduling?: {
    readonly nodeSelector?: { readonly [key: string]: string };
    readonly tolerations?: readonly Toleration[];
  };
}

const mismatch = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

/**
 * RuntimeClass: a pod gets the overhead, node selector and tolerations of its class; a class that is not there, another overhead,
 * or a selector that contradicts is refused. KEP-585, KEP-688.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#runtimeclass
 */
export const runtimeClass: Plugin = { name: "RuntimeClass", operations: ["CREATE"], mutate, validate };

function mutate(context: PluginContext): PluginResult {
  const { request } = context;
  const pod = podOf(request);
  if (pod === undefined) return skip("not a pod");
  const spec = specOf(pod);
  const found = classOf(spec, context);
  if (found === undefined) return pass("names no class");
  if (found === "missing") return missing(context, spec);
  const podFixed = found.overhead?.podFixed;
  if (found.overhead !== undefined && spec.overhead !== undefined && !isSameList(spec.overhead, podFixed))
    return deny(request, "overhead-mismatch", mismatch, "spec.overhead");
  const scheduled = scheduling(found, spec);
  if (typeof scheduled === "string") return deny(request, "node-selector-conflict", scheduled, "spec.nodeSelector");
  const fields = { ...(podFixed === undefined ? {} : { overhead: podFixed }), ...scheduled };
  return { outcome: "mutated", why: `class ${found.metadata.name}`, object: withSpec(pod, fields) };
}

function classOf(
  { runtimeClassName: name }: PodSpec,
  { snapshot }: PluginContext,
): RuntimeClass | "missing" | undefined {
  if (name === undefined) return undefined;
  return (snapshot.objects.get("node.k8s.io", "runtimeclasses", "", name) as RuntimeClass | undefined) ?? "missing";
}

function missing({ request }: PluginContext, { runtimeClassName: name }: PodSpec): PluginResult {
  const message = `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`;
  return deny(request, "runtime-class-not-found", message, "spec.runtimeClassName");
}

/** The pod's selector and tolerations with those of the class, or where they contradict. */
function scheduling({ scheduling }: RuntimeClass, spec: PodSpec): Partial<PodSpec> | string {
  if (scheduling === undefined) return {};
  const own = spec.nodeSelector ?? {};
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {}))
    if (own[key] !== undefined && own[key] !== value)
      return `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own[key]}`;
  const tolerations = mergeTolerations(spec.tolerations ?? [], scheduling.tolerations ?? []);
  const nodeSelector = { ...own, ...scheduling.nodeSelector };
  return {
    ...(Object.keys(nodeSelector).length === 0 ? {} : { nodeSelector }),
    ...(tolerations.length === 0 ? {} : { tolerations }),
  };
}

function validate(context: PluginContext): PluginResult {
  const { request } = context;
  const pod = podOf(request);
  if (pod === undefined) return skip("not a pod");
  const spec = specOf(pod);
  const found = classOf(spec, context);
  if (found === "missing") return missing(context, spec);
  if (found?.overhead !== undefined)
    return isSameList(spec.overhead, found.overhead.podFixed)
      ? pass()
      : deny(request, "overhead-mismatch", mismatch, "spec.overhead");
  if (Object.keys(spec.overhead ?? {}).length === 0) return pass();
  const message = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";
  return deny(request, "overhead-without-class", message, "spec.overhead");
}

/** Equal as amounts: `1` is `1000m`. */
function isSameList(a: ResourceList | undefined, b: ResourceList | undefined): boolean {
  return isSameAmounts(amountsOf(a), amountsOf(b));
}
