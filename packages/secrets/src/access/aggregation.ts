import { type LabelSelectorObject, matchesSelector, type PolicyRule } from "@sallyport/kube";
import type { PlacedRule, RbacName, Role, WorldObject } from "./world.ts";

/** All roles with the rules that count: ClusterRoles that gather others have theirs, whether or not a controller has written them down. */
export function effectiveRoles(objects: readonly WorldObject[]): readonly Role[] {
  const clusterRoles = objects.filter(({ kind }) => kind === "ClusterRole");
  const roles = objects.filter(({ kind }) => kind === "Role");
  return [...roles, ...clusterRoles].map((object) => {
    const gathered = object.kind === "Role" ? [] : partsOf(object, clusterRoles);
    return {
      name: nameOf(object),
      rules: gathered.length === 0 ? placed(object) : withParts(object, gathered),
      isBootstrap: object.metadata.labels?.["kubernetes.io/bootstrapping"] !== undefined,
      parts: gathered.map(({ metadata }) => metadata.name ?? ""),
      isAggregated: object.kind === "ClusterRole" && selectorsOf(object).length > 0,
    };
  });
}

function nameOf({ kind, metadata }: WorldObject): RbacName {
  const name = metadata.name ?? "";
  return kind === "Role" ? { kind, name, namespace: metadata.namespace ?? "default" } : { kind: "ClusterRole", name };
}

function placed(object: WorldObject): readonly PlacedRule[] {
  const from = nameOf(object);
  return ((object["rules"] ?? []) as readonly PolicyRule[]).map((rule, index) => ({ rule, from, index }));
}

/** The rules of the parts, then those that are written in the role itself and in no part that is known. */
function withParts(object: WorldObject, parts: readonly WorldObject[]): readonly PlacedRule[] {
  const gathered = parts.filter((each) => selectorsOf(each).length === 0).flatMap(placed);
  const known = new Set(gathered.map(({ rule }) => JSON.stringify(rule)));
  return [...gathered, ...placed(object).filter(({ rule }) => !known.has(JSON.stringify(rule)))];
}

/** ClusterRoles that it selects, that those select, and so on. */
function partsOf(object: WorldObject, clusterRoles: readonly WorldObject[]): readonly WorldObject[] {
  const found = new Set<WorldObject>();
  const open = [object];
  for (let next = open.pop(); next !== undefined; next = open.pop())
    for (const selector of selectorsOf(next))
      for (const each of clusterRoles)
        if (each !== object && !found.has(each) && matchesSelector(selector, each.metadata.labels ?? {})) {
          found.add(each);
          open.push(each);
        }
  return [...found];
}

function selectorsOf(object: WorldObject): readonly LabelSelectorObject[] {
  const rule = object["aggregationRule"] as { readonly clusterRoleSelectors?: readonly LabelSelectorObject[] } | null;
  return rule?.clusterRoleSelectors ?? [];
}
