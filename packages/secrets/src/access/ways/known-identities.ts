import { type Identity, identityText, type World } from "../world.ts";

/** Users that bindings name. Of others nothing is known that would lead further. */
export function allUsers(world: World): readonly Identity[] {
  return subjects(world, "User");
}

/** Groups that bindings name, and the one that needs no binding. */
export function allGroups(world: World): readonly Identity[] {
  const named = subjects(world, "Group");
  const masters: Identity = { kind: "Group", name: "system:masters" };
  return named.some(({ name }) => name === masters.name) ? named : [...named, masters];
}

function subjects({ bindings }: World, kind: Identity["kind"]): readonly Identity[] {
  const all = bindings.flatMap((each) => each.subjects).filter((each) => each.kind === kind);
  return [...new Map(all.map((each) => [identityText(each), each])).values()];
}

/**
 * The groups that somebody is in by what they are. Members of other groups are known to whom issues their credentials alone; each of
 * those groups is a subject of its own.
 */
export function groupsOf({ kind, name, namespace }: Identity): readonly string[] {
  const authenticated = "system:authenticated";
  switch (kind) {
    case "ServiceAccount":
      return ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, authenticated];
    case "Node":
      return ["system:nodes", authenticated];
    case "User":
      return [name === "system:anonymous" ? "system:unauthenticated" : authenticated];
    case "Group":
      return name === authenticated || name === "system:unauthenticated" ? [] : [authenticated];
  }
}

/** As whom bindings may name somebody. */
export function subjectsOf(identity: Identity): readonly string[] {
  const own = identity.kind === "Node" ? `User system:node:${identity.name}` : identityText(identity);
  return [own, ...groupsOf(identity).map((name) => `Group ${name}`)];
}
