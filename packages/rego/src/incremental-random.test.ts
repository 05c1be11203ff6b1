import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compileParsed, type RegoPolicy } from "./engine.ts";
import { EvaluationError } from "./run/errors.ts";
import type { Module } from "./syntax/ast.ts";
import { formatDiagnostic } from "./syntax/diagnostic.ts";
import { parseModule } from "./syntax/parser.ts";
import { jsonText } from "./value/json.ts";

/** A long run takes more. */
const numRuns = Number(process.env["SALLYPORT_RANDOM_RUNS"] || 30);

// Modules that are put together by chance: they use each other, conflict, need themselves, or do not match in their types.

const packages = ["a", "b", "a.c", "d", "d.e"] as const;
const names = ["x", "y", "z"] as const;
const oneOf = <T>(...items: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...items);
const text = (parts: TemplateStringsArray, ...values: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...values).map((made) => String.raw({ raw: parts }, ...made));

const name = oneOf(...names);
/** Those at the end are read most, so that few modules are recursive. */
const packageRead = fc.oneof({ weight: 4, arbitrary: oneOf("d", "d.e") }, { weight: 1, arbitrary: oneOf(...packages) });
const ref = fc.oneof(
  { weight: 8, arbitrary: text`data.${packageRead}.${name}` },
  { weight: 2, arbitrary: text`data.${packageRead}.${name}.sub` },
  { weight: 2, arbitrary: text`data.${packageRead}.${name}[_]` },
  { weight: 1, arbitrary: text`data.${packageRead}` },
  { weight: 1, arbitrary: text`data.${packageRead}[_].${name}` },
  { weight: 1, arbitrary: text`data.${packageRead}[1]` },
  { weight: 1, arbitrary: oneOf("data[1]", "data.base[_]", "input.v", "lib.x", "lib[_]", "data.d[input.k].x") },
  { weight: 1, arbitrary: name },
);
const literal = oneOf("1", "2", '"t"', "[1]", '{"sub": 1}', '{"sub": "t", "k": {"sub": 2}}', "{1, 2}", "null");
const value: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: literal },
  { weight: 4, arbitrary: ref },
  { weight: 1, arbitrary: text`${ref} + 1` },
  { weight: 2, arbitrary: text`data.${packageRead}.f(${literal})` },
  { weight: 1, arbitrary: text`data.${packageRead}.f(${literal}, ${literal})` },
  { weight: 1, arbitrary: text`[v | v := ${ref}]` },
  { weight: 1, arbitrary: oneOf("rego.metadata.chain()", "rego.metadata.rule()") },
  { weight: 1, arbitrary: text`{"sub": ${ref}}` },
);
const body = fc.oneof(
  text`${ref} == ${literal}`,
  text`not ${ref}`,
  text`${ref} > 1`,
  text`${ref} with data.${packageRead}.${name} as ${literal}`,
  text`data.${packageRead}.f(1) with data.${packageRead}.f as ${literal}`,
  text`some k in ${ref}; k != ${literal}`,
  text`every k in ${ref} { k != data.${packageRead}.${name} }`,
  oneOf("input.v == 1", "unknown", "count(1) == 2"),
);
const rule = fc.oneof(
  { weight: 8, arbitrary: text`${name} := ${value}` },
  { weight: 3, arbitrary: text`${name} contains ${value}` },
  { weight: 3, arbitrary: text`${name} := ${value} if { ${body} }` },
  { weight: 2, arbitrary: text`${name} := ${value} if { ${body} } else := ${value} if { ${body} }` },
  { weight: 2, arbitrary: text`default ${name} := ${literal}` },
  { weight: 4, arbitrary: text`f(v) := ${value}` },
  { weight: 1, arbitrary: text`f(v, w) := ${value}` },
  { weight: 1, arbitrary: text`default f(_) := ${literal}` },
  { weight: 2, arbitrary: text`${name}.sub := ${value}` },
  { weight: 2, arbitrary: text`${name}[k] := v if some k, v in ${ref}` },
  { weight: 1, arbitrary: text`${name}.k[k].sub := v if some k, v in ${ref}` },
  { weight: 1, arbitrary: text`${name}[${oneOf("1", "true")}] := ${value}` },
  { weight: 1, arbitrary: text`e.${name} := ${value}` },
  { weight: 1, arbitrary: text`# METADATA\n# title: t\n# scope: ${oneOf("rule", "document")}\n${name} := ${value}` },
);
const header = fc.oneof(
  { weight: 6, arbitrary: oneOf("") },
  {
    weight: 1,
    arbitrary: text`# METADATA\n# title: ${oneOf("s", "t")}\n# scope: ${oneOf("package", "subpackages")}\n`,
  },
);
const imported = fc.oneof(
  { weight: 4, arbitrary: oneOf("") },
  { weight: 1, arbitrary: text`import data.${packageRead} as lib\n\n` },
);
const moduleOfNow = fc
  .tuple(text`${header}package ${oneOf(...packages)}\n\n${imported}`, fc.array(rule, { maxLength: 3 }))
  .map(([start, rules]) => `${start}${rules.join("\n\n")}\n`);
const moduleOfV0 = oneOf(
  "package a\n\nx = 1 { data.d.x }",
  "package d\n\nx[v] { v := [1, 2][_] }",
  "package d.e\n\ny = v { v := input.v }\n\nf(v) = v",
  "package b\n\nall_of { all([data.d.x]) }",
  "package b\n\nx[k] = v { v := data.d[k] }",
  "package a.c\n\ncontains = 1",
);

const file = oneOf("1.rego", "2.rego", "3.rego", "4.rego", "5.rego", "6.rego");
const sourceOf = (made: fc.Arbitrary<string>, regoVersion: Module["regoVersion"]) =>
  made.map((source) => ({ source, regoVersion }));
const change = fc.record({
  file,
  to: fc.option(
    fc.oneof(
      { weight: 8, arbitrary: sourceOf(moduleOfNow, "v1") },
      { weight: 1, arbitrary: sourceOf(moduleOfV0, "v0") },
    ),
    { freq: 6, nil: undefined },
  ),
  /** Several changes may be one. */
  isLast: fc.boolean(),
});

const effects = { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} };
const asked = ["", ...packages.flatMap((each) => [each, ...[...names, "f", "e"].map((one) => `${each}.${one}`)])].map(
  (path) => path.replaceAll(".", "/"),
);

test("policies made by changes are those of all modules at once, in faults, plans and answers", () => {
  const counts = { compiled: 0, refused: 0 };
  const property = fc.property(fc.array(change, { minLength: 4, maxLength: 24 }), (changes) => {
    let policy = compileParsed([]).policy as RegoPolicy;
    let modules = new Map<string, Module>();
    const versions: { readonly policy: RegoPolicy; readonly answers: string }[] = [];
    let pending = new Map<string, Module | undefined>();
    for (const { file: name, to, isLast } of changes) {
      const { module } = to === undefined ? {} : parseModule(to.source, { file: name, regoVersion: to.regoVersion });
      if (to !== undefined && module === undefined) continue;
      pending.set(name, module);
      if (!isLast) continue;
      const next = policy.withModules(
        [...pending.values()].filter((each) => each !== undefined),
        [...pending.keys()],
      );
      const all = new Map(modules);
      for (const [file, made] of pending) {
        if (made === undefined) all.delete(file);
        else all.set(file, made);
      }
      const whole = compileParsed([...all.values()]);
      assert.deepEqual(next.diagnostics.map(formatDiagnostic), whole.diagnostics.map(formatDiagnostic));
      pending = new Map();
      counts[next.policy === undefined ? "refused" : "compiled"]++;
      if (next.policy === undefined) continue;
      policy = next.policy;
      modules = all;
      const answers = answersOf(policy);
      assert.equal(answers, answersOf(whole.policy as RegoPolicy));
      assert.equal(plansOf(policy), plansOf(whole.policy as RegoPolicy));
      versions.push({ policy, answers });
    }
    for (const version of versions) assert.equal(answersOf(version.policy), version.answers);
  });
  fc.assert(property, { numRuns });
  // Else the programs would show little.
  assert.ok(counts.compiled > counts.refused / 4, JSON.stringify(counts));
  assert.ok(counts.refused > counts.compiled / 20, JSON.stringify(counts));
});

function answersOf(policy: RegoPolicy): string {
  return asked.map((path) => `${path}: ${answer(policy, path)}`).join("\n");
}

/** Places of statements, names and order included. */
function plansOf(policy: RegoPolicy): string {
  return asked.map((path) => `${path}: ${JSON.stringify(policy.plan(path))}`).join("\n");
}

function answer(policy: RegoPolicy, path: string): string {
  try {
    const value = policy.evaluate(path, { input: { v: 1, k: "x" }, data: { base: [1, "t"] }, effects });
    return value === undefined ? "undefined" : jsonText(value);
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}
