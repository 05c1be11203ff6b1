import type { UserInfo } from "@sallyport/admission";
import {
  escalationMessage,
  type KubeObject,
  type PolicyRule,
  type RbacReader,
  type RoleRef,
  roleOf,
  rulesFor,
  StatusError,
  uncoveredRules,
} from "@sallyport/kube";
import type { Guard, WriteContext } from "../registry/context.ts";
import { isSame } from "../registry/equality.ts";
import { notFound } from "../registry/faults.ts";
import type { Authorizer } from "./authorizer.ts";

const group = "rbac.authorization.k8s.io";

/** What an aggregation rule may gather, so what its writer must hold. */
const everything: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

/**
 * Nobody hands out by a role or a binding what is not their own, unless they may `escalate` or `bind`.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
 */
export function escalationGuard(reader: RbacReader, authorizer: Authorizer): Guard {
  const check = async (object: KubeObject, old: KubeObject | null, context: WriteContext): Promise<void> => {
    const { resource } = context.info;
    if (resource === "roles" || resource === "clusterroles") {
      if (!(await mayEscalate(authorizer, context))) confirmRole(reader, object, old, context);
    } else if (!(await mayBind(authorizer, object, context))) confirmBinding(reader, object, context);
  };
  return (object, old, context) => {
    const { info, user } = context;
    if (info.group !== group || user.groups.includes("system:masters")) return;
    if (old !== null && changesOnlyOwnership(object, old)) return;
    return check(object, old, context);
  };
}

function mayEscalate(authorizer: Authorizer, context: WriteContext): Promise<boolean> {
  return isAllowed(authorizer, context, "escalate", context.info.resource, context.name);
}

function mayBind(authorizer: Authorizer, binding: KubeObject, context: WriteContext): Promise<boolean> {
  const ref = (binding["roleRef"] ?? {}) as Partial<RoleRef>;
  const resource = ref.kind === "Role" ? "roles" : "clusterroles";
  return isAllowed(authorizer, context, "bind", resource, ref.name ?? "");
}

async function isAllowed(
  authorizer: Authorizer,
  { user, namespace, info }: WriteContext,
  verb: string,
  resource: string,
  name: string,
): Promise<boolean> {
  const place = { group, version: info.version, resource, name, namespace: info.namespaced ? namespace : "" };
  return (await authorizer.authorize({ user, verb, ...place })).decision === "Allow";
}

function confirmRole(reader: RbacReader, role: KubeObject, old: KubeObject | null, context: WriteContext): void {
  const name = role.metadata.name ?? "";
  const { info, user, namespace } = context;
  confirm(reader, user, info.namespaced ? namespace : "", rulesOf(role), (why) => refused(context, name, why));
  if (role["aggregationRule"] === undefined && old?.["aggregationRule"] === undefined) return;
  confirm(reader, user, "", everything, () =>
    refused(context, name, "must have cluster-admin privileges to use the aggregationRule"),
  );
}

function confirmBinding(reader: RbacReader, binding: KubeObject, context: WriteContext): void {
  const ref = binding["roleRef"] as RoleRef | undefined;
  const namespace = context.info.namespaced ? context.namespace : "";
  const { kind = "", name: wanted = "" } = ref ?? {};
  if (kind !== "Role" && kind !== "ClusterRole")
    throw new StatusError(undefined, `unsupported role reference kind: ${JSON.stringify(kind)}`);
  if (kind === "Role" && namespace === "") throw new StatusError("BadRequest", "Namespace parameter required.");
  if (wanted === "") throw new StatusError("BadRequest", "Name parameter required.");
  const role = roleOf(reader, ref as RoleRef, namespace);
  if (role === undefined) throw notFound(context.info, wanted);
  const name = binding.metadata.name ?? "";
  confirm(reader, context.user, namespace, rulesOf(role), (why) => refused(context, name, why));
}

function confirm(
  reader: RbacReader,
  user: UserInfo,
  namespace: string,
  wanted: readonly PolicyRule[],
  refuse: (why: string) => StatusError,
): void {
  const faults: string[] = [];
  const owned = [...rulesFor(reader, user, namespace, (text) => faults.push(text))].map(({ rule }) => rule);
  const missing = uncoveredRules(owned, wanted);
  if (missing.length > 0) throw refuse(escalationMessage(user, missing, faults));
}

function rulesOf(role: KubeObject): readonly PolicyRule[] {
  return (role["rules"] ?? []) as readonly PolicyRule[];
}

/** The garbage collector must be able to take off owners and finalizers whatever the role says. */
function changesOnlyOwnership(object: KubeObject, old: KubeObject): boolean {
  const bare = ({ metadata, ...rest }: KubeObject) => {
    const { ownerReferences: _owners, finalizers: _finalizers, managedFields: _managed, ...kept } = metadata;
    return { ...rest, metadata: kept } as KubeObject;
  };
  return isSame(bare(object), bare(old));
}

function refused({ info }: WriteContext, name: string, why: string): StatusError {
  const message = `${info.resource}.${info.group} ${JSON.stringify(name)} is forbidden: ${why}`;
  return new StatusError("Forbidden", message, { name, group: info.group, kind: info.resource });
}
