import type { KubeObject, RbacReader } from "@sallyport/kube";
import { accountUsername } from "../authentication/service-account-claims.ts";
import type { Attributes } from "../authorization/authorizer.ts";

const group = "flowcontrol.apiserver.k8s.io";

interface Subject {
  readonly kind: string;
  readonly user?: { readonly name: string };
  readonly group?: { readonly name: string };
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
}

/** What nobody gave is stored as null. */
type List<T> = readonly T[] | null;

interface Rules {
  readonly subjects?: List<Subject>;
  readonly resourceRules?: List<{
    readonly verbs: List<string>;
    readonly apiGroups: List<string>;
    readonly resources: List<string>;
    readonly clusterScope?: boolean;
    readonly namespaces?: List<string>;
  }>;
  readonly nonResourceRules?: List<{
    readonly verbs: List<string>;
    readonly nonResourceURLs: List<string>;
  }>;
}

interface SchemaSpec {
  readonly priorityLevelConfiguration: { readonly name: string };
  readonly matchingPrecedence?: number;
  readonly distinguisherMethod?: { readonly type: "ByUser" | "ByNamespace" };
  readonly rules?: List<Rules>;
}

/** flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfigurationSpec, as far as it is looked at. */
export interface LevelSpec {
  readonly type: "Exempt" | "Limited";
  readonly exempt?: { readonly nominalConcurrencyShares?: number; readonly lendablePercent?: number };
  readonly limited?: {
    readonly nominalConcurrencyShares?: number;
    readonly lendablePercent?: number;
    /** Of all seats where it is absent. */
    readonly borrowingLimitPercent?: number | null;
    readonly limitResponse?: {
      readonly type: "Queue" | "Reject";
      readonly queuing?: { readonly queues?: number; readonly handSize?: number; readonly queueLengthLimit?: number };
    };
  };
}

/** How a request is treated: what it counts as, and with whom it shares. */
export interface Classified {
  readonly schema: KubeObject;
  readonly level: KubeObject;
  /** Requests of the same flow wait behind each other: its schema, and the user or namespace that tells flows apart. */
  readonly flow: () => string;
}

/** Schemas in their order, by the list of them as it was read: it is another one when one of them changes. */
const ordered = new WeakMap<readonly KubeObject[], readonly KubeObject[]>();

function inOrder(schemas: readonly KubeObject[]): readonly KubeObject[] {
  const known = ordered.get(schemas);
  if (known !== undefined) return known;
  const made = schemas.toSorted((a, b) => precedenceOf(a) - precedenceOf(b) || (nameOf(a) < nameOf(b) ? -1 : 1));
  ordered.set(schemas, made);
  return made;
}

/** The flow schema of least precedence, then name, that fits. Undefined when its priority level is not there. */
export function classify(reader: RbacReader, attributes: Attributes): Classified | undefined {
  for (const schema of inOrder(reader.list(group, "flowschemas"))) {
    const { priorityLevelConfiguration, distinguisherMethod, rules } = specOf(schema);
    if (!(rules ?? []).some((each) => fits(each, attributes))) continue;
    const level = reader.get(group, "prioritylevelconfigurations", "", priorityLevelConfiguration.name);
    if (level === undefined) continue;
    const { user, namespace } = attributes;
    const apart =
      distinguisherMethod?.type === "ByUser" ? user.username : distinguisherMethod === undefined ? "" : namespace;
    return { schema, level, flow: () => JSON.stringify([nameOf(schema), apart]) };
  }
  return undefined;
}

function specOf(schema: KubeObject): SchemaSpec {
  return schema["spec"] as SchemaSpec;
}

function nameOf({ metadata }: KubeObject): string {
  return metadata.name ?? "";
}

/** As upstream defaults it. */
function precedenceOf(schema: KubeObject): number {
  return specOf(schema).matchingPrecedence ?? 1000;
}

function fits({ subjects, resourceRules, nonResourceRules }: Rules, attributes: Attributes): boolean {
  if (!(subjects ?? []).some((each) => isSubject(each, attributes.user))) return false;
  const { path, verb } = attributes;
  if (path !== undefined)
    return (nonResourceRules ?? []).some(
      (rule) => has(rule.verbs, verb) && (rule.nonResourceURLs ?? []).some((url) => coversPath(url, path)),
    );
  const { resource, subresource, namespace } = attributes;
  const full = subresource ? `${resource}/${subresource}` : resource;
  return (resourceRules ?? []).some(
    ({ verbs, apiGroups, resources, clusterScope = false, namespaces }) =>
      has(verbs, verb) &&
      has(apiGroups, attributes.group) &&
      has(resources, full) &&
      (namespace === "" ? clusterScope : has(namespaces ?? [], namespace)),
  );
}

function isSubject({ kind, user, group: named, serviceAccount }: Subject, who: Attributes["user"]): boolean {
  if (kind === "User") return user?.name === "*" || user?.name === who.username;
  if (kind === "Group") return named?.name === "*" || (named !== undefined && who.groups.includes(named.name));
  if (serviceAccount === undefined) return false;
  const { namespace, name } = serviceAccount;
  return name === "*"
    ? who.username.startsWith(accountUsername(namespace, ""))
    : who.username === accountUsername(namespace, name);
}

function has(list: List<string>, wanted: string): boolean {
  return list !== null && (list.includes("*") || list.includes(wanted));
}

/** `/healthz/*` covers what lies below; `*` covers everything. */
function coversPath(pattern: string, path: string): boolean {
  return pattern === "*" || pattern === path || (pattern.endsWith("/*") && path.startsWith(pattern.slice(0, -1)));
}
