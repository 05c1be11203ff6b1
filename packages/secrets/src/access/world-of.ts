import { effectiveRoles } from "./aggregation.ts";
import { podsOf } from "./pods.ts";
import {
  type Account,
  type Binding,
  type Grant,
  type Identity,
  identityText,
  type Namespace,
  type Pod,
  type RbacName,
  type Role,
  rbacText,
  type SecretPlace,
  type World,
  type WorldObject,
} from "./world.ts";

/** The world of these objects; of kinds that do not matter for it nothing is kept. */
export function worldOf(objects: readonly WorldObject[]): World {
  const roles = effectiveRoles(objects);
  const bindings = objects.flatMap(bindingOf);
  const pods = podsOf(objects);
  const secrets = objects.filter(({ kind }) => kind === "Secret").map(secretOf);
  const nodes = objects.filter(({ kind }) => kind === "Node").map(({ metadata }) => metadata.name ?? "");
  const namespaces = namespacesOf(objects);
  return {
    roles,
    bindings,
    pods,
    secrets,
    namespaces,
    grants: grantsOf(roles, bindings),
    accounts: accountsOf(objects, bindings, pods, namespaces),
    nodes: [...new Set([...nodes, ...pods.flatMap(({ node }) => node ?? [])])],
  };
}

function bindingOf({ kind, metadata, ...object }: WorldObject): readonly Binding[] {
  if (kind !== "RoleBinding" && kind !== "ClusterRoleBinding") return [];
  const namespace = kind === "RoleBinding" ? (metadata.namespace ?? "default") : undefined;
  const ref = (object["roleRef"] ?? {}) as { readonly kind?: string; readonly name?: string };
  const place = namespace === undefined ? {} : { namespace };
  const role: RbacName =
    ref.kind === "Role"
      ? { kind: "Role", name: ref.name ?? "", namespace: namespace ?? "" }
      : { kind: "ClusterRole", name: ref.name ?? "" };
  const subjects = (object["subjects"] ?? []) as readonly Partial<Identity>[];
  const name = { kind, name: metadata.name ?? "", ...place } as const;
  return [{ name, role, subjects: subjects.flatMap((each) => subjectOf(each, namespace ?? "")) }];
}

/** As RBAC's authorizer takes it: a User by a service account's name is that account. */
function subjectOf({ kind, name = "", namespace }: Partial<Identity>, home: string): readonly Identity[] {
  const place = namespace || home;
  if (kind === "Group") return [{ kind, name }];
  if (kind === "ServiceAccount") return place === "" ? [] : [{ kind, name, namespace: place }];
  return kind === "User" ? [identityOfUsername(name)] : [];
}

/** Whom a user's name means. */
export function identityOfUsername(username: string): Identity {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? [];
  return namespace === undefined || name === undefined
    ? { kind: "User", name: username }
    : { kind: "ServiceAccount", name, namespace };
}

function grantsOf(roles: readonly Role[], bindings: readonly Binding[]): readonly Grant[] {
  const byName = new Map(roles.map((each) => [rbacText(each.name), each]));
  return bindings.flatMap(({ name, role, subjects }) => {
    const rules = byName.get(rbacText(role))?.rules ?? [];
    return subjects.flatMap((subject) =>
      rules.map((rule) => ({ ...rule, subject, binding: name, role, namespace: name.namespace ?? "" })),
    );
  });
}

function accountsOf(
  objects: readonly WorldObject[],
  bindings: readonly Binding[],
  pods: readonly Pod[],
  namespaces: readonly Namespace[],
): readonly Account[] {
  const bound = bindings.flatMap(({ subjects }) => subjects).filter(({ kind }) => kind === "ServiceAccount");
  const found: readonly Account[] = [
    ...objects
      .filter(({ kind }) => kind === "ServiceAccount")
      .map(({ metadata }) => ({ namespace: metadata.namespace ?? "default", name: metadata.name ?? "" })),
    ...bound.map(({ namespace = "", name }) => ({ namespace, name })),
    ...pods.map(({ namespace, account }) => ({ namespace, name: account })),
    ...namespaces.map(({ name }) => ({ namespace: name, name: "default" })),
  ];
  const byText = new Map(found.map((each) => [identityText({ kind: "ServiceAccount", ...each }), each]));
  return [...byText.values()];
}

/** Kinds without a namespace among those that matter. */
const clusterKinds = new Set(["ClusterRole", "ClusterRoleBinding", "Namespace", "Node"]);

function namespacesOf(objects: readonly WorldObject[]): readonly Namespace[] {
  const found = new Map<string, boolean>();
  for (const { kind, metadata } of objects) {
    const name = kind === "Namespace" ? metadata.name : clusterKinds.has(kind) ? undefined : metadata.namespace;
    if (name !== undefined && !found.has(name)) found.set(name, false);
    if (kind !== "Namespace" || name === undefined) continue;
    const level = metadata.labels?.["pod-security.kubernetes.io/enforce"] ?? "privileged";
    found.set(name, level !== "baseline" && level !== "restricted");
  }
  return [...found].map(([name, admitsHostPath]) => ({ name, admitsHostPath }));
}

function secretOf({ metadata, ...object }: WorldObject): SecretPlace {
  const account = metadata.annotations?.["kubernetes.io/service-account.name"];
  const holdsToken = object["type"] === "kubernetes.io/service-account-token" && account !== undefined;
  return {
    namespace: metadata.namespace ?? "default",
    name: metadata.name ?? "",
    ...(holdsToken ? { account } : {}),
  };
}
