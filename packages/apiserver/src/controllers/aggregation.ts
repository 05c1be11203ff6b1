import {
  findResource,
  type Json,
  type KubeObject,
  type LabelSelectorObject,
  matchesSelector,
  type ResourceInfo,
  timestampOf,
} from "@sallyport/kube";
import { isEqual } from "../registry/equality.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { reconciler } from "./reconciler.ts";

const group = "rbac.authorization.k8s.io";
const clusterRoles = findResource(group, "v1", "clusterroles") as ResourceInfo;

/** A ClusterRole with an `aggregationRule` has the rules of those that it selects. */
export const clusterRoleAggregation: ControllerKind = {
  name: "clusterrole-aggregation-controller",
  alias: "clusterrole-aggregation",
  account: "clusterrole-aggregation-controller",
  create: (context) =>
    reconciler(
      {
        name: clusterRoleAggregation.name,
        // Many changes at once are one piece of work.
        follows: [{ group, resource: "clusterroles", keys: () => ["all"] }],
        sync: () => gatherAll(context),
      },
      context,
    ),
};

/** A role may gather one that gathers itself, so it goes on until nothing changes. Each round that writes adds to a finite set. */
async function gatherAll({ cache, registry, clock }: ControllerContext): Promise<void> {
  const write = (role: KubeObject, rules: readonly unknown[]) => {
    const managedFields = rulesTaken(role, timestampOf(clock.now()));
    const next = { ...role, metadata: { ...role.metadata, managedFields }, rules };
    return registry.writeDirect(next, role, clusterRoles, "", role.metadata.name ?? "");
  };
  for (;;) {
    const roles = cache.list(group, "clusterroles");
    const changed = roles.filter((role) => !isEqual(role["rules"] ?? [], gathered(role, roles)));
    const written = await Promise.all(changed.map((role) => write(role, gathered(role, roles))));
    if (!written.includes(true)) return;
  }
}

/** As after a server-side apply by force: the rules are the controller's, and nobody else's. */
function rulesTaken({ apiVersion, metadata: { managedFields = [] } }: KubeObject, time: string): readonly Json[] {
  const { name: manager } = clusterRoleAggregation;
  const others = (managedFields as readonly { readonly [field: string]: Json }[]).filter(
    (each) => each.manager !== manager,
  );
  const own = { manager, operation: "Apply", apiVersion, time, fieldsType: "FieldsV1", fieldsV1: { "f:rules": {} } };
  const kept = others.map((entry) => {
    const { "f:rules": _, ...fieldsV1 } = entry["fieldsV1"] as { readonly [field: string]: Json };
    return { ...entry, fieldsV1 };
  });
  return [...kept.filter(({ fieldsV1 }) => Object.keys(fieldsV1).length > 0), own];
}

/** The rules that a role should have. One that gathers nothing keeps its own. */
function gathered(role: KubeObject, roles: readonly KubeObject[]): readonly unknown[] {
  const own = (role["rules"] ?? []) as readonly unknown[];
  const aggregation = role["aggregationRule"] as
    | { readonly clusterRoleSelectors?: readonly LabelSelectorObject[] }
    | undefined;
  if (aggregation === undefined) return own;
  const rules = new Map<string, unknown>();
  for (const selector of aggregation.clusterRoleSelectors ?? [])
    for (const each of roles) {
      if (each.metadata.name === role.metadata.name || !matchesSelector(selector, each.metadata.labels ?? {})) continue;
      for (const rule of (each["rules"] ?? []) as readonly unknown[]) rules.set(JSON.stringify(rule), rule);
    }
  return [...rules.values()];
}
