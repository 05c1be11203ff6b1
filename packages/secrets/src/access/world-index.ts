import { type Acts, rightsOf } from "./rights.ts";
import { type Account, type Binding, type Pod, type Role, rbacText, type World } from "./world.ts";

/** What is looked up in a world again and again. */
export interface WorldIndex {
  /** By namespace. */
  readonly accounts: ReadonlyMap<string, readonly Account[]>;
  /** By namespace. */
  readonly pods: ReadonlyMap<string, readonly Pod[]>;
  /** By `rbacText`. */
  readonly roles: ReadonlyMap<string, Role>;
  /** Roles that allow anything that a way asks for: to have another one is of no use. */
  readonly useful: readonly Role[];
  /** By the `rbacText` of their role. */
  readonly bindings: ReadonlyMap<string, readonly Binding[]>;
}

export function indexOf(world: World, acts: Acts): WorldIndex {
  const none = { subject: { kind: "User", name: "" }, namespace: "" } as const;
  return {
    accounts: Map.groupBy(world.accounts, ({ namespace }) => namespace),
    pods: Map.groupBy(world.pods, ({ namespace }) => namespace),
    roles: new Map(world.roles.map((each) => [rbacText(each.name), each])),
    useful: world.roles.filter(({ name, rules }) => {
      const grants = rules.map((rule) => ({ ...rule, ...none, binding: name, role: name }));
      return rightsOf(grants, acts).length > 0;
    }),
    bindings: Map.groupBy(world.bindings, ({ role }) => rbacText(role)),
  };
}

/** The objects of a namespace; all, where it is empty. */
export function inNamespace<T>(
  all: readonly T[],
  byNamespace: ReadonlyMap<string, readonly T[]>,
  namespace: string,
): readonly T[] {
  return namespace === "" ? all : (byNamespace.get(namespace) ?? []);
}
