import {
  apiVersionOf,
  convertBuiltin,
  type GroupVersionKind,
  type GroupVersionResource,
  type KubeObject,
  type LabelSelectorObject,
  matchesSelector,
  type ResourceInfo,
} from "@sallyport/kube";
import type { Request } from "./request.ts";
import type { Snapshot } from "./snapshot.ts";

/** admissionregistration.k8s.io/v1 RuleWithOperations, with the names of a policy's rule. */
export interface Rule {
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly operations?: readonly string[];
  readonly scope?: string;
  readonly resourceNames?: readonly string[];
}

/** admissionregistration.k8s.io/v1 MatchResources; of a webhook `rules` are its `resourceRules`. */
export interface MatchResources {
  readonly namespaceSelector?: LabelSelectorObject;
  readonly objectSelector?: LabelSelectorObject;
  readonly resourceRules?: readonly Rule[];
  readonly excludeResourceRules?: readonly Rule[];
  readonly matchPolicy?: string;
}

/** How a request is seen by what it matched: by another version of its resource, where only that one is named. */
export interface Match {
  readonly resource: GroupVersionResource;
  readonly kind: GroupVersionKind;
}

/** The request in the version that what it matched names. */
export function asSeenBy({ resource, kind }: Match, request: Request): Request {
  if (resource.group === request.resource.group && resource.version === request.resource.version) return request;
  const convert = (object: KubeObject | null) => object && convertBuiltin(object, apiVersionOf(kind));
  return { ...request, resource, kind, object: convert(request.object), oldObject: convert(request.oldObject) };
}

/** Configurations and policies themselves are exempt: nobody could undo a broken one. */
export function isExempt({ resource: { group, resource } }: Request): boolean {
  return (
    group === "admissionregistration.k8s.io" &&
    /^(mutating|validating)(webhookconfigurations|admissionpolicies|admissionpolicybindings)$/.test(resource)
  );
}

/** Questions to the server itself, which nobody may refuse: the cluster would break. pkg/kubeapiserver/admission/exclusion */
export function isQuestion({ resource: { group, resource } }: Request): boolean {
  return (group === "authentication.k8s.io" || group === "authorization.k8s.io") && reviews.test(resource);
}

const reviews = /^(selfsubject(access|rules)?|subjectaccess|localsubjectaccess|token)reviews$/;

/** What of the criteria a request matches, or why it does not. Without rules everything matches. */
export function matchRequest(criteria: MatchResources, request: Request, snapshot: Snapshot): Match | string {
  if (!matchesNamespace(criteria.namespaceSelector ?? {}, request, snapshot)) return "namespaceSelector does not match";
  if (!matchesObject(criteria.objectSelector ?? {}, request)) return "objectSelector does not match";
  const { resourceRules = [], excludeResourceRules = [], matchPolicy } = criteria;
  if (matchRules(excludeResourceRules, matchPolicy, request, snapshot) !== undefined) return "an exclusion matches";
  if (resourceRules.length === 0) return { resource: request.resource, kind: request.kind };
  return matchRules(resourceRules, matchPolicy, request, snapshot) ?? "no rule matches";
}

/** Does one of these rules match? In its own version first, then, unless the policy is `Exact`, in equivalent ones. */
export function matchRules(
  rules: readonly Rule[],
  matchPolicy: string | undefined,
  request: Request,
  snapshot: Snapshot,
): Match | undefined {
  const { resource, kind } = request;
  if (rules.some((rule) => matchesVersion(rule, resource) && matchesButVersion(rule, request)))
    return { resource, kind };
  if (matchPolicy === "Exact") return undefined;
  // What is served is looked through only for rules that nothing but group and version keeps from matching: few requests have any.
  const near = rules.filter((rule) => matchesButVersion(rule, request));
  if (near.length === 0) return undefined;
  const others = equivalents(request, snapshot);
  for (const rule of near) {
    const found = others.find((other) => matchesVersion(rule, other));
    if (found === undefined) continue;
    const { group, version, kind: name } = found;
    // A Scale and an Eviction are of one version, whatever they belong to.
    const seenKind = kind.group === resource.group ? { group, version, kind: name } : kind;
    return { resource: { group, version, resource: resource.resource }, kind: seenKind };
  }
  return undefined;
}

/** Groups that serve one stored resource under two names. */
const cohabiting: { readonly [resource: string]: readonly string[] } = { events: ["", "events.k8s.io"] };

function equivalents({ resource, subResource }: Request, { catalogue }: Snapshot): readonly ResourceInfo[] {
  const name = subResource === "" ? resource.resource : `${resource.resource}/${subResource}`;
  const shared = cohabiting[resource.resource] ?? [];
  const groups = shared.includes(resource.group) ? shared : [resource.group];
  return [...catalogue.all()].filter(
    (each) =>
      each.resource === name &&
      groups.includes(each.group) &&
      (each.group !== resource.group || each.version !== resource.version),
  );
}

function matchesVersion(
  { apiGroups, apiVersions }: Rule,
  { group, version }: Pick<ResourceInfo, "group" | "version">,
): boolean {
  return has(apiGroups, group) && has(apiVersions, version);
}

function matchesButVersion(rule: Rule, request: Request): boolean {
  const { resource } = request.resource;
  const isCluster = request.namespace === "" || (request.resource.group === "" && resource === "namespaces");
  const scopeFits = rule.scope === undefined || rule.scope === "*" || (rule.scope === "Cluster") === isCluster;
  const { resourceNames = [] } = rule;
  return (
    scopeFits &&
    has(rule.operations, request.operation) &&
    (rule.resources ?? []).some((each) => matchesResource(each, resource, request.subResource)) &&
    (resourceNames.length === 0 || resourceNames.includes(request.name))
  );
}

function has(list: readonly string[] | undefined, wanted: string): boolean {
  return list?.includes("*") === true || list?.includes(wanted) === true;
}

// Patterns: pods, pods/*, */scale, * (no subresource), */*.
function matchesResource(pattern: string, resource: string, subResource: string): boolean {
  const [name, sub = ""] = pattern.split("/");
  return (name === "*" || name === resource) && (sub === "*" || sub === subResource);
}

/** Cluster-scoped objects but namespaces match every selector. */
function matchesNamespace(selector: LabelSelectorObject, request: Request, snapshot: Snapshot): boolean {
  const isNamespace = request.resource.group === "" && request.resource.resource === "namespaces";
  const isWritten = request.operation === "CREATE" || request.operation === "UPDATE";
  if (isNamespace && request.subResource === "" && isWritten)
    return matchesSelector(selector, request.object?.metadata.labels ?? {});
  if (request.namespace === "") return true;
  return matchesSelector(
    selector,
    snapshot.objects.get("", "namespaces", "", request.namespace)?.metadata.labels ?? {},
  );
}

/** Either object may match: a change that takes the label away is still looked at. What is no object has nothing to select. */
function matchesObject(selector: LabelSelectorObject, request: Request): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  if (Object.keys(matchLabels).length === 0 && matchExpressions.length === 0) return true;
  return [request.object, request.oldObject].some(
    (object) => object?.metadata !== undefined && matchesSelector(selector, object.metadata.labels ?? {}),
  );
}
