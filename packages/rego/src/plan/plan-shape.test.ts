import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../engine.ts";
import type { Block, Policy, Stmt } from "../run/ir.ts";
import { planPolicy } from "./planner.ts";

function planOf(module: string, path: string): Policy {
  const { policy } = compile([{ file: "p.rego", text: `package p\n${module}` }]);
  assert.ok(policy);
  return policy.plan(path);
}

function statements(blocks: readonly Block[]): Stmt[] {
  return blocks.flatMap(({ stmts }) => stmts.flatMap((each) => [each, ...statements(blocksOf(each))]));
}

function blocksOf({ stmt }: Stmt): readonly Block[] {
  if ("blocks" in stmt) return stmt.blocks ?? [];
  return "block" in stmt ? [stmt.block] : [];
}

function names({ funcs }: Policy): string[] {
  return funcs.funcs.map(({ name }) => name).sort();
}

test("a ground key that a definition looks up needs no loop", () => {
  const policy = planOf('o[k] := v if v := data.big[k]\nr := o["a"]', "p/r");
  assert.deepEqual(names(policy), ["g0.data.p.o[key]", "g0.data.p.r"]);
  assert.ok(policy.funcs.funcs.every(({ blocks }) => statements(blocks).every(({ type }) => type !== "ScanStmt")));
});

test("a ground key that saves no loop reads the whole rule, which is kept", () => {
  const policy = planOf('s contains k if k := input.list[_]\nr if s["a"]', "p/r");
  assert.deepEqual(names(policy), ["g0.data.p.r", "g0.data.p.s"]);
});

test("definitions with one constant return at once", () => {
  const returns = (module: string) => {
    const [func] = planOf(module, "p/a").funcs.funcs;
    return statements(func?.blocks ?? []).filter(({ type }) => type === "ReturnLocalStmt").length;
  };
  assert.equal(returns("a if input.x\na if input.y"), 3);
  assert.equal(returns("a := 1 if input.x\na := 2 if input.y"), 1);
});

test("without lookups there are only OPA's functions", () => {
  const words = Array.from({ length: 8 }, (_, i) => `a if input.kind == "w${i}"`).join("\n");
  const module = `${words}\no[k] := v if v := data.big[k]\nr contains x if { o["a"]; a; some y in input.ys; x := [z | input.zs[z] = y] }`;
  const { policy } = compile([{ file: "p.rego", text: `package p\n${module}` }]);
  assert.ok(policy);
  const wanted = [{ name: "query", path: ["p", "r"] }];
  assert.deepEqual(names(planPolicy(policy.compiled, wanted, { lookups: false })), [
    "g0.data.p.a",
    "g0.data.p.o",
    "g0.data.p.r",
  ]);
  assert.ok(names(planPolicy(policy.compiled, wanted)).length > 10);
});

test("functions are planned once per context", () => {
  const policy = planOf(
    "a := count(input.x)\nb := [x | x := a with count as 1]\nc := [x | x := a with count as 1]\nd := [x | x := a with count as 2]\nr := [b, c, d]",
    "p/r",
  );
  assert.deepEqual(
    names(policy).filter((name) => name.endsWith("p.a")),
    ["g1.data.p.a", "g2.data.p.a"],
  );
});

test("keys with dots keep names apart", () => {
  const policy = planOf('x["a.b"] := 1\nx.a.b := 2\nr := [x["a.b"], x.a.b]', "p/r");
  assert.deepEqual(names(policy), ["g0.data.p.r", "g0.data.p.x.a.b", 'g0.data.p.x["a.b"]']);
});

test("statements know their place", () => {
  const policy = planOf("\na if {\n  input.x == 1\n}", "p/a");
  const rows = statements(policy.funcs.funcs[0]?.blocks ?? []).map(({ stmt }) => stmt.row);
  assert.ok(rows.includes(4), `rows ${rows.join()}`);
  assert.deepEqual(policy.static.files, [{ value: "p.rego" }]);
});

test("definitions that a string tells apart are looked up by it", () => {
  const words = Array.from({ length: 8 }, (_, i) => `w${i}`);
  const calls = (module: string, path: string) => {
    const { funcs } = planOf(module, path);
    return funcs.funcs.flatMap(({ blocks }) => statements(blocks)).filter(({ type }) => type === "CallDynamicStmt")
      .length;
  };
  const rules = (count: number, write: (word: string) => string) => words.slice(0, count).map(write).join("\n");
  assert.equal(
    calls(
      rules(8, (word) => `a if input.kind == "${word}"`),
      "p/a",
    ),
    1,
  );
  assert.equal(
    calls(
      rules(8, (word) => `a contains "${word}" if "${word}" == input.kind`),
      "p/a",
    ),
    1,
  );
  assert.equal(calls(`${rules(8, (word) => `f("${word}", x) := x`)}\na := f(input.k, 1)`, "p/a"), 1);
  assert.equal(calls(`${rules(8, (word) => `f(o) if o.kind == "${word}"`)}\na := f(input)`, "p/a"), 1);
  assert.equal(
    calls(
      rules(7, (word) => `a if input.kind == "${word}"`),
      "p/a",
    ),
    0,
    "too few",
  );
  const two = (count: number) => Array.from({ length: count }, (_, i) => `a if input.k == "${i % 2}"`).join("\n");
  assert.equal(calls(two(31), "p/a"), 0, "too few strings");
  assert.equal(calls(two(32), "p/a"), 1, "few strings, many definitions");
  assert.equal(
    calls(
      rules(8, (word) => `a if not input.kind == "${word}"`),
      "p/a",
    ),
    0,
    "negated",
  );
  assert.equal(
    calls(
      rules(8, (word) => `a if input.kind == "${word}"\nelse := 2`),
      "p/a",
    ),
    0,
    "else",
  );
});

test("large literals need no deep stack", () => {
  const items = Array.from({ length: 50_000 }, (_, i) => i).join();
  assert.ok(planOf(`a := [${items}]`, "p/a").funcs.funcs.length === 1);
});

test("a comprehension that selects by a variable from around it has an index, where one loop can make it", () => {
  const hasIndex = (body: string) => {
    const policy = planOf(`r contains x if { some a in input.apps; a != "0"; x := ${body} }`, "p/r");
    return names(policy).some((name) => name.startsWith("index"));
  };
  assert.ok(hasIndex("[p.name | some p in input.pods; p.app == a]"));
  assert.ok(hasIndex("{v | input.pairs[_] = [a, v]}"));
  assert.ok(!hasIndex("[p | some p in input.pods; p.app > a]"), "the key is never found");
  assert.ok(!hasIndex("[p | some p in input.pods; not p.app == a]"), "negated");
  assert.ok(!hasIndex("[v | v := input.by[a]]"), "looked up");
  assert.ok(hasIndex("{p.id: p | some p in input.pods; p.app == a}"));
  assert.ok(!hasIndex("[p | some p in input.pods]"), "nothing selected");
});

test("a walk along a known path is a lookup", () => {
  const walks = (body: string) => JSON.stringify(planOf(`r := v if { ${body} }`, "p/r")).includes('"walk"');
  assert.ok(!walks('walk(input.a, [["b", 0], v])'));
  assert.ok(!walks("some k in input.keys; walk(input.a, [[k], v])"));
  assert.ok(walks("walk(input.a, [[], v])"), "the document itself");
  assert.ok(walks("walk(input.a, [p, v]); p == [1]"), "any path");
  assert.ok(walks("walk(input.a, [[k], v]); k > 1"), "any key");
});
