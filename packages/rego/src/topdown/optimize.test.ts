import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import type { Effects } from "../builtins/builtin.ts";
import { bodyText, refText, termText } from "../compile/text.ts";
import type { Module, Ref, Rule } from "../syntax/ast.ts";
import { parseModule, parseQuery } from "../syntax/parser.ts";
import { optimize } from "./optimize.ts";

const effects: Effects = { nowNs: 0n, randomBytes: (size) => new Uint8Array(size), env: {} };

const policy = `package a

# METADATA
# title: allow
allow if {
	input.x == data.cfg.x
	helper(input.y)
}

allow if q with data.cfg.x as 3

helper(y) if y > 3

q if input.z == data.cfg.x

other := 1

deny contains m if { some m in input.ms; not allow }
`;

function optimized(level: number, entrypoints: readonly string[]): readonly string[] {
  const { module } = parseModule(policy, { file: "ob/a.rego", regoVersion: "v1" });
  const data = { cfg: { x: 7 } };
  const made = optimize([module as Module], entrypoints.map(refOf), { level, data, effects });
  return made.flatMap(({ file, package: { path }, rules }) => [`${file}: ${refText(path)}`, ...rules.map(ruleText)]);
}

function refOf(text: string): Ref {
  const [expr] = parseQuery(text, { regoVersion: "v1" });
  if (expr?.terms.kind !== "term" || expr.terms.term.kind !== "ref") throw new Error(`${text} is no ref`);
  return expr.terms.term;
}

function ruleText({ head, body }: Rule): string {
  const args = head.args === undefined ? "" : `(${head.args.map(termText).join(", ")})`;
  const key = head.key === undefined ? "" : ` contains ${termText(head.key)}`;
  const value = head.value === undefined ? "" : ` = ${termText(head.value)}`;
  return `${refText(head.ref)}${args}${key}${value} { ${bodyText(body)} }`;
}

test("level 1 inlines what is known, entry point after entry point, as opa build does", () => {
  deepEqual(optimized(1, ["data.a.allow", "data.a.deny"]), [
    "ob/a.rego: data.a",
    "other = 1 { true }",
    "optimized/a.1.rego: data.a",
    "allow = true { data.a.q = _ with data.cfg.x as 3; _ = _ with data.cfg.x as 3; _ with data.cfg.x as 3 }",
    "allow = true { input.x = 7; __local4__35 = input.y; data.a.helper(__local4__35) }",
    "deny contains __local2__1 { __local2__1 = input.ms[__local1__1]; not data.partial.__not1_1_2__ }",
    "q = true { input.z = 3 }",
    "helper(__local3__6) = true { gt(__local3__6, 3) }",
    "optimized/partial.rego: data.partial",
    "__not1_1_2__ = true { data.a.allow = _; _ }",
  ]);
});

test("level 2 inlines all it can", () => {
  deepEqual(optimized(2, ["data.a.allow"]), [
    "ob/a.rego: data.a",
    "helper(y) = true { gt(y, 3) }",
    "other = 1 { true }",
    "deny contains m { some m in input.ms; not allow }",
    "optimized/a.1.rego: data.a",
    "allow = _ { data.a.q = _ with data.cfg.x as 3; _ with data.cfg.x as 3; _ = true }",
    "allow = _ { input.x = 7; gt(input.y, 3); _ = true }",
    "optimized/a.rego: data.a",
    "q = true { input.z = 3 }",
  ]);
});

test("entry points must be rules that may hold", () => {
  throws(() => optimized(1, ["data.a.none"]), { message: "undefined entrypoint data.a.none" });
  throws(() => optimized(1, ["data.a"]), {
    message: /^invalid entrypoint data\.a: to create optimized support module/,
  });
});
