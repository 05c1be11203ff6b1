import { isSameValue, type KubeObject } from "@sallyport/kube";
import { specOf } from "../podsecuritypolicy/pod.ts";
import { type Rules, rulesOf } from "../podsecuritypolicy/policy.ts";
import { mutatePod } from "../podsecuritypolicy/provider.ts";
import { seccompKeys } from "../podsecuritypolicy/seccomp.ts";
import { type LostDefault, lostDefaults } from "./lost-defaults.ts";

/** Every namespace has this label, with its name. */
export const namespaceLabel = "kubernetes.io/metadata.name";

/** What one PodSecurityPolicy set on the pods that it admitted, and which pods those are. */
export interface LostMutations {
  /** Of the objects that do it instead. */
  readonly name: string;
  readonly policy: string;
  readonly namespaces: readonly string[];
  readonly defaults: readonly LostDefault[];
  /** Pods there name their seccomp profile in annotations alone. */
  readonly seccompAnnotations: boolean;
  /** Pods of these service accounts only; of all where absent. */
  readonly serviceAccounts?: readonly string[];
  /** Pods whose label has one of these values only. */
  readonly labels?: { readonly key: string; readonly values: readonly string[] };
}

/** A pod that a PodSecurityPolicy admitted. */
export interface AdmittedPod {
  readonly namespace: string;
  readonly policy: string;
  readonly written: KubeObject;
  readonly admitted: KubeObject;
}

/** By what the pods of one policy can be told from those of another in their namespace. */
export type SelectedBy = "serviceAccounts" | "labels";

/**
 * What is lost with each policy. A namespace's pods are told apart only where one policy's defaults would change what another one
 * admitted; where nothing tells them apart the defaults are for all, and a proof finds whom that changes.
 */
export function lostMutations(
  pods: readonly AdmittedPod[],
  policies: readonly KubeObject[],
  by: readonly SelectedBy[],
): readonly LostMutations[] {
  const rules = new Map(policies.map((policy) => [policy.metadata.name ?? "", rulesOf(policy)]));
  const namespaces = [...new Set(pods.map(({ namespace }) => namespace))].sort();
  return [...rules.keys()].flatMap((policy) => {
    const found = namespaces.flatMap((namespace) => {
      const here = pods.filter((each) => each.namespace === namespace);
      return lostIn(policy, rules, here, by);
    });
    return merged(found);
  });
}

function lostIn(
  policy: string,
  rules: ReadonlyMap<string, Rules>,
  pods: readonly AdmittedPod[],
  by: readonly SelectedBy[],
): readonly LostMutations[] {
  const own = rules.get(policy) as Rules;
  const mine = pods.filter((each) => each.policy === policy);
  const defaults = lostDefaults(own);
  const seccompAnnotations = mine.some(({ written }) => hasSeccompAnnotation(written));
  const [first] = mine;
  if (first === undefined || (defaults.length === 0 && !seccompAnnotations)) return [];
  const { namespace } = first;
  const lost = { name: `psp-${policy}`, policy, namespaces: [namespace], defaults, seccompAnnotations };
  const others = pods.filter((each) => each.policy !== policy);
  const isDisturbing = others.some((each) => isDisturbed(each, own, rules.get(each.policy)));
  const selection = isDisturbing ? selectionOf(mine, others, by) : {};
  return [Object.keys(selection).length === 0 ? lost : { ...lost, ...selection, name: `${lost.name}-${namespace}` }];
}

/** True if another policy's defaults, set before or after those of its own, make another pod. */
function isDisturbed({ written }: AdmittedPod, others: Rules, own: Rules | undefined): boolean {
  const withOwn = (pod: KubeObject) => (own === undefined ? pod : mutatePod(own, pod));
  const alone = withOwn(written);
  return [withOwn(mutatePod(others, written)), mutatePod(others, alone)].some(
    (pod) => !isSameValue(pod["spec"], alone["spec"]),
  );
}

/** Of one policy: what holds for all pods of a namespace is said once for all such namespaces. */
function merged(found: readonly LostMutations[]): readonly LostMutations[] {
  const isWhole = ({ serviceAccounts, labels }: LostMutations) => serviceAccounts === undefined && labels === undefined;
  const whole = found.filter(isWhole);
  const [first] = whole;
  if (first === undefined) return found;
  const namespaces = whole.flatMap((each) => each.namespaces);
  const seccompAnnotations = whole.some((each) => each.seccompAnnotations);
  return [{ ...first, namespaces, seccompAnnotations }, ...found.filter((each) => !isWhole(each))];
}

function selectionOf(
  mine: readonly AdmittedPod[],
  others: readonly AdmittedPod[],
  by: readonly SelectedBy[],
): Pick<LostMutations, "serviceAccounts" | "labels"> {
  const values = (pods: readonly AdmittedPod[], read: (pod: KubeObject) => string | undefined) =>
    new Set(pods.map(({ admitted }) => read(admitted)));
  const tells = (read: (pod: KubeObject) => string | undefined): readonly string[] | undefined => {
    const [own, theirs] = [values(mine, read), values(others, read)];
    const isApart = [...own].every((each) => each !== undefined && !theirs.has(each));
    return isApart ? ([...own].sort() as string[]) : undefined;
  };
  if (by.includes("serviceAccounts")) {
    const serviceAccounts = tells((pod) => specOf(pod).serviceAccountName ?? "default");
    if (serviceAccounts !== undefined) return { serviceAccounts };
  }
  if (!by.includes("labels")) return {};
  for (const key of Object.keys(mine[0]?.admitted.metadata.labels ?? {})) {
    const found = tells((pod) => pod.metadata.labels?.[key]);
    if (found !== undefined) return { labels: { key, values: found } };
  }
  return {};
}

function hasSeccompAnnotation({ metadata }: KubeObject): boolean {
  return Object.keys(metadata.annotations ?? {}).some(
    (key) => key === seccompKeys.pod || key.startsWith(seccompKeys.containerPrefix),
  );
}
