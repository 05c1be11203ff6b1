import assert from "node:assert/strict";
import { test } from "node:test";
import type { FieldError } from "@sallyport/kube";
import { type ClaimRules, claimMapping } from "./claim-mappings.ts";

const claims = {
  sub: "ann",
  email: "ann@x",
  email_verified: true,
  roles: ["a", "", "b"],
  team: "t",
  level: 3,
  nested: { a: "b" },
};
const named = { username: { claim: "sub", prefix: "" } };

/** What the claims come to, or the error. */
function userOf(rules: ClaimRules): unknown {
  const errors: FieldError[] = [];
  const map = claimMapping(rules, "jwt[0]", errors);
  assert.deepEqual(errors, []);
  try {
    return map(claims);
  } catch (error) {
    return (error as Error).message;
  }
}

const users: { readonly [what: string]: readonly [rules: ClaimRules, user: unknown] } = {
  "a claim": [{ claimMappings: named }, { username: "ann", groups: [] }],
  prefixes: [
    { claimMappings: { username: { claim: "sub", prefix: "x:" }, groups: { claim: "team", prefix: "g:" } } },
    { username: "x:ann", groups: ["g:t"] },
  ],
  expressions: [
    {
      claimMappings: {
        username: { expression: "'u-' + claims.sub" },
        groups: { expression: "claims.roles" },
        uid: { expression: "claims.nested.a" },
        extra: [{ key: "example.com/level", valueExpression: "string(claims.level)" }],
      },
    },
    { username: "u-ann", groups: ["a", "b"], uid: "b", extra: { "example.com/level": ["3"] } },
  ],
  "an optional claim": [
    { claimMappings: { ...named, groups: { expression: "claims.?none.orValue([])" } } },
    { username: "ann", groups: [] },
  ],
  "an empty name": [
    { claimMappings: { username: { expression: "''" } } },
    "oidc: empty username via CEL expression is not allowed",
  ],
  "a name that is none": [
    { claimMappings: { username: { expression: "claims.level" } } },
    "oidc: error evaluating username claim expression: username claim expression must return a string",
  ],
  "a claim that is not there": [
    { claimMappings: { username: { expression: "claims.none" } } },
    "oidc: error evaluating username claim expression: expression 'claims.none' resulted in error: no such key: none",
  ],
  "groups that are none": [
    { claimMappings: { ...named, groups: { expression: "claims.nested" } } },
    "oidc: error evaluating group claim expression: expression must return a string or a list of strings",
  ],
  "a value that must be": [
    { claimMappings: named, claimValidationRules: [{ claim: "team", requiredValue: "u" }] },
    "oidc: required claim team value does not match. Got = t, want = u",
  ],
  "a rule that holds": [
    { claimMappings: named, claimValidationRules: [{ expression: "claims.level > 2", message: "too low" }] },
    { username: "ann", groups: [] },
  ],
  "a rule that does not": [
    { claimMappings: named, claimValidationRules: [{ expression: "claims.level > 3", message: "too low" }] },
    "oidc: error evaluating claim validation expression: validation expression 'claims.level > 3' failed: too low",
  ],
  "a user who may not be": [
    {
      claimMappings: { username: { claim: "sub", prefix: "system:" } },
      userValidationRules: [{ expression: "!user.username.startsWith('system:')", message: "reserved" }],
    },
    "oidc: error evaluating user info validation rule: validation expression '!user.username.startsWith('system:')' failed: reserved",
  ],
};

for (const [what, [rules, wanted]] of Object.entries(users))
  test(`claims: ${what}`, () => assert.deepEqual(userOf(rules), wanted));

const faults: { readonly [what: string]: readonly [rules: ClaimRules, error: string] } = {
  nobody: [{}, "jwt[0].claimMappings.username: Required value: claim or expression is required"],
  both: [
    { claimMappings: { username: { claim: "a", expression: "'b'", prefix: "" } } },
    `jwt[0].claimMappings.username: Invalid value: "": claim and expression can't both be set`,
  ],
  "no prefix": [
    { claimMappings: { username: { claim: "sub" } } },
    "jwt[0].claimMappings.username.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing",
  ],
  "an expression that is none": [
    { claimMappings: { username: { expression: "user.name" } } },
    `jwt[0].claimMappings.username.expression: Invalid value: "user.name": compilation failed: ERROR: <input>:1:1: undeclared reference to 'user' (in container '')`,
  ],
  "a reserved key": [
    { claimMappings: { ...named, extra: [{ key: "a.k8s.io/x", valueExpression: "'a'" }] } },
    `jwt[0].claimMappings.extra[0].key: Invalid value: "a.k8s.io/x": k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use`,
  ],
  "an address that nobody has checked": [
    { claimMappings: { username: { expression: "claims.email" } } },
    `jwt[0].claimMappings.username.expression: Invalid value: "claims.email": claims.email_verified must be used in`,
  ],
  "a rule twice": [
    { claimMappings: named, userValidationRules: [{ expression: "true" }, { expression: "true" }] },
    `jwt[0].userValidationRules[1].expression: Duplicate value: "true"`,
  ],
};

for (const [what, [rules, wanted]] of Object.entries(faults))
  test(`a configuration with ${what}`, () => {
    const errors: FieldError[] = [];
    claimMapping(rules, "jwt[0]", errors);
    const [first = { field: "", message: "" }] = errors;
    assert.ok(`${first.field}: ${first.message}`.startsWith(wanted), `${first.field}: ${first.message}`);
  });
