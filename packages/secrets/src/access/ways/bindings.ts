import { bindingText, type Fact, placeText, rewrittenText } from "../facts.ts";
import { type Acts, countsIn, fitsName, type Right } from "../rights.ts";
import { type Grant, type RbacName, rbacText } from "../world.ts";
import { allNamespaces } from "./own-pods.ts";
import { type Inference, rightsTo, type Scene, type Way } from "./way.ts";

const group = "rbac.authorization.k8s.io";
const writing = ["create", "update", "patch"];

const acts: Acts = {
  "write-bindings": [{ verbs: writing, group, resource: "rolebindings" }],
  "write-cluster-bindings": [{ verbs: writing, group, resource: "clusterrolebindings", isClusterWide: true }],
  "bind-roles": [{ verbs: ["bind"], group, resource: "roles" }],
  "bind-cluster-roles": [{ verbs: ["bind"], group, resource: "clusterroles" }],
};

/**
 * Whoever may `bind` a role, and write a binding, has what the role allows. Without `bind` they could hand out only what they have already,
 * which gains nothing.
 */
export const bindings: Way = {
  name: "bind",
  acts,
  isJoint: true,
  *ofIdentity(_identity, rights, scene) {
    const everywhere = rightsTo(rights, "write-cluster-bindings");
    const somewhere = rightsTo(rights, "write-bindings");
    if (everywhere.length + somewhere.length === 0) return;
    const targets = bindable(rights["bind-roles"] ?? [], rights["bind-cluster-roles"] ?? [], scene);
    for (const target of targets) {
      for (const write of everywhere) yield* bound(target, write, "", scene);
      for (const write of somewhere)
        for (const namespace of write.namespace === "" ? allNamespaces(scene) : [write.namespace])
          yield* bound(target, write, namespace, scene);
    }
  },
};

interface Target {
  readonly role: RbacName;
  readonly bind: Right;
}

/** Roles that somebody may bind: those that are there, and those that were made on the way. */
function bindable(roles: readonly Right[], clusterRoles: readonly Right[], { index, held }: Scene): readonly Target[] {
  const made = [...held.values()].flatMap((fact) => (fact.kind === "role" ? [fact.role] : []));
  const known = [...index.useful.map(({ name }) => name), ...made];
  return [...new Map(known.map((each) => [rbacText(each), each])).values()].flatMap((role) =>
    (role.kind === "Role" ? roles : clusterRoles)
      .filter(
        (bind) => fitsName(bind.names, role.name) && (role.kind !== "Role" || countsIn(bind, role.namespace ?? "")),
      )
      .map((bind) => ({ role, bind })),
  );
}

function* bound({ role, bind }: Target, write: Right, namespace: string, scene: Scene): Generator<Inference> {
  if (!countsIn(bind, namespace) || (role.kind === "Role" && role.namespace !== namespace)) return;
  if (!writes(write, role, namespace, scene)) return;
  const act = { by: [bind, write], text: `binds themselves to ${rbacText(role)} ${placeText(namespace)}` };
  const grants = scene.held.has(bindingText(role, namespace)) ? [] : rulesOf(role, namespace, scene);
  if (grants.length > 0) yield { ...act, to: { kind: "binding", role, namespace, grants } };
  const rewritten = rewrittenText(role);
  if (scene.held.has(rewritten)) yield { ...act, to: everything(role, namespace), with: [rewritten] };
}

/** A new binding; or one more subject of one that is there, whose role cannot be changed. */
function writes(write: Right, role: RbacName, namespace: string, { index }: Scene): boolean {
  const verbs = write.allowed.map(({ verb }) => verb);
  if (verbs.includes("create")) return true;
  const there = index.bindings.get(rbacText(role)) ?? [];
  return there.some(({ name }) => (name.namespace ?? "") === namespace && fitsName(write.names, name.name));
}

function rulesOf(wanted: RbacName, namespace: string, { index }: Scene): readonly Grant[] {
  return (index.roles.get(rbacText(wanted))?.rules ?? []).map((rule) => ({ ...rule, ...self(wanted, namespace) }));
}

/** To be bound to a role that was rewritten to allow all: no edit of a rule takes that away. */
export function everything(role: RbacName, namespace: string): Fact {
  const rule = { verbs: ["*"], apiGroups: ["*"], resources: ["*"] };
  return { kind: "everything", namespace, grants: [{ rule, from: role, index: -1, ...self(role, namespace) }] };
}

function self(role: RbacName, namespace: string): Pick<Grant, "subject" | "binding" | "role" | "namespace"> {
  const binding: RbacName =
    namespace === ""
      ? { kind: "ClusterRoleBinding", name: "(their own)" }
      : { kind: "RoleBinding", name: "(their own)", namespace };
  return { subject: { kind: "User", name: "(themselves)" }, binding, role, namespace };
}
