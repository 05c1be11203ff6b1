import { type LabelSelectorObject, matchesSelector } from "@sallyport/kube";
import type { Pod } from "./pod.ts";
import { type EntryOptions, entryFor, ignoredNamespaces, injectionEntries } from "./webhook-entries.ts";

export interface InjectionPolicy {
  /** What becomes of a pod that says nothing. */
  readonly policy: "enabled" | "disabled";
  readonly ignoredNamespaces: readonly string[];
  /** Pods that say nothing and match one get no sidecar, even if one of `alwaysInjectSelector` matches too. */
  readonly neverInjectSelector: readonly LabelSelectorObject[];
  readonly alwaysInjectSelector: readonly LabelSelectorObject[];
}

export const defaultInjectionPolicy: InjectionPolicy = {
  policy: "enabled",
  ignoredNamespaces,
  neverInjectSelector: [],
  alwaysInjectSelector: [],
};

/** Whether a pod gets a sidecar, and in a few words why. */
export interface InjectionChoice {
  readonly inject: boolean;
  readonly why: string;
}

const asked = "sidecar.istio.io/inject";
/** https://yaml.org/type/bool.html, and as little of it as Istio takes. */
const yes: readonly string[] = ["y", "yes", "true", "on"];

/** What a webhook decides of a pod that it is asked about: Istio's `injectRequired`. */
export function injectionRequired(
  { metadata, spec }: Pick<Pod, "metadata" | "spec">,
  namespace: string,
  policy: InjectionPolicy = defaultInjectionPolicy,
): InjectionChoice {
  const labels = metadata.labels ?? {};
  if (spec.hostNetwork === true) return { inject: false, why: "hostNetwork: the rules would be the node's" };
  if (policy.ignoredNamespaces.includes(namespace))
    return { inject: false, why: `the namespace ${namespace} is the cluster's own` };
  const [kind, said = ""] =
    labels[asked] === undefined ? ["annotation", metadata.annotations?.[asked]] : ["label", labels[asked]];
  if (said !== "") return { inject: yes.includes(said.toLowerCase()), why: `the ${kind} ${asked} is ${said}` };
  // An empty selector says nothing: it would match all there is.
  const matching = (selectors: readonly LabelSelectorObject[]) =>
    selectors.some((each) => !isEmpty(each) && matches(each, labels));
  if (matching(policy.neverInjectSelector)) return { inject: false, why: "a neverInjectSelector matches its labels" };
  if (matching(policy.alwaysInjectSelector)) return { inject: true, why: "an alwaysInjectSelector matches its labels" };
  return { inject: policy.policy === "enabled", why: `injection is ${policy.policy} for pods that say nothing` };
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelectorObject): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}

/** A selector with an operator that there is not matches nothing. */
function matches(selector: LabelSelectorObject, labels: { readonly [name: string]: string }): boolean {
  try {
    return matchesSelector(selector, labels);
  } catch {
    return false;
  }
}

/** What becomes of a pod in a cluster: whether the webhook is asked about it at all, and what it decides. */
export function injectionChoice(
  pod: Pick<Pod, "metadata" | "spec">,
  namespace: { readonly name: string; readonly labels: { readonly [name: string]: string } },
  entries: EntryOptions,
  policy?: InjectionPolicy,
): InjectionChoice {
  const labels = { "kubernetes.io/metadata.name": namespace.name, ...namespace.labels };
  const entry = entryFor(injectionEntries(entries), labels, pod.metadata.labels ?? {});
  if (entry === undefined) return { inject: false, why: notAsked(namespace, pod.metadata.labels ?? {}) };
  return injectionRequired(pod, namespace.name, policy);
}

/** The nearest label that would have had to be another. */
function notAsked(
  { name, labels }: { readonly name: string; readonly labels: { readonly [name: string]: string } },
  ofPod: { readonly [name: string]: string },
): string {
  if (ofPod[asked] === "false") return `the label ${asked} is false`;
  const [key, value] =
    Object.entries(labels).find(([each]) => each === "istio-injection") ??
    Object.entries(labels).find(([each]) => each === "istio.io/rev") ??
    [];
  if (key !== undefined) return `the namespace ${name} has the label ${key}=${value}`;
  return `neither the namespace ${name} has the label istio-injection=enabled, nor the pod ${asked}=true`;
}
