import { equal, throws } from "node:assert/strict";
import { test } from "node:test";
import type { Effects } from "../builtins/builtin.ts";
import { compileModules, compileQuery } from "../compile/compile.ts";
import { bodyText, refText, termText } from "../compile/text.ts";
import type { Module, Ref, Rule } from "../syntax/ast.ts";
import { parseModule, parseQuery } from "../syntax/parser.ts";
import type { Value } from "../value/value.ts";
import { evaluatePartially, type PartialOptions } from "./partial.ts";

const effects: Effects = { nowNs: 0n, randomBytes: (size) => new Uint8Array(size), env: {} };

interface Case {
  readonly note: string;
  readonly policy?: string;
  readonly query: string;
  readonly data?: Value;
  readonly input?: Value;
  readonly unknowns?: readonly string[];
  readonly disableInlining?: readonly string[];
  readonly shallowInlining?: boolean;
  /** Queries, then support rules by package: as OPA 1.19.1 answers, but for names of locals. */
  readonly wanted: readonly string[];
}

const cases: readonly Case[] = [
  { note: "what is known disappears", query: "1 = 1; input.x = 1", wanted: ["input.x = 1"] },
  { note: "never", query: "1 = 2; input.x = 1", wanted: [] },
  { note: "variables of the query stay", query: "y = 1; input.x = y", wanted: ["input.x = 1; y = 1"] },
  {
    note: "each rule is a way",
    policy: "allow if input.a == 1\nallow if { some r in data.roles; r == input.role }",
    data: { roles: ["x", "y"] },
    query: "data.p.allow = true",
    wanted: ['"x" = input.role', '"y" = input.role', "input.a = 1"],
  },
  {
    note: "copies are propagated into calls",
    policy: "allow if { x := input.a; x > 3 }",
    query: "data.p.allow = true",
    wanted: ["gt(input.a, 3)"],
  },
  {
    // OPA has `__local0__` there, which nothing binds.
    note: "what a with in an every has for a value is that of the query",
    policy: "allow if { some k, v in input.a; every y in [v] { data.d[y] with data.e as [k] } }",
    query: "data.p.allow = true",
    wanted: [
      "every __local2__1, __local3__1 in [input.a[__local0__1]] { data.d[__local3__1] with data.e as [__local0__1] }",
    ],
  },
  {
    note: "a function that replaces another in an every keeps its name",
    policy: "allow if { every v in input.a { data.d[v] with count as json.marshal } }",
    query: "data.p.allow = true",
    wanted: ["every __local0__1, __local1__1 in input.a { data.d[__local1__1] with count as json.marshal }"],
  },
  {
    note: "what rego.metadata answers is made equal to what asks for it",
    policy: "allow if { x := [1 | [v, rego.metadata.chain()] = [input.c, w]]; count(x) == input.n }",
    query: "data.p.allow = true",
    wanted: [
      '__local0__1 = [1 | __local1__1 = __local3__1; __local4__1 = input.c; [v1, __local1__1] = [__local4__1, w1]; __local3__1 = [{"path": ["p", "allow"]}]]; count(__local0__1) = input.n',
    ],
  },
  {
    note: "what is no set is never a set of something unknown",
    policy: "r contains 1 if { {data.q} = input.a }\nr contains 2 if { input.b }",
    query: "data.p.r[x]",
    input: { a: [1], b: true },
    unknowns: ["data.q"],
    wanted: ["x = 2"],
  },
  {
    note: "a member that is the key of its set is one variable with it",
    policy: "r[data.q] contains data.q",
    query: "data.p.r[k] = x",
    unknowns: ["data.q"],
    wanted: ["k = data.q; {k} = x"],
  },
  {
    note: "a default that may matter needs support",
    policy: "default allow := false\nallow if input.a",
    query: "data.p.allow = x",
    wanted: [
      "data.partial.p.allow = x",
      "data.partial.p: default allow = false { true }",
      "data.partial.p: allow = true { input.a }",
    ],
  },
  {
    note: "a default does not matter where another value is wanted",
    policy: "default allow := false\nallow if input.a",
    query: "data.p.allow = true",
    wanted: ["input.a"],
  },
  {
    note: "partial sets are support when they are wanted as a whole",
    policy: "deny contains x if x := input.xs[_]",
    query: "data.p.deny",
    wanted: ["data.partial.p.deny", "data.partial.p: deny contains __local0__1 { __local0__1 = input.xs[_] }"],
  },
  {
    note: "and are inlined when a member is wanted",
    policy: 'deny contains "a" if input.x\ndeny contains "b" if input.y',
    query: 'data.p.deny["b"]',
    wanted: ["input.y"],
  },
  {
    note: "negations become choices",
    policy: "allow if not q\nq if { input.a = 1; input.b = 2 }",
    query: "data.p.allow",
    wanted: ["not input.a = 1", "not input.b = 2"],
  },
  {
    note: "or functions, where variables would be unsafe",
    policy: "allow if { x := input.x; not f(x) }\nf(x) if { y = data.z[_]; input.m[y] = x }",
    data: { z: ["k"] },
    query: "data.p.allow",
    wanted: ["not input.m.k = input.x"],
  },
  {
    note: "functions with a default are support",
    policy: "default f(_) := 0\nf(x) := 1 if x == input.a",
    query: "data.p.f(2) = y",
    wanted: [
      "data.partial.p.f(2, y)",
      "data.partial.p: default f(__local0__2) = 0 { true }",
      "data.partial.p: f(__local1__1) = 1 { __local1__1 = input.a }",
    ],
  },
  {
    note: "else is kept as it is",
    policy: "allow := 1 if input.a else := 2",
    query: "data.p.allow = x",
    wanted: ["data.p.allow = x"],
  },
  {
    note: "comprehensions are kept with what they take from around them",
    policy: "p := [y | y := input.ys[_]; y > n] if n := 3",
    query: "data.p.p = x",
    wanted: ["x = [__local1__1 | __local1__1 = input.ys[_]; gt(__local1__1, __local0__1); __local0__1 = 3]"],
  },
  {
    note: "with a known document in place",
    policy: "q if input.a == 1",
    query: "data.p.q with input.a as 1",
    wanted: ["data.partial.p.q = _ with input.a as 1; _ with input.a as 1", "data.partial.p: q = true { input.a = 1 }"],
  },
  {
    note: "functions are kept behind `with` of what is known",
    policy: "q if f(1) with data.z as data.y\nf(_) := input.a",
    data: { y: 2 },
    query: "data.p.q",
    wanted: [
      "data.partial.p.f(1) with data.z as 2",
      "data.partial.p: f(__local0__2) = __local1__2 { __local1__2 = input.a }",
    ],
  },
  {
    note: "variables of `not` are bound outside of it",
    policy: "import future.keywords.not\nq if { x := input.b[_]; not x = input.a }",
    query: "data.p.q",
    wanted: ["not { __local0__1 = input.a }; __local0__1 = input.b[_]"],
  },
  {
    note: "variables of `not` alone are bound outside of it",
    policy: "import future.keywords.not\nq := input.y if { x := input.b[_]; not x }",
    query: "data.p.q = z",
    wanted: ["not { __local0__1 }; z = input.y; __local0__1 = input.b[_]"],
  },
  {
    note: "indices of known arrays take the place of unknown variables",
    policy: "q contains i if { some [i, x] in data.d; input.a[i] = x }",
    input: { a: [7] },
    unknowns: ["data.d"],
    query: "data.p.q[k]",
    wanted: ["[0, 7] = data.d[__local1__1]; k = 0"],
  },
  {
    note: "data may be unknown",
    policy: "allow if data.users[input.user].admin",
    input: { user: "eve" },
    unknowns: ["data.users"],
    query: "data.p.allow",
    wanted: ["data.users.eve.admin"],
  },
  {
    note: "inlining may be disabled",
    policy: "allow if q\nq if input.a",
    disableInlining: ["data.p.q"],
    query: "data.p.allow",
    wanted: ["data.partial.p.q", "data.partial.p: q = true { input.a }"],
  },
  {
    note: "shallow inlining keeps rules, and variables",
    policy: "allow if q\nq if { x := input.a; x }",
    shallowInlining: true,
    query: "data.p.allow",
    wanted: [
      "data.partial.p.allow = _; _",
      "data.partial.p: allow = true { data.partial.p.q = _; _ }",
      "data.partial.p: q = true { __local0__2 = input.a; __local0__2 = _; _ }",
    ],
  },
  {
    note: "what cannot be of a type is no way",
    policy: 'allow if { v[x]; startswith(x, "s") }\nv contains count(input.a)\nv contains input.b',
    query: "data.p.allow",
    wanted: ['input.b; startswith(input.b, "s")'],
  },
  { note: "nondeterministic builtins are kept", query: "time.now_ns(x)", wanted: ["time.now_ns(x)"] },
];

for (const each of cases) test(each.note, () => equal(answer(each), each.wanted.join("\n")));

// OPA drops the error, and the rule holds.
test("an error behind `not` ends the query", () => {
  const policy = "allow if not denied\ndenied if { input.x; {1: v | some v in [1, 2]} }";
  throws(() => answer({ note: "", policy, query: "data.p.allow", wanted: [] }), /object keys must be unique/);
});

function answer({ policy, query, data, input, unknowns, disableInlining, shallowInlining }: Case): string {
  const { module } = parseModule(`package p\n${policy ?? ""}`, { file: "p.rego", regoVersion: "v1" });
  const { compiled } = compileModules([module as Module]);
  if (compiled === undefined) throw new Error("the policy does not compile");
  const made = compileQuery(parseQuery(query, { regoVersion: "v1" }), compiled).query;
  if (made === undefined) throw new Error("the query does not compile");
  const options: PartialOptions = {
    effects,
    input,
    data: data ?? {},
    shallowInlining: shallowInlining === true,
    ...(unknowns === undefined ? {} : { unknowns: unknowns.map(refOf) }),
    ...(disableInlining === undefined ? {} : { disableInlining: disableInlining.map(refOf) }),
  };
  const { queries, support } = evaluatePartially(made, compiled, options);
  const rules = support.flatMap((each) => each.rules.map((rule) => `${refText(each.package.path)}: ${ruleText(rule)}`));
  return [...queries.map(bodyText), ...rules].join("\n");
}

function refOf(text: string): Ref {
  const [expr] = parseQuery(text, { regoVersion: "v1" });
  if (expr?.terms.kind !== "term" || expr.terms.term.kind !== "ref") throw new Error(`${text} is no ref`);
  return expr.terms.term;
}

function ruleText({ head, body, default: isDefault }: Rule): string {
  const args = head.args === undefined ? "" : `(${head.args.map(termText).join(", ")})`;
  const key = head.key === undefined ? "" : ` contains ${termText(head.key)}`;
  const value = head.value === undefined ? "" : ` = ${termText(head.value)}`;
  return `${isDefault ? "default " : ""}${refText(head.ref)}${args}${key}${value} { ${bodyText(body)} }`;
}
