import type { RegoCase } from "./case.ts";

const tokens = 1000;

/** Tokens with patterns of paths, the last of which is asked for, as in OPA's own authorization benchmark. */
const tokenPolicy = `package policy.restauthz

default allow := false

allow if {
	token := data.restauthz.tokens[input.token_id]
	some profile in token.authz_profiles
	regex.match(profile.path, input.path)
	input.method in profile.methods
}`;

export const authorizationCases: readonly RegoCase[] = [...[10, 100, 1000].map(tokenCase), roleCase()];

function tokenCase(paths: number): RegoCase {
  const profiles = numbers(paths).map((i) => ({ path: `/api/v1/resourcetype-${i}/*`, methods: ["POST", "GET"] }));
  const path = `/api/v1/resourcetype-${paths - 1}/somefakeresourceid000000111111`;
  return {
    name: `authz/${paths}-paths`,
    regoVersion: "v1",
    modules: [{ file: "authz.rego", text: tokenPolicy }],
    query: "data.policy.restauthz.allow",
    inputs: [JSON.stringify({ token_id: `token-${tokens - 1}`, path, method: "GET" })],
    data: {
      restauthz: {
        tokens: Object.fromEntries(numbers(tokens).map((i) => [`token-${i}`, { authz_profiles: profiles }])),
      },
    },
  };
}

/** Role-based access control over base data, as the documentation of OPA shows it. */
function roleCase(): RegoCase {
  const text = `package app.rbac

default allow := false

allow if user_is_admin

allow if {
	some grant in user_is_granted
	input.action == grant.action
	input.type == grant.type
}

user_is_admin if "admin" in data.user_roles[input.user]

user_is_granted contains grant if {
	some role in data.user_roles[input.user]
	some grant in data.role_grants[role]
}`;
  const grants = (type: string, ...actions: readonly string[]) => actions.map((action) => ({ action, type }));
  return {
    name: "rbac",
    regoVersion: "v1",
    modules: [{ file: "rbac.rego", text }],
    query: "data.app.rbac.allow",
    inputs: ["alice", "bob", "eve"].map((user) =>
      JSON.stringify({ user, action: "read", object: "id123", type: "dog" }),
    ),
    data: {
      user_roles: { alice: ["admin"], bob: ["employee", "billing"], eve: ["customer"] },
      role_grants: {
        customer: [...grants("dog", "read"), ...grants("cat", "read", "adopt"), ...grants("dog", "adopt")],
        employee: [...grants("dog", "read", "update"), ...grants("cat", "read", "update")],
        billing: [...grants("finance", "read", "update")],
      },
    },
  };
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i);
}
