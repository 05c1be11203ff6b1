import type { KubeObject, PolicyRule } from "@sallyport/kube";

/**
 * What is known of a cluster, as far as it matters for who comes to a value: the *RBAC world*. It is made of objects
 * (`worldOf`), of files, of a dump or of an API, and never changes.
 *
 * A question about it has *paths* for an answer. A path is a chain of steps: each begins at what somebody holds (an
 * identity, a pod, a node) and says by which rules, of which roles, through which bindings, the next thing is had.
 */
export interface World {
  /** Every rule that somebody has, once for each subject of each binding. */
  readonly grants: readonly Grant[];
  readonly roles: readonly Role[];
  readonly bindings: readonly Binding[];
  /** Service accounts that exist, that pods run as, or that bindings name; each namespace has `default`. */
  readonly accounts: readonly Account[];
  /** Pods, and one for each template of a workload whose pods are not among them. */
  readonly pods: readonly Pod[];
  /** Names of nodes: of Node objects, and those that pods are on. */
  readonly nodes: readonly string[];
  readonly namespaces: readonly Namespace[];
  readonly secrets: readonly SecretPlace[];
}

/** Somebody who asks the API server, as bindings name them; `Node` is a kubelet, `system:node:NAME` of the group `system:nodes`. */
export interface Identity {
  readonly kind: "User" | "Group" | "ServiceAccount" | "Node";
  readonly name: string;
  /** Of a ServiceAccount. */
  readonly namespace?: string;
}

/** A role or a binding; of the namespaced kinds with a namespace. */
export interface RbacName {
  readonly kind: "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding";
  readonly name: string;
  readonly namespace?: string;
}

/** A rule, and the role in which it stands: of a ClusterRole that gathers others, the one that was gathered. */
export interface PlacedRule {
  readonly rule: PolicyRule;
  readonly from: RbacName;
  /** From 0. */
  readonly index: number;
}

export interface Role {
  readonly name: RbacName;
  readonly rules: readonly PlacedRule[];
  /** The API server puts it back at each start: `kubernetes.io/bootstrapping`. */
  readonly isBootstrap: boolean;
  /** Names of the ClusterRoles whose rules it gathers, directly or not. */
  readonly parts: readonly string[];
  /** It would gather one that is made for it. */
  readonly isAggregated: boolean;
}

export interface Binding {
  readonly name: RbacName;
  readonly role: RbacName;
  readonly subjects: readonly Identity[];
}

/** A rule that a subject has: where it stands, through which binding, and where it counts. */
export interface Grant extends PlacedRule {
  readonly subject: Identity;
  readonly binding: RbacName;
  /** What the binding refers to. */
  readonly role: RbacName;
  /** Empty for everywhere: of a ClusterRoleBinding. */
  readonly namespace: string;
}

export interface Account {
  readonly namespace: string;
  readonly name: string;
}

export interface Pod {
  readonly namespace: string;
  /** The pod's, or that of the workload whose template it is. */
  readonly name: string;
  /** `Pod`, or the workload's kind. */
  readonly kind: string;
  /** Where it is known. */
  readonly node?: string;
  readonly account: string;
  /** Whether a token of its account lies in it. */
  readonly hasToken: boolean;
  /** Names of secrets that its containers see, as files or in their environment. */
  readonly secrets: ReadonlySet<string>;
  /** Names of secrets that only its node reads: for pulling images and for drivers of volumes. */
  readonly nodeSecrets: ReadonlySet<string>;
}

export interface Namespace {
  readonly name: string;
  /** Its Namespace object is known, and Pod Security lets pods there have the node's files. */
  readonly admitsHostPath: boolean;
}

/** A secret without its value. */
export interface SecretPlace {
  readonly namespace: string;
  readonly name: string;
  /** The service account whose token it holds. */
  readonly account?: string;
}

/** Who may do this? For reading of secrets that means: who comes to the value, by any way. */
export interface Question {
  /** `get`, `list` and `watch` of secrets are all the same question: whoever may one of them has the value. */
  readonly verb: string;
  /** API group; empty for secrets. */
  readonly group: string;
  /** With a subresource behind a slash. */
  readonly resource: string;
  /** Any of them, where absent. */
  readonly name?: string;
  /** Empty for what is not namespaced. */
  readonly namespace: string;
}

/** `ServiceAccount ci/builder`, `Group system:masters`: one text for one identity. */
export function identityText({ kind, name, namespace }: Identity): string {
  return kind === "ServiceAccount" ? `${kind} ${namespace}/${name}` : `${kind} ${name}`;
}

/** `Role prod/reader`, `ClusterRole view`. */
export function rbacText({ kind, name, namespace }: RbacName): string {
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

/** What `worldOf` takes: `metadata.namespace` may be absent where `default` is meant. */
export type WorldObject = Pick<KubeObject, "apiVersion" | "kind" | "metadata"> & { readonly [field: string]: unknown };
