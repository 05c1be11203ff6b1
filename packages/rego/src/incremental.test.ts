import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RuleNode } from "./compile/compiled.ts";
import { compile, type ModuleSource, type RegoPolicy } from "./engine.ts";
import { EvaluationError } from "./run/errors.ts";
import { type Diagnostic, formatDiagnostic } from "./syntax/diagnostic.ts";
import { jsonText } from "./value/json.ts";

/** A long run takes more. */
const numRuns = Number(process.env["SALLYPORT_RANDOM_RUNS"] || 100);

const effects = { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} };

// Bodies of modules that use each other, agree, or do not: whether one compiles depends on which others are there.
const bodies: readonly string[] = [
  "package a\n\nx := data.b.x + 1",
  "package a\n\nx := 1",
  "package a\n\nx contains 1",
  "package a\n\ndefault x := 0",
  "package a\n\nf(v) := v + 1",
  "package a\n\nf(v, w) := v + w",
  "package a.c\n\ny := data.a.f(1)",
  "package a\n\nc := 1",
  "package a\n\nx := 1 if data.c.z",
  "package b\n\nx := 2",
  'package b\n\nx := "text"',
  "package b\n\nx := data.a.f(input.v)",
  "package b\n\nimport data.c\n\ny := c.z\n\nz := [v | some v in data.a.x]",
  "package b\n\nx := data.a.x",
  "package b\n\ny if data.c.unknown(1)",
  'package c\n\nz := data.b\n\nw := data[k] if some k in ["a", "b"]',
  "package c\n\nz if not data.b.x == 2",
  "package c\n\nz := 1 if data.b.x > 1 else := 2 if data.a.x",
  "package c\n\np[k] := v if some k, v in data.b",
  "package c\n\nz := rego.metadata.chain()",
  "# METADATA\n# title: C\n# scope: subpackages\npackage c\n\ny if f(1)\n\nf(v) if v == data.a.x",
  "package c\n\nx := v",
  "package c\n\nx := 1 + data.b.x with data.a.x as 3",
];

const paths = ["", "a", "b", "c", "a/x", "b/x", "b/y", "b/z", "c/z", "c/w", "a/c/y", "c/p", "c/x", "c/y"];

type Edit = readonly [file: string, body: string | undefined];

const edit: fc.Arbitrary<Edit> = fc.tuple(
  fc.constantFrom("1.rego", "2.rego", "3.rego", "4.rego"),
  fc.option(fc.constantFrom(...bodies), { freq: 6, nil: undefined }),
);

test("changing one module after the other is compiling all of them", () => {
  fc.assert(
    fc.property(fc.array(edit, { minLength: 2, maxLength: 12 }), (edits) => {
      let { policy } = compile([]);
      const modules = new Map<string, string>();
      for (const [file, text] of edits) {
        const next =
          text === undefined
            ? (policy as RegoPolicy).withoutModule(file)
            : (policy as RegoPolicy).withModule({ file, text });
        const all = new Map(modules);
        if (text === undefined) all.delete(file);
        else all.set(file, text);
        const whole = compile(sourcesOf(all));
        assert.deepEqual(next.diagnostics.map(textOf), whole.diagnostics.map(textOf));
        if (next.policy === undefined) continue;
        ({ policy } = next);
        modules.clear();
        for (const [name, body] of all) modules.set(name, body);
        for (const path of paths)
          assert.equal(answer(next.policy, path), answer(whole.policy as RegoPolicy, path), path);
      }
    }),
    { numRuns },
  );
});

function sourcesOf(modules: ReadonlyMap<string, string>): readonly ModuleSource[] {
  return [...modules].map(([file, text]) => ({ file, text }));
}

function textOf(diagnostic: Diagnostic): string {
  return formatDiagnostic(diagnostic);
}

function answer(policy: RegoPolicy, path: string): string {
  try {
    const value = policy.evaluate(path, { input: { v: 1 }, data: { d: 1 }, effects });
    return value === undefined ? "undefined" : jsonText(value);
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

test("what does not depend on a changed module stays prepared", () => {
  const { policy } = compile([
    { file: "a.rego", text: "package a\n\nx := data.lib.y" },
    { file: "b.rego", text: "package b\n\nx := 1" },
    { file: "lib.rego", text: "package lib\n\ny := 1" },
  ]);
  const [a, b] = [policy?.plan("a/x"), policy?.plan("b/x")];
  const next = policy?.withModule({ file: "lib.rego", text: "package lib\n\ny := 2" }).policy as RegoPolicy;
  assert.notEqual(next.plan("a/x"), a);
  assert.equal(next.plan("b/x"), b);
  assert.equal(next.evaluate("a/x", { effects }), 2);
  const more = next.withModule({ file: "b2.rego", text: "package b\n\ny := 1" }).policy as RegoPolicy;
  assert.equal(more.plan("a/x"), next.plan("a/x"));
  assert.equal(policy?.evaluate("a/x", { effects }), 1);
});

test("a module more leaves the rules of others as they are, and a refused one changes nothing", () => {
  const sources = Array.from({ length: 20 }, (_, i) => ({
    file: `${i}.rego`,
    text: `package p${i}\n\nx := data.lib.y + ${i}`,
  }));
  const { policy } = compile([...sources, { file: "lib.rego", text: "package lib\n\ny := 1" }]);
  const before = policy?.compiled.root as RuleNode;
  const after = policy?.withModule({ file: "p3b.rego", text: "package p3\n\ny := data.p4.x" }).policy?.compiled.root;
  const changed = [...before.children].flatMap(([key, node]) => (after?.children.get(key) === node ? [] : [key]));
  assert.deepEqual(changed, ["p3"]);
  for (const text of [
    "package p3\n\ny := data.p4.z.q(1)",
    "package lib\n\ny := data.p3.x",
    "package p3\n\nx contains 1",
  ])
    assert.equal(policy?.withModule({ file: "bad.rego", text }).policy, undefined);
  assert.equal(policy?.compiled.root, before);
  assert.equal(policy?.evaluate("p3/x", { effects }), 4);
});

test("replacing one module of 1,000 compiles and plans again only what depends on it", () => {
  const readers = [3, 500, 999];
  const textOfModule = (i: number): string =>
    `package p${i}\n\nx := ${readers.includes(i) ? "data.lib.y" : "input.v"} + ${i}\n\nz if x > 1`;
  const sources = Array.from({ length: 1_000 }, (_, i) => ({ file: `${i}.rego`, text: textOfModule(i) }));
  const { policy } = compile([...sources, { file: "lib.rego", text: "package lib\n\ny := 1" }]);
  // As many as the policy keeps plans of.
  const entryPoints = [7, ...readers, ...Array.from({ length: 100 }, (_, i) => 10 * i + 1)].map((i) => `p${i}/z`);
  const planned = entryPoints.map((path) => policy?.plan(path));
  const changedBy = (text: string, file = "lib.rego"): readonly (readonly string[])[] => {
    const next = policy?.withModule({ file, text }).policy as RegoPolicy;
    const [before, after] = [policy?.compiled.root as RuleNode, next.compiled.root];
    const compiled = [...after.children].flatMap(([key, node]) =>
      before.children.get(key) === node ? [] : [String(key)],
    );
    return [compiled, entryPoints.filter((path, i) => next.plan(path) !== planned[i])];
  };
  const dependent = readers.map((i) => `p${i}`);
  const paths = dependent.map((name) => `${name}/z`);
  // Another value of the same type is read by the same rules, in other plans.
  assert.deepEqual(changedBy("package lib\n\ny := 2"), [["lib"], paths]);
  assert.deepEqual(changedBy("package p7\n\nx := input.v\n\nz if x > 2", "7.rego"), [["p7"], ["p7/z"]]);
});

test("a module that does not parse leaves the policy as it is", () => {
  const { policy } = compile([{ file: "a.rego", text: "package a\n\nx := 1" }]);
  const answered = policy?.withModule({ file: "b.rego", text: "package" });
  assert.equal(answered?.policy, undefined);
  assert.match(textOf(answered?.diagnostics[0] as Diagnostic), /rego_parse_error/);
});
