/** rbac.authorization.k8s.io/v1 PolicyRule. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

/** What is asked for; `path` for requests that are about no resource. */
export interface RuleRequest {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly name: string;
  readonly path?: string;
}

/** One rule against one request. https://kubernetes.io/docs/reference/access-authn-authz/rbac/ */
export function allows(rule: PolicyRule, request: RuleRequest): boolean {
  if (!has(rule.verbs, request.verb)) return false;
  const { path } = request;
  if (path !== undefined) return (rule.nonResourceURLs ?? []).some((url) => coversUrl(url, path));
  const resource = request.subresource ? `${request.resource}/${request.subresource}` : request.resource;
  const fits = (rule.resources ?? []).some(
    (each) => each === "*" || each === resource || (request.subresource && each === `*/${request.subresource}`),
  );
  if (!fits || !has(rule.apiGroups ?? [], request.group)) return false;
  const names = rule.resourceNames ?? [];
  return names.length === 0 || names.includes(request.name);
}

/** `/metrics/*` covers all that begins with `/metrics/`; `*` covers everything. */
export function coversUrl(pattern: string, path: string): boolean {
  return pattern === path || (pattern.endsWith("*") && path.startsWith(pattern.replace(/\*+$/, "")));
}

function has(list: readonly string[], wanted: string): boolean {
  return list.includes("*") || list.includes(wanted);
}
