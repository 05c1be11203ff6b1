import type { KubeObject } from "./object.ts";
import { allows, type PolicyRule, type RuleRequest } from "./rbac-rules.ts";

/** Who asks, as far as RBAC looks. */
export interface RbacUser {
  readonly username: string;
  readonly groups: readonly string[];
}

/** Who asks, and for what. */
export interface RbacRequest extends RuleRequest {
  readonly user: RbacUser;
  readonly namespace: string;
}

export interface RbacReader {
  readonly get: (group: string, resource: string, namespace: string, name: string) => KubeObject | undefined;
  readonly list: (group: string, resource: string, namespace?: string) => readonly KubeObject[];
}

/** rbac.authorization.k8s.io/v1 RoleRef. */
export interface RoleRef {
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

/** All rules that apply to a user in a namespace; the empty namespace means cluster-wide. `onFault` is told of bindings to roles that are not there. */
export function* rulesFor(
  reader: RbacReader,
  user: RbacUser,
  namespace: string,
  onFault: (text: string) => void = () => {},
): Generator<GrantedRule> {
  for (const binding of reader.list(group, "clusterrolebindings")) yield* rulesOf(reader, binding, user, "", onFault);
  if (namespace === "") return;
  for (const binding of reader.list(group, "rolebindings", namespace))
    yield* rulesOf(reader, binding, user, namespace, onFault);
}

function* rulesOf(
  reader: RbacReader,
  binding: KubeObject,
  user: RbacUser,
  namespace: string,
  onFault: (text: string) => void,
): Generator<GrantedRule> {
  const subjects = (binding["subjects"] ?? []) as readonly Subject[];
  const subject = subjects.find((each) => isSubject(each, user, namespace));
  if (subject === undefined) return;
  const ref = binding["roleRef"] as RoleRef;
  const role = roleOf(reader, ref, namespace);
  if (role === undefined) onFault(`${ref.kind.toLowerCase()}.${group} ${JSON.stringify(ref.name)} not found`);
  const rules = (role?.["rules"] ?? []) as readonly PolicyRule[];
  if (rules.length === 0) return;
  const place = namespace === "" ? binding.metadata.name : `${binding.metadata.name}/${namespace}`;
  const home = subject.kind === "ServiceAccount" ? `/${subject.namespace ?? ""}` : "";
  const through = `${binding.kind} ${JSON.stringify(place)} of ${ref.kind} ${JSON.stringify(ref.name)} to ${subject.kind} ${JSON.stringify(subject.name + home)}`;
  for (const rule of rules) yield { rule, through };
}

/** The role that a binding of a namespace (empty for a ClusterRoleBinding) refers to. */
export function roleOf(reader: RbacReader, { kind, name }: RoleRef, namespace: string): KubeObject | undefined {
  return kind === "ClusterRole"
    ? reader.get(group, "clusterroles", "", name)
    : reader.get(group, "roles", namespace, name);
}

function isSubject(subject: Subject, user: RbacUser, namespace: string): boolean {
  if (subject.kind === "User") return subject.name === user.username;
  if (subject.kind === "Group") return user.groups.includes(subject.name);
  const home = subject.namespace || namespace;
  return (
    subject.kind === "ServiceAccount" &&
    home !== "" &&
    user.username === `system:serviceaccount:${home}:${subject.name}`
  );
}

/** kube-apiserver's RBAC authorizer: any rule that fits allows; there is no deny. The reason of a refusal names roles that are missing. */
export function authorizeByRbac(
  reader: RbacReader,
  request: RbacRequest,
): { readonly allowed: boolean; readonly reason: string } {
  if (request.user.groups.includes("system:masters")) return { allowed: true, reason: "" };
  const faults: string[] = [];
  const granted = rulesFor(reader, request.user, request.namespace, (text) => faults.push(text));
  for (const { rule, through } of granted) {
    if (allows(rule, request)) return { allowed: true, reason: `RBAC: allowed by ${through}` };
  }
  const told = [...new Set(faults)];
  if (told.length === 0) return { allowed: false, reason: "" };
  return { allowed: false, reason: `RBAC: ${told.length === 1 ? told[0] : `[${told.join(", ")}]`}` };
}
