import { equal } from "node:assert/strict";
import { test } from "node:test";
import type { ExpressionRole } from "@sallyport/kube";
import { policyExpressions } from "./policy-expressions.ts";

const reads = (name: string, column = 1) =>
  `compilation failed: ERROR: <input>:1:${column}: undeclared reference to '${name}' (in container '')`;

/** An expression in its role, and the first line of what is said against it; behind a variable `v`, with `params` where it begins with a `?`. */
const cases: readonly (readonly [role: ExpressionRole, text: string, fault?: string])[] = [
  ["validation", "object.metadata.name != 'x'"],
  ["validation", "variables.v < 5"],
  ["validation", "1", "must evaluate to bool but got int"],
  ["validation", "object", "must evaluate to bool but got dyn"],
  ["validation", "variables.w", "compilation failed: ERROR: <input>:1:10: undefined field 'w'"],
  ["validation", "params.x == 1", reads("params")],
  ["validation", "?params.x == 1"],
  [
    "validation",
    "authorizer.group('').x",
    "compilation failed: ERROR: <input>:1:21: unexpected failed resolution of 'kubernetes.authorization.GroupCheck'",
  ],
  ["condition", "authorizer.requestResource.check('get').allowed()"],
  ["condition", "variables.v == 1", reads("variables")],
  ["message", "'v is ' + string(variables.v)"],
  ["message", "authorizer.x", reads("authorizer")],
  ["annotation", "null"],
  ["annotation", "1", "must evaluate to one of [string null_type] but got int"],
  ["ApplyConfiguration", "Object{metadata: Object.metadata{labels: {'a': 'b'}}}"],
  ["ApplyConfiguration", "[JSONPatch{op: 'a'}]", "must evaluate to Object but got list(JSONPatch)"],
  ["JSONPatch", "[JSONPatch{op: 'add', path: '/a', value: variables.v}]"],
  ["JSONPatch", "[1]", "must evaluate to list(JSONPatch) but got list(int)"],
];

for (const [role, text, fault] of cases) {
  test(`${role}: ${text}`, () => {
    const expressions = policyExpressions({ hasParams: text.startsWith("?"), hasVariables: true });
    equal(expressions.declare("v", "1"), undefined);
    equal(expressions.fault(text.replace("?", ""), role)?.split("\n")[0], fault);
  });
}

test("a variable that does not compile is told once, and may be read as anything", () => {
  const expressions = policyExpressions({ hasParams: false, hasVariables: true });
  equal(expressions.declare("x", "y")?.split("\n")[0], reads("y"));
  equal(expressions.fault("variables.x == 1", "validation"), undefined);
});

test("a policy that declares no variables cannot name them", () => {
  const { fault } = policyExpressions({ hasParams: false, hasVariables: false });
  equal(fault("variables.v == 1", "validation")?.split("\n")[0], reads("variables"));
});
