import { labelKey, labelValue, StatusError } from "@sallyport/kube";
import type { Plugin, PluginContext, PluginResult } from "../plugin.ts";
import { denyWith, existing, pass, skip } from "../refusals.ts";
import { podOf, specOf, withSpec } from "./pod-spec.ts";

type Labels = { readonly [key: string]: string };

/** `podNodeSelectorPluginConfig`: selectors by namespace, and the one of namespaces without annotation. */
export type PodNodeSelectorConfiguration = { readonly [namespace: string]: string };

const annotation = "scheduler.alpha.kubernetes.io/node-selector";
const clusterDefault = "clusterDefaultNodeSelector";

/**
 * PodNodeSelector: a new pod gets its namespace's node selector (by annotation, else the cluster's default) and may not contradict
 * it; where the configuration names the namespace, its labels are all that pods there may select by.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#podnodeselector
 */
export function createPodNodeSelector(configuration: PodNodeSelectorConfiguration = {}): Plugin {
  return {
    name: "PodNodeSelector",
    operations: ["CREATE"],
    mutate: (context) => {
      const pod = podOf(context.request);
      if (pod === undefined) return skip("not a pod");
      const required = requiredSelector(context, configuration);
      const own = specOf(pod).nodeSelector ?? {};
      if (conflicts(required, own)) return refuse(context, namespaceConflict);
      if (Object.keys(required).length === 0) return pass("the namespace has no node selector");
      const object = withSpec(pod, { nodeSelector: { ...own, ...required } });
      return { outcome: "mutated", why: `node selector of namespace ${context.request.namespace}`, object };
    },
    validate: (context) => {
      const pod = podOf(context.request);
      if (pod === undefined) return skip("not a pod");
      const own = specOf(pod).nodeSelector ?? {};
      if (conflicts(requiredSelector(context, configuration), own)) return refuse(context, namespaceConflict);
      const allowed = parseSelector(configuration[context.request.namespace] ?? "");
      const isAllowed =
        Object.keys(allowed).length === 0 || Object.entries(own).every(([key, value]) => allowed[key] === value);
      return isAllowed
        ? pass()
        : refuse(context, "pod node label selector labels conflict with its namespace whitelist");
    },
  };
}

const namespaceConflict = "pod node label selector conflicts with its namespace node label selector";

function requiredSelector({ request, snapshot }: PluginContext, configuration: PodNodeSelectorConfiguration): Labels {
  const { namespace } = request;
  const { metadata } = existing(snapshot.objects.get("", "namespaces", "", namespace), "namespaces", namespace);
  return parseSelector(metadata.annotations?.[annotation] ?? configuration[clusterDefault] ?? "");
}

function conflicts(required: Labels, own: Labels): boolean {
  return Object.entries(own).some(([key, value]) => required[key] !== undefined && required[key] !== value);
}

/** `a=b,c=d`. Throws for what is no equality, as labels.ConvertSelectorToLabelsMap does. */
function parseSelector(text: string): Labels {
  if (text === "") return {};
  return Object.fromEntries(
    text.split(",").map((part) => {
      const sides = part.split("=");
      if (sides.length !== 2) throw new StatusError(undefined, `invalid selector: [${sides.join(" ")}]`);
      const [key = "", value = ""] = sides.map((side) => side.trim());
      const [keyFaults, valueFaults] = [labelKey(key), labelValue(value)].map((faults) => faults.join("; "));
      if (keyFaults) throw new StatusError(undefined, `<nil>: Invalid value: ${JSON.stringify(key)}: ${keyFaults}`);
      if (valueFaults)
        throw new StatusError(undefined, `[${key}]: Invalid value: ${JSON.stringify(value)}: ${valueFaults}`);
      return [key, value];
    }),
  );
}

/** Upstream names the pod by metadata.name alone. */
function refuse({ request }: PluginContext, message: string): PluginResult {
  const { name } = request.object?.metadata ?? {};
  const [quoted, named] = name ? [` ${JSON.stringify(name)}`, { name }] : ["", {}];
  const error = new StatusError("Forbidden", `pods${quoted} is forbidden: ${message}`, { ...named, kind: "pods" });
  return denyWith(error, [{ code: "node-selector", message, fieldPath: "spec.nodeSelector" }]);
}
