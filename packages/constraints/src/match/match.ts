import { type KubeObject, type LabelSelectorObject, matchesSelector, parseApiVersion } from "@sallyport/kube";
import { matchesGenerateName, matchesWildcard } from "./wildcard.ts";

/** Where an object comes from: written by somebody, or made by an ExpansionTemplate. */
export type Source = "Original" | "Generated";

/** `spec.match` of constraints and mutators. https://open-policy-agent.github.io/gatekeeper/website/docs/howto/#the-match-field */
export interface Match {
  readonly kinds?: readonly { readonly apiGroups?: readonly string[]; readonly kinds?: readonly string[] }[];
  readonly scope?: string;
  readonly namespaces?: readonly string[];
  readonly excludedNamespaces?: readonly string[];
  readonly labelSelector?: LabelSelectorObject;
  readonly namespaceSelector?: LabelSelectorObject;
  readonly name?: string;
  readonly source?: string;
}

/** An object that is looked at; `namespace` is the one it lies in, where that is known. */
export interface Matchable {
  readonly object: KubeObject;
  readonly namespace: KubeObject | undefined;
  readonly source: Source | undefined;
}

/** Why it cannot be told whether an object matches. */
export class MatchError extends Error {}

type Criterion = (match: Match, target: Matchable) => boolean;

/** In the order in which Gatekeeper looks: what fails first decides whether a fault behind it is ever seen. */
const criteria: readonly Criterion[] = [
  matchesKinds,
  matchesScope,
  (match, target) => matchesAnyNamespace(match.namespaces, target, true),
  (match, target) => !matchesAnyNamespace(match.excludedNamespaces, target, false),
  ({ labelSelector }, { object }) =>
    labelSelector === undefined || matchesSelector(labelSelector, object.metadata.labels ?? {}),
  matchesNamespaceSelector,
  matchesName,
  matchesSource,
];

const criteriaBehindKinds = criteria.slice(1);

/** Whether all criteria hold; `isOfKind` where the first one is known to. Throws `MatchError`. */
export function matchesObject(match: Match, target: Matchable, isOfKind = false): boolean {
  return (isOfKind ? criteriaBehindKinds : criteria).every((criterion) => criterion(match, target));
}

export function isNamespace({ apiVersion, kind }: KubeObject): boolean {
  return kind === "Namespace" && !apiVersion.includes("/");
}

function matchesKinds(match: Match, { object }: Matchable): boolean {
  if (match.kinds === undefined || match.kinds.length === 0) return true;
  return matchesKind(match, { group: parseApiVersion(object.apiVersion).group, kind: object.kind });
}

/** The first criterion alone, which needs no object. */
export function matchesKind(
  { kinds = [] }: Match,
  { group, kind }: { readonly group: string; readonly kind: string },
): boolean {
  return kinds.length === 0 || kinds.some((each) => isIn(each.kinds, kind) && isIn(each.apiGroups, group));
}

function isIn(list: readonly string[] | null | undefined, name: string): boolean {
  return list === undefined || list === null || list.length === 0 || list.includes("*") || list.includes(name);
}

/** Scopes that Kubernetes does not know match everything, as in Gatekeeper. */
function matchesScope({ scope }: Match, { object, namespace }: Matchable): boolean {
  const isNamespaced = !isNamespace(object) && (textAt(object.metadata.namespace) !== "" || namespace !== undefined);
  if (scope === "Cluster") return !isNamespaced;
  return scope !== "Namespaced" || isNamespaced;
}

/** `other` is the answer for objects that lie in no namespace, and where no namespaces are named. */
function matchesAnyNamespace(patterns: readonly string[] | undefined, target: Matchable, other: boolean): boolean {
  const name = namespaceNameOf(target);
  if (patterns === undefined || patterns.length === 0 || name === undefined) return other;
  return patterns.some((pattern) => matchesWildcard(pattern, name));
}

function namespaceNameOf({ object, namespace }: Matchable): string | undefined {
  if (isNamespace(object)) return textAt(object.metadata.name);
  if (namespace !== undefined) return textAt(namespace.metadata.name);
  return textAt(object.metadata.namespace) || undefined;
}

function matchesNamespaceSelector({ namespaceSelector }: Match, { object, namespace }: Matchable): boolean {
  if (namespaceSelector === undefined) return true;
  if (isNamespace(object)) return matchesSelector(namespaceSelector, object.metadata.labels ?? {});
  if (namespace !== undefined) return matchesSelector(namespaceSelector, namespace.metadata.labels ?? {});
  if (textAt(object.metadata.namespace) === "") return true;
  throw new MatchError("namespace selector for namespace-scoped object but missing Namespace");
}

function matchesName({ name = "" }: Match, { object: { metadata } }: Matchable): boolean {
  if (name === "") return true;
  return matchesWildcard(name, textAt(metadata.name)) || matchesGenerateName(name, textAt(metadata.generateName));
}

function matchesSource({ source: wanted = "" }: Match, { object, source }: Matchable): boolean {
  if (wanted === "" || wanted === "All") return true;
  if (wanted !== "Original" && wanted !== "Generated")
    throw new MatchError(`invalid source field ${JSON.stringify(wanted)}`);
  if (source === undefined)
    throw new MatchError(`source field not specified for resource ${textAt(object.metadata.name)}`);
  return wanted === source;
}

function textAt(value: string | undefined): string {
  return value ?? "";
}
