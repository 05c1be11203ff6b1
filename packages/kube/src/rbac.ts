import type { KubeObject } from "./object.ts";

/** rbac.authorization.k8s.io/v1 PolicyRule. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

/** Who asks, and for what; `path` for requests that are about no resource. */
export interface RbacRequest {
  readonly user: { readonly username: string; readonly groups: readonly string[] };
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace: string;
  readonly name: string;
  readonly path?: string;
}

export interface RbacReader {
  readonly get: (group: string, resource: string, namespace: string, name: string) => KubeObject | undefined;
  readonly list: (group: string, resource: string, namespace?: string) => readonly KubeObject[];
}

interface RoleRef {
  readonly kind: string;
  readonly name: string;
}

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

const group = "rbac.authorization.k8s.io";

/** One rule that a user has, and through which binding. */
export interface GrantedRule {
  readonly rule: PolicyRule;
  /** `ClusterRoleBinding "admins" of ClusterRole "cluster-admin" to Group "system:masters"`. */
  readonly through: string;
}

/** All rules that apply to a user in a namespace; the empty namespace means cluster-wide. */
export function* rulesFor(reader: RbacReader, user: RbacRequest["user"], namespace: string): Generator<GrantedRule> {
  for (const binding of reader.list(group, "clusterrolebindings")) yield* rulesOf(reader, binding, user, "");
  if (namespace === "") return;
  for (const binding of reader.list(group, "rolebindings", namespace)) yield* rulesOf(reader, binding, user, namespace);
}

function* rulesOf(
  reader: RbacReader,
  binding: KubeObject,
  user: RbacRequest["user"],
  namespace: string,
): Generator<GrantedRule> {
  const subjects = (binding["subjects"] ?? []) as readonly Subject[];
  const subject = subjects.find((each) => isSubject(each, user, namespace));
  if (subject === undefined) return;
  const ref = binding["roleRef"] as RoleRef;
  const role =
    ref.kind === "ClusterRole"
      ? reader.get(group, "clusterroles", "", ref.name)
      : reader.get(group, "roles", namespace, ref.name);
  const place = namespace === "" ? binding.metadata.name : `${binding.metadata.name}/${namespace}`;
  const through = `${binding.kind} "${place}" of ${ref.kind} "${ref.name}" to ${subject.kind} "${subject.name}${subject.namespace === undefined ? "" : `/${subject.namespace}`}"`;
  for (const rule of (role?.["rules"] ?? []) as readonly PolicyRule[]) yield { rule, through };
}

function isSubject(subject: Subject, user: RbacRequest["user"], namespace: string): boolean {
  if (subject.kind === "User") return subject.name === user.username;
  if (subject.kind === "Group") return user.groups.includes(subject.name);
  const home = subject.namespace ?? namespace;
  return subject.kind === "ServiceAccount" && user.username === `system:serviceaccount:${home}:${subject.name}`;
}

/** kube-apiserver's RBAC authorizer: any rule that fits allows; there is no deny. */
export function authorizeByRbac(
  reader: RbacReader,
  request: RbacRequest,
): { readonly allowed: boolean; readonly reason: string } {
  if (request.user.groups.includes("system:masters")) return { allowed: true, reason: "" };
  for (const { rule, through } of rulesFor(reader, request.user, request.namespace)) {
    if (allows(rule, request)) return { allowed: true, reason: `RBAC: allowed by ${through}` };
  }
  return { allowed: false, reason: "" };
}

/** One rule against one request. https://kubernetes.io/docs/reference/access-authn-authz/rbac/ */
export function allows(rule: PolicyRule, request: RbacRequest): boolean {
  if (!has(rule.verbs, request.verb)) return false;
  if (request.path !== undefined)
    return (rule.nonResourceURLs ?? []).some((url) => matchesUrl(url, request.path as string));
  const resource = request.subresource ? `${request.resource}/${request.subresource}` : request.resource;
  const fits = (rule.resources ?? []).some(
    (each) => each === "*" || each === resource || (request.subresource && each === `*/${request.subresource}`),
  );
  if (!fits || !has(rule.apiGroups ?? [], request.group)) return false;
  const names = rule.resourceNames ?? [];
  return names.length === 0 || names.includes(request.name);
}

function has(list: readonly string[], wanted: string): boolean {
  return list.includes("*") || list.includes(wanted);
}

function matchesUrl(pattern: string, path: string): boolean {
  return pattern === path || pattern === "*" || (pattern.endsWith("*") && path.startsWith(pattern.slice(0, -1)));
}

function clusterRole(
  name: string,
  rules: readonly PolicyRule[],
  labels: { readonly [key: string]: string } = {},
): KubeObject {
  const metadata = {
    name,
    labels: { "kubernetes.io/bootstrapping": "rbac-defaults", ...labels },
    annotations: { "rbac.authorization.kubernetes.io/autoupdate": "true" },
  };
  return { apiVersion: `${group}/v1`, kind: "ClusterRole", metadata, rules };
}

function clusterRoleBinding(name: string, role: string, groups: readonly string[]): KubeObject {
  return {
    apiVersion: `${group}/v1`,
    kind: "ClusterRoleBinding",
    metadata: {
      name,
      labels: { "kubernetes.io/bootstrapping": "rbac-defaults" },
      annotations: { "rbac.authorization.kubernetes.io/autoupdate": "true" },
    },
    roleRef: { apiGroup: group, kind: "ClusterRole", name: role },
    subjects: groups.map((each) => ({ apiGroup: group, kind: "Group", name: each })),
  };
}

const read = ["get", "list", "watch"];
const write = ["create", "delete", "deletecollection", "patch", "update"];
const workloads = [
  "daemonsets",
  "deployments",
  "deployments/rollback",
  "deployments/scale",
  "replicasets",
  "replicasets/scale",
  "statefulsets",
  "statefulsets/scale",
];

const viewRules: readonly PolicyRule[] = [
  {
    apiGroups: [""],
    resources: [
      "configmaps",
      "endpoints",
      "persistentvolumeclaims",
      "persistentvolumeclaims/status",
      "pods",
      "replicationcontrollers",
      "replicationcontrollers/scale",
      "serviceaccounts",
      "services",
      "services/status",
      "bindings",
      "events",
      "limitranges",
      "namespaces/status",
      "pods/log",
      "pods/status",
      "replicationcontrollers/status",
      "resourcequotas",
      "resourcequotas/status",
      "namespaces",
    ],
    verbs: read,
  },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
  {
    apiGroups: ["apps"],
    resources: [
      "controllerrevisions",
      ...workloads.filter((each) => !each.includes("rollback")),
      "daemonsets/status",
      "deployments/status",
      "replicasets/status",
      "statefulsets/status",
    ],
    verbs: read,
  },
  {
    apiGroups: ["autoscaling"],
    resources: ["horizontalpodautoscalers", "horizontalpodautoscalers/status"],
    verbs: read,
  },
  { apiGroups: ["batch"], resources: ["cronjobs", "cronjobs/status", "jobs", "jobs/status"], verbs: read },
  { apiGroups: ["networking.k8s.io"], resources: ["ingresses", "ingresses/status", "networkpolicies"], verbs: read },
  { apiGroups: ["policy"], resources: ["poddisruptionbudgets", "poddisruptionbudgets/status"], verbs: read },
];

const editRules: readonly PolicyRule[] = [
  {
    apiGroups: [""],
    resources: ["pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"],
    verbs: read,
  },
  { apiGroups: [""], resources: ["serviceaccounts"], verbs: ["impersonate"] },
  { apiGroups: [""], resources: ["pods", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy"], verbs: write },
  { apiGroups: [""], resources: ["pods/eviction"], verbs: ["create"] },
  {
    apiGroups: [""],
    resources: [
      "configmaps",
      "events",
      "persistentvolumeclaims",
      "replicationcontrollers",
      "replicationcontrollers/scale",
      "secrets",
      "serviceaccounts",
      "services",
      "services/proxy",
    ],
    verbs: write,
  },
  { apiGroups: [""], resources: ["serviceaccounts/token"], verbs: ["create"] },
  { apiGroups: ["apps"], resources: workloads, verbs: write },
  { apiGroups: ["autoscaling"], resources: ["horizontalpodautoscalers"], verbs: write },
  { apiGroups: ["batch"], resources: ["cronjobs", "jobs"], verbs: write },
  { apiGroups: ["networking.k8s.io"], resources: ["ingresses", "networkpolicies"], verbs: write },
  { apiGroups: ["policy"], resources: ["poddisruptionbudgets"], verbs: write },
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: [...write, ...read] },
];

const discoveryPaths = [
  "/api",
  "/api/*",
  "/apis",
  "/apis/*",
  "/healthz",
  "/livez",
  "/openapi",
  "/openapi/*",
  "/readyz",
  "/version",
  "/version/",
];
const publicPaths = ["/healthz", "/livez", "/readyz", "/version", "/version/"];

/** The roles and bindings that every API server has from its first start. */
export const bootstrapRbac: readonly KubeObject[] = [
  clusterRole("cluster-admin", [
    { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
    { nonResourceURLs: ["*"], verbs: ["*"] },
  ]),
  clusterRole("system:discovery", [{ nonResourceURLs: discoveryPaths, verbs: ["get"] }]),
  clusterRole("system:public-info-viewer", [{ nonResourceURLs: publicPaths, verbs: ["get"] }]),
  clusterRole("system:basic-user", [
    {
      apiGroups: ["authorization.k8s.io"],
      resources: ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
      verbs: ["create"],
    },
    { apiGroups: ["authentication.k8s.io"], resources: ["selfsubjectreviews"], verbs: ["create"] },
  ]),
  clusterRole("view", viewRules),
  clusterRole("edit", [...editRules, ...viewRules]),
  clusterRole("admin", [
    ...editRules,
    ...viewRules,
    { apiGroups: ["authorization.k8s.io"], resources: ["localsubjectaccessreviews"], verbs: ["create"] },
    { apiGroups: [group], resources: ["rolebindings", "roles"], verbs: [...write, ...read] },
  ]),
  clusterRoleBinding("cluster-admin", "cluster-admin", ["system:masters"]),
  clusterRoleBinding("system:discovery", "system:discovery", ["system:authenticated"]),
  clusterRoleBinding("system:basic-user", "system:basic-user", ["system:authenticated"]),
  clusterRoleBinding("system:public-info-viewer", "system:public-info-viewer", [
    "system:authenticated",
    "system:unauthenticated",
  ]),
];
