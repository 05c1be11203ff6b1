import { type KubeObject, type LabelSelectorObject, matchesSelector } from "@sallyport/kube";
import type { Request } from "../request.ts";
import type { Snapshot } from "../snapshot.ts";

/** One webhook of a configuration. admissionregistration.k8s.io/v1 */
export interface Webhook {
  readonly name: string;
  readonly clientConfig: {
    readonly url?: string;
    readonly service?: {
      readonly namespace: string;
      readonly name: string;
      readonly path?: string;
      readonly port?: number;
    };
    readonly caBundle?: string;
  };
  readonly rules?: readonly WebhookRule[];
  readonly failurePolicy?: "Fail" | "Ignore";
  readonly namespaceSelector?: LabelSelectorObject;
  readonly objectSelector?: LabelSelectorObject;
  readonly sideEffects?: string;
  readonly timeoutSeconds?: number;
  readonly admissionReviewVersions?: readonly string[];
  readonly reinvocationPolicy?: "Never" | "IfNeeded";
  readonly matchConditions?: readonly unknown[];
}

interface WebhookRule {
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly operations?: readonly string[];
  readonly scope?: string;
}

/** All webhooks of a kind of configuration, ordered by the configuration's name, as kube-apiserver calls them. */
export function webhooksOf(
  snapshot: Snapshot,
  resource: "mutatingwebhookconfigurations" | "validatingwebhookconfigurations",
): readonly { readonly webhook: Webhook; readonly configuration: string }[] {
  return [...snapshot.objects.list("admissionregistration.k8s.io", resource)]
    .sort((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1))
    .flatMap((each) =>
      ((each["webhooks"] ?? []) as readonly Webhook[]).map((webhook) => ({
        webhook,
        configuration: each.metadata.name ?? "",
      })),
    );
}

/** Configurations themselves are never sent to webhooks: nobody could undo a broken one. */
export function isExcluded(request: Request): boolean {
  const { group, resource } = request.resource;
  return (
    group === "admissionregistration.k8s.io" &&
    /^(mutating|validating)(webhookconfigurations|admissionpolicies|admissionpolicybindings)$/.test(resource)
  );
}

/** Why a webhook is not called for this request; undefined when it is. */
export function mismatch(webhook: Webhook, request: Request, snapshot: Snapshot): string | undefined {
  if (!(webhook.rules ?? []).some((rule) => matchesRule(rule, request))) return "no rule matches";
  if (!matchesNamespace(webhook.namespaceSelector ?? {}, request, snapshot)) return "namespaceSelector does not match";
  return matchesObject(webhook.objectSelector ?? {}, request) ? undefined : "objectSelector does not match";
}

/** Versions match as Equivalent: a request in any version of a listed resource is sent. */
function matchesRule(rule: WebhookRule, request: Request): boolean {
  const { group, resource } = request.resource;
  const has = (list: readonly string[] | undefined, wanted: string) =>
    list?.includes("*") === true || list?.includes(wanted) === true;
  const isCluster = request.namespace === "" || (group === "" && resource === "namespaces");
  const scopeFits = rule.scope === undefined || rule.scope === "*" || (rule.scope === "Cluster") === isCluster;
  return (
    scopeFits &&
    has(rule.operations, request.operation) &&
    has(rule.apiGroups, group) &&
    (rule.resources ?? []).some((each) => matchesResource(each, resource, request.subResource))
  );
}

// Patterns: pods, pods/*, */scale, * (no subresource), */*.
function matchesResource(pattern: string, resource: string, subResource: string): boolean {
  const [name, sub = ""] = pattern.split("/");
  return (name === "*" || name === resource) && (sub === "*" || sub === subResource);
}

function matchesNamespace(selector: LabelSelectorObject, request: Request, snapshot: Snapshot): boolean {
  const isNamespace = request.resource.group === "" && request.resource.resource === "namespaces";
  if (isNamespace) return matchesSelector(selector, (request.object ?? request.oldObject)?.metadata.labels ?? {});
  if (request.namespace === "") return true;
  return matchesSelector(
    selector,
    snapshot.objects.get("", "namespaces", "", request.namespace)?.metadata.labels ?? {},
  );
}

/** Either object may match: a change that takes the label away is still looked at. */
function matchesObject(selector: LabelSelectorObject, request: Request): boolean {
  const labels = (object: KubeObject | null) => object?.metadata.labels ?? {};
  const given = [request.object, request.oldObject].filter((object) => object !== null);
  return given.length === 0
    ? matchesSelector(selector, {})
    : given.some((object) => matchesSelector(selector, labels(object)));
}
