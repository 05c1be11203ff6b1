import type { UserInfo } from "@sallyport/admission";
import type { Attributes, Authorizer } from "./authorizer.ts";

/** abac.authorization.kubernetes.io/v1beta1 PolicySpec. */
export interface AbacPolicy {
  readonly user?: string;
  readonly group?: string;
  readonly readonly?: boolean;
  readonly apiGroup?: string;
  readonly resource?: string;
  readonly namespace?: string;
  readonly nonResourcePath?: string;
}

const apiVersion = "abac.authorization.kubernetes.io/v1beta1";
const fields = ["user", "group", "readonly", "apiGroup", "resource", "namespace", "nonResourcePath"];

/** Reads a file of policies: one JSON object a line; empty lines and comments are left out. Throws `SyntaxError` with file and line. */
export function parseAbacPolicies(text: string, file: string): readonly AbacPolicy[] {
  return text.split("\n").flatMap((line, i) => {
    const trimmed = line.trim();
    return trimmed === "" || trimmed.startsWith("#") ? [] : [policyOf(trimmed, `${file}:${i + 1}`)];
  });
}

function policyOf(line: string, place: string): AbacPolicy {
  let policy: {
    readonly apiVersion?: string;
    readonly kind?: string;
    readonly spec?: { readonly [field: string]: unknown };
  };
  try {
    policy = JSON.parse(line) as typeof policy;
  } catch {
    // Not what it says: another file, named by mistake, may hold secrets.
    throw new SyntaxError(`${place}: not JSON`);
  }
  if (policy.apiVersion !== apiVersion || policy.kind !== "Policy")
    throw new SyntaxError(`${place}: expected kind Policy of ${apiVersion}`);
  const { spec = {} } = policy;
  for (const [field, value] of Object.entries(spec)) {
    if (!fields.includes(field)) throw new SyntaxError(`${place}: unknown field "spec.${field}"`);
    if (typeof value !== (field === "readonly" ? "boolean" : "string"))
      throw new SyntaxError(`${place}: spec.${field}: expected a ${field === "readonly" ? "boolean" : "string"}`);
  }
  return spec as AbacPolicy;
}

/** Any policy that matches allows. https://kubernetes.io/docs/reference/access-authn-authz/abac/ */
export function abacAuthorizer(policies: readonly AbacPolicy[]): Authorizer {
  return {
    authorize: (attributes) =>
      policies.some((policy) => isMatch(policy, attributes))
        ? { decision: "Allow", reason: "" }
        : { decision: "NoOpinion", reason: "No policy matched." },
    rules: (user, namespace) => ({
      rules: policies
        .filter((policy) => isSubject(policy, user) && matchesOne(policy.namespace, namespace))
        .flatMap(({ readonly, apiGroup = "", resource = "", nonResourcePath = "" }) => {
          const verbs = readonly === true ? ["get", "list", "watch"] : ["*"];
          return [
            ...(resource === "" ? [] : [{ verbs, apiGroups: [apiGroup], resources: [resource] }]),
            ...(nonResourcePath === "" ? [] : [{ verbs, nonResourceURLs: [nonResourcePath] }]),
          ];
        }),
      isIncomplete: false,
      errors: [],
    }),
  };
}

function isMatch(policy: AbacPolicy, attributes: Attributes): boolean {
  const { user, verb, path } = attributes;
  if (!isSubject(policy, user)) return false;
  if (policy.readonly === true && !["get", "list", "watch"].includes(verb)) return false;
  return path === undefined ? isResource(policy, attributes) : isPath(policy.nonResourcePath ?? "", path);
}

/** A policy that names neither user nor group is for nobody. */
function isSubject({ user = "", group = "" }: AbacPolicy, asking: UserInfo): boolean {
  if (user !== "" && user !== "*" && user !== asking.username) return false;
  if (group !== "" && group !== "*" && !asking.groups.includes(group)) return false;
  return user !== "" || group !== "";
}

function isResource(policy: AbacPolicy, { namespace, resource, group }: Attributes): boolean {
  return (
    matchesOne(policy.namespace, namespace) &&
    matchesOne(policy.resource, resource) &&
    matchesOne(policy.apiGroup, group)
  );
}

function matchesOne(wanted: string | undefined, value: string): boolean {
  return wanted === "*" || (wanted ?? "") === value;
}

function isPath(wanted: string, path: string): boolean {
  if (wanted === path) return true;
  return wanted.endsWith("*") && path.startsWith(wanted.replace(/\*+$/, ""));
}
