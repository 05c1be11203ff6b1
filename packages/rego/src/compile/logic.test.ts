import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../engine.ts";
import { currentLanguage } from "../syntax/capabilities.ts";

const effects = { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} };
const imports = ["and", "or", "not"].map((word) => `import future.keywords.${word}`).join("\n");

/** Whether a literal holds for the input `{"a": 1, "list": [1, 2]}`, or its first fault. */
function holds(literal: string): string {
  const text = `package p\n${imports}\np if { ${literal} }`;
  const capabilities = { ...currentLanguage, future_keywords: ["and", "not", "or"] };
  const { policy, diagnostics } = compile([{ file: "p.rego", text }], {
    compile: {},
    capabilities: { ...capabilities, builtins },
  });
  const [fault] = diagnostics;
  if (policy === undefined || fault !== undefined) return `${fault?.loc?.col}: ${fault?.message}`;
  return String(policy.evaluate("p/p", { effects, input: { a: 1, list: [1, 2] } }) === true);
}

const any = { type: "any" };
const builtins = ["eq", "equal", "assign", "gt"].map((name) => ({
  name,
  decl: { args: [any, any], result: { type: "boolean" } },
}));

test("operands with braces have variables of their own", () => {
  assert.equal(holds("{ x := input.list[_]; x > 1 } and { x := input.a; x == 1 }"), "true");
  assert.equal(holds("{ x := input.list[_]; x > 2 } or { x := input.a; x == 2 }"), "false");
  assert.equal(holds("{ input.list[x] == 2 } or input.b"), "true");
});

test("operands without braces bind nothing", () => {
  assert.equal(holds("input[x].y or true"), "8: var x is unsafe");
  assert.equal(holds("true and input[_]"), "8: var _ is unsafe");
  assert.equal(holds("not (input[x] or true)"), "8: var x is unsafe");
  assert.equal(holds("x := input.a or true"), "8: cannot assign vars inside implicit or operand");
});
