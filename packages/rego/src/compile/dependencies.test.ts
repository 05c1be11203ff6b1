import assert from "node:assert/strict";
import { test } from "node:test";
import { parseModuleOrThrow, parseQuery } from "../syntax/parser.ts";
import { compileModules } from "./compile.ts";
import { dependenciesOf } from "./dependencies.ts";
import { refText } from "./text.ts";

/** Base and virtual documents that `data.t.p` depends on, each in order. */
function dependencies(rules: string, query = "data.t.p"): string {
  const { compiled } = compileModules([parseModuleOrThrow(`package t\n${rules}`)]);
  assert.ok(compiled);
  const { base, virtual } = dependenciesOf(parseQuery(query), compiled.root);
  return `${base.map(refText).join(" ")} | ${virtual.map(refText).join(" ")}`;
}

const rows: readonly (readonly [rules: string, wanted: string, query?: string])[] = [
  [
    "p if { q; input.user == data.users[_].name }\nq := data.q[1].x",
    "data.q[1].x data.users input.user | data.t.p data.t.q",
  ],
  ["p if { input.a.b; input.a }", "input.a | data.t.p"],
  ["p if { input.a[_]; input.a.b.c }", "input.a input.a.b.c | data.t.p"],
  ["p if { x := data.unused }", " | data.t.p"],
  ["p if { x := input; x.foo.bar }", "input.foo.bar | data.t.p"],
  ["p if { x := data.big; x.y.z; y := x[input.w]; y }", "data.big data.big.y.z input.w | data.t.p"],
  ["p if { every x in input.list { x == data.n } }", "data.n input.list | data.t.p"],
  ["p if q with data.mock as 1\nq if input.a", "data.mock input.a | data.t.p data.t.q"],
  ['p if { x := input.a with input as {"a": data.zz}; x }', "data.zz input.a | data.t.p"],
  ["p if f(1)\nf(x) := x if input.fn", "input.fn | data.t.f data.t.p"],
  ["p if r.k.q[input.z]\nr[x].q[y] := 1 if { x := data.xs[_]; y := 1 }", "data.xs input.z | data.t.p data.t.r"],
  ["p := data.t.none", "data.t.none | data.t.p"],
  ["p := 1 if { false } else := input.x", " | data.t.p"],
  ["p := 1\nq := input.y", "input.y | data.t.p data.t.q", "data[_]"],
  ["p := 1", "data.foo input.x | ", "input.x[data.foo]"],
  ["p := 1", "data.b input.a | ", "x := input.a; data.b[x]"],
  ["p := 1", "data.q | data.t.p", "x := [y | y := data.t.p; data.q]"],
  ["p := 1", "input.xs | data.t.p", "some x in input.xs; count(data.t.p) > x"],
];

test("dependencies are those that opa deps tells", () => {
  for (const [rules, wanted, query] of rows) assert.equal(dependencies(rules, query), wanted, rules);
});
