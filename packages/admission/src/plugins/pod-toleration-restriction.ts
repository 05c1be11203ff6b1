import { jsonSyntaxFault, type KubeObject, qualityOfService, StatusError } from "@sallyport/kube";
import type { Plugin, PluginContext, PluginResult } from "../plugin.ts";
import { denyWith, pass, skip } from "../refusals.ts";
import { podOf, specOf, type Toleration, withSpec } from "./pod-spec.ts";
import { isWithin, mergeTolerations } from "./tolerations.ts";

/** podtolerationrestriction.admission.k8s.io/v1alpha1 Configuration. */
export interface PodTolerationRestrictionConfiguration {
  readonly default?: readonly Toleration[];
  readonly whitelist?: readonly Toleration[];
}

const defaultAnnotation = "scheduler.alpha.kubernetes.io/defaultTolerations";
const whitelistAnnotation = "scheduler.alpha.kubernetes.io/tolerationsWhitelist";
const memoryPressure: Toleration = {
  key: "node.kubernetes.io/memory-pressure",
  operator: "Exists",
  effect: "NoSchedule",
};

/**
 * PodTolerationRestriction: a new pod gets its namespace's default tolerations (else the cluster's), pods that reserve something
 * also tolerate memory pressure, and all of a pod's tolerations must be within the whitelist.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#podtolerationrestriction
 */
export function createPodTolerationRestriction(configuration: PodTolerationRestrictionConfiguration = {}): Plugin {
  return {
    name: "PodTolerationRestriction",
    operations: ["CREATE", "UPDATE"],
    mutate: (context) => {
      const pod = podOf(context.request);
      if (pod === undefined) return skip("not a pod");
      const tolerations = tolerationsOf(pod, context, configuration);
      const refusal = outside(tolerations, context, configuration);
      if (refusal !== undefined) return refusal;
      if (tolerations.length === 0) return pass();
      return { outcome: "mutated", why: "default tolerations", object: withSpec(pod, { tolerations }) };
    },
    validate: (context) => {
      const pod = podOf(context.request);
      if (pod === undefined) return skip("not a pod");
      return outside(specOf(pod).tolerations ?? [], context, configuration) ?? pass();
    },
  };
}

function tolerationsOf(
  pod: KubeObject,
  context: PluginContext,
  configuration: PodTolerationRestrictionConfiguration,
): readonly Toleration[] {
  const own = specOf(pod).tolerations ?? [];
  const defaults =
    context.request.operation === "CREATE"
      ? (annotated(context, defaultAnnotation) ?? configuration.default ?? [])
      : [];
  const merged = defaults.length > 0 && own.length > 0 ? mergeTolerations(own, defaults) : [...own, ...defaults];
  return qualityOfService(pod) === "BestEffort" ? merged : mergeTolerations(merged, [memoryPressure]);
}

function outside(
  tolerations: readonly Toleration[],
  context: PluginContext,
  { whitelist }: PodTolerationRestrictionConfiguration,
): PluginResult | undefined {
  if (tolerations.length === 0) return undefined;
  const own = annotated(context, whitelistAnnotation);
  if (isWithin(tolerations, own ?? whitelist ?? [])) return undefined;
  const scope = own === undefined ? "cluster" : "namespace";
  const message = `pod tolerations (possibly merged with namespace default tolerations) conflict with its ${scope} whitelist`;
  // Upstream answers this as a plain error, not as Forbidden.
  return denyWith(new StatusError(undefined, message), [
    { code: "toleration", message, fieldPath: "spec.tolerations" },
  ]);
}

/** The list in an annotation of the request's namespace; undefined where there is none. Throws for what is no JSON. */
function annotated({ request, snapshot }: PluginContext, key: string): readonly Toleration[] | undefined {
  const namespace = snapshot.objects.get("", "namespaces", "", request.namespace);
  const text = namespace?.metadata.annotations?.[key];
  if (text === undefined) return undefined;
  if (text === "") return [];
  try {
    return JSON.parse(text) as readonly Toleration[];
  } catch {
    throw new StatusError(undefined, jsonSyntaxFault(new TextEncoder().encode(text)));
  }
}
