import { placeText, rewrittenText } from "../facts.ts";
import { type Acts, countsIn, fitsName, type Right } from "../rights.ts";
import { type Binding, type Identity, identityText, type RbacName, type Role, rbacText, type World } from "../world.ts";
import { everything } from "./bindings.ts";
import { subjectsOf } from "./known-identities.ts";
import { allNamespaces } from "./own-pods.ts";
import { type Inference, rightsTo, type Scene, type Way } from "./way.ts";

const group = "rbac.authorization.k8s.io";
const writing = ["create", "update", "patch"];

const acts: Acts = {
  "write-roles": [{ verbs: writing, group, resource: "roles" }],
  "write-cluster-roles": [{ verbs: writing, group, resource: "clusterroles", isClusterWide: true }],
  "escalate-roles": [{ verbs: ["escalate"], group, resource: "roles" }],
  "escalate-cluster-roles": [{ verbs: ["escalate"], group, resource: "clusterroles", isClusterWide: true }],
};

/** The name of a role that nobody has made yet. */
const newName = "(a new one)";

/**
 * Whoever may `escalate`, and write a role, makes it allow everything: it counts where it is bound to something that they hold, or can be
 * bound. A ClusterRole counts in all that gather it, a new one in all that gather any by labels.
 */
export const escalation: Way = {
  name: "escalate",
  acts,
  isJoint: true,
  *ofIdentity(identity, rights, scene) {
    for (const [kind, write, escalate] of [
      ["Role", "write-roles", "escalate-roles"],
      ["ClusterRole", "write-cluster-roles", "escalate-cluster-roles"],
    ] as const)
      for (const writes of rightsTo(rights, write))
        for (const escalates of rightsTo(rights, escalate))
          for (const role of rewritable(kind, writes, escalates, scene))
            yield {
              to: { kind: "role", role },
              by: [escalates, writes],
              text: `makes ${rbacText(role)} allow everything`,
            };
    yield* rewrittenRolesOf(identity, scene);
  },
  *ofFact(fact, scene) {
    if (fact.kind !== "role") return;
    yield* gathered(fact.role, scene.world);
    yield* boundToSomebody(fact.role, scene);
  },
};

function rewritable(kind: "Role" | "ClusterRole", write: Right, escalate: Right, scene: Scene): readonly RbacName[] {
  const verbs = write.allowed.map(({ verb }) => verb);
  const there = scene.world.roles.map(({ name }) => name).filter((role) => role.kind === kind);
  const changed = verbs.some((verb) => verb !== "create")
    ? there.filter(({ name }) => fitsName(write.names, name) && fitsName(escalate.names, name))
    : [];
  // The name of what is created is not asked about, so no rule with names will do.
  const isCreating = verbs.includes("create") && escalate.names === "any";
  const made = isCreating ? missingRoles(kind, there, scene) : [];
  return [...changed, ...made].filter(
    ({ namespace }) => namespace === undefined || (countsIn(write, namespace) && countsIn(escalate, namespace)),
  );
}

/** Roles that bindings wait for, and one of a new name in each place. */
function missingRoles(kind: "Role" | "ClusterRole", there: readonly RbacName[], scene: Scene): readonly RbacName[] {
  const known = new Set(there.map(rbacText));
  const referred = scene.world.bindings.map(({ role }) => role).filter((role) => role.kind === kind);
  const fresh: readonly RbacName[] =
    kind === "ClusterRole"
      ? [{ kind, name: newName }]
      : allNamespaces(scene).map((namespace) => ({ kind, name: newName, namespace }));
  return [...referred.filter((role) => !known.has(rbacText(role))), ...fresh];
}

/** Roles that gather the rewritten one: any label may be put on a new one. */
function* gathered({ kind, name }: RbacName, { roles }: World): Generator<Inference> {
  if (kind !== "ClusterRole") return;
  const isPart = (role: Role) => role.parts.includes(name) || (name === newName && role.isAggregated);
  for (const role of roles.filter(isPart))
    yield { to: { kind: "role", role: role.name }, by: [], text: `${rbacText(role.name)} gathers its rules` };
}

/** Where rewritten roles are bound to an identity that is new. */
function* rewrittenRolesOf(identity: Identity, { index, held }: Scene): Generator<Inference> {
  const names = new Set(subjectsOf(identity));
  for (const fact of held.values())
    if (fact.kind === "role")
      for (const binding of index.bindings.get(rbacText(fact.role)) ?? [])
        if (binding.subjects.some((each) => names.has(identityText(each))))
          yield { ...allowsAll(binding), with: [rewrittenText(fact.role)] };
}

/** Where a role that is newly rewritten is bound to an identity that is held. */
function* boundToSomebody(role: RbacName, { index, held }: Scene): Generator<Inference> {
  const there = index.bindings.get(rbacText(role)) ?? [];
  if (there.length === 0) return;
  for (const [holder, fact] of held) {
    if (fact.kind !== "identity") continue;
    const names = new Set(subjectsOf(fact.identity));
    for (const binding of there)
      if (binding.subjects.some((each) => names.has(identityText(each))))
        yield { ...allowsAll(binding), with: [holder] };
  }
}

function allowsAll({ name, role }: Binding): Inference {
  const place = name.namespace ?? "";
  return {
    to: everything(role, place),
    by: [],
    text: `may everything ${placeText(place)}, through ${rbacText(name)}`,
  };
}
