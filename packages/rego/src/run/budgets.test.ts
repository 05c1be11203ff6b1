import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../engine.ts";
import { lookup } from "../value/access.ts";
import { jsonText, parseJson } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import { EvaluationError } from "./errors.ts";
import type { Limits } from "./state.ts";

// Policies and inputs that would take time or memory without end: each evaluator ends them with one clear error.

interface Case {
  readonly name: string;
  readonly rules: string;
  readonly input?: Value;
  readonly limits?: Partial<Limits>;
  readonly message: RegExp;
}

const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
const doubled = (times: number, double: string, start: string) =>
  [
    `x0 := ${start}`,
    ...Array.from({ length: times }, (_, i) => `x${i + 1} := ${double.replaceAll("X", `x${i}`)}`),
    `r := x${times}`,
  ].join("\n");
/** The same twice, with no part of one in the other. */
const twice = (times: number): readonly string[] =>
  ["x", "y"].map((name) => doubled(times, "[X, X]", "[1]").replaceAll("x", name).replace("r :=", `${name} :=`));
const some = { steps: 20_000, items: 10_000, characters: 1_000_000 };

const cases: readonly Case[] = [
  { name: "a long range", rules: "r := count(numbers.range(1, 1000000000000))", message: /a range of more than/ },
  { name: "a long range by steps", rules: "r := numbers.range_step(1, 1e15, 2)", message: /a range of more than/ },
  { name: "a long range where errors are undefined", rules: "r if not numbers.range(1, 1e12)[0]", message: /a range/ },
  { name: "all addresses", rules: 'r := net.cidr_expand("::/0")', message: /a range of more than/ },
  { name: "a far shift", rules: "r := bits.lsh(1, 1e12)", message: /a shift of more than/ },
  {
    name: "nested ranges of a template that write nothing",
    rules:
      'r := strings.render_template("{{range .a}}{{range $.a}}{{range $.a}}{{end}}{{end}}{{end}}", {"a": numbers.range(1, 1000)})',
    message: /too many steps of a template/,
  },
  { name: "doubled text", rules: doubled(60, 'concat("", [X, X])', '"ab"'), message: /characters|too long strings/ },
  { name: "doubled format", rules: doubled(60, 'sprintf("%s%s", [X, X])', '"ab"'), message: /too long strings/ },
  {
    name: "doubled replacement",
    rules: doubled(60, 'replace(X, "a", "aaaaaaaa")', '"a"'),
    message: /characters|too long/,
  },
  { name: "doubled templates", rules: doubled(60, '$"{X}{X}"', '"a"'), message: /too long strings/ },
  {
    name: "one replacement that multiplies",
    rules: 'r := replace(input.text, "a", input.text)',
    input: { text: "a".repeat(100_000) },
    message: /a string of more than/,
  },
  {
    name: "one replacement by patterns that multiplies",
    rules: 'r := regex.replace(input.text, "a", input.text)',
    input: { text: "a".repeat(100_000) },
    message: /a string of more than/,
  },
  {
    name: "several replacements that multiply",
    rules: "r := strings.replace_n({input.one: input.text}, input.text)",
    input: { one: "a", text: "a".repeat(100_000) },
    message: /a string of more than/,
  },
  {
    name: "joined by long text",
    rules: "r := concat(input.text, [x | some x in input.text2])",
    input: { text: "a".repeat(100_000), text2: Array.from({ length: 5_000 }, () => "b") },
    message: /a string of more than/,
  },
  { name: "doubled arrays", rules: doubled(60, "array.concat(X, X)", "[1, 2]"), message: /too many items/ },
  { name: "squares of squares", rules: doubled(60, "X * X", "123456789"), message: /a number of more than/ },
  {
    name: "a product of comprehensions",
    rules: "r := {[a, b, c, d] | some a in input; some b in input; some c in input; some d in input}",
    input: Array.from({ length: 1_000 }, (_, i) => i),
    limits: some,
    message: /too many items|too many steps/,
  },
  {
    name: "an array of all pairs",
    rules: "r := [[a, b] | some a in input; some b in input]",
    input: Array.from({ length: 1_000 }, (_, i) => i),
    limits: some,
    message: /too many items|too many steps/,
  },
  {
    name: "an object of all pairs",
    rules: "r := {[a, b]: 1 | some a in input; some b in input}",
    input: Array.from({ length: 1_000 }, (_, i) => i),
    limits: some,
    message: /too many items|too many steps/,
  },
  {
    name: "a rule of all pairs",
    rules: "r contains [a, b] if { some a in input; some b in input }",
    input: Array.from({ length: 1_000 }, (_, i) => i),
    limits: some,
    message: /too many items|too many steps/,
  },
  {
    name: "loops that find nothing",
    rules: "r if { some a in input; some b in input; some c in input; a + b + c == 1e9 }",
    input: Array.from({ length: 1_000 }, (_, i) => i),
    limits: some,
    message: /too many steps/,
  },
  {
    name: "every in every",
    rules: "r if { every a in input { every b in input { a + b != 1e9 } } }",
    input: Array.from({ length: 1_000 }, (_, i) => i),
    limits: some,
    message: /too many steps/,
  },
  {
    name: "all paths of a full graph",
    rules: 'r := graph.reachable_paths({x: input | some x in input}, {"1"})',
    input: Array.from({ length: 40 }, (_, i) => String(i)),
    message: /paths of more than/,
  },
  {
    name: "the paths of a deep document",
    rules: "r := count([1 | walk(input)])",
    input: JSON.parse(nested(5_000)) as Value,
    message: /paths of more than|levels|nested/,
  },
  { name: "an answer that holds parts many times", rules: doubled(60, "[X, X]", "[1]"), message: /too long an answer/ },
  { name: "so in objects", rules: doubled(60, '{"a": X, "b": X}', "1"), message: /too long an answer/ },
  { name: "so in sets", rules: doubled(60, "{X, [X]}", "1"), message: /too long an answer/ },
  { name: "so in keys", rules: doubled(60, "{[X, X]: X}", "1"), message: /too long an answer/ },
  {
    name: "an answer that holds the input many times",
    rules: "r := [input | some i in numbers.range(1, 100)]",
    input: { text: "a".repeat(1_000) },
    limits: { output: 50_000 },
    message: /too long an answer/,
  },
  ...[
    "count(json.marshal(x60))",
    "count(yaml.marshal(x60))",
    'count(json.marshal_with_options(x60, {"pretty": true}))',
    'count(sprintf("%v", [x60]))',
    'count($"{x60}")',
    'strings.render_template("{{.}}", {"x": x60})',
    'json.match_schema({"x": x60}, {"type": "object"})',
    "count([1 | walk(x60)])",
    "x60 == y60",
    "{x60} == {y60}",
    '{"a": x60} == {"a": y60}',
    "{[x60, i] | some i in numbers.range(1, 20)} == 1",
    "sort([[x60, 1], [y60, 0]]) == 1",
    "object.subset({1: x60}, {1: y60})",
  ].map((call) => ({
    name: `parts that are held many times in ${call}`,
    rules: [...twice(60), `r := ${call}`].join("\n"),
    // How far the stack reaches depends on what ran before in the same process: its end is a limit as good as the others.
    message: /a string of more than|keys in all|a value is too large|too many nested calls/,
  })),
  {
    name: "a large pattern on a long text",
    rules: 'r := regex.match("(a?){500}(b?){500}(c?){400}$", input.text)',
    input: { text: "a".repeat(2_000_000) },
    message: /a text of/,
  },
];

for (const { name, rules, input, limits, message } of cases) {
  test(name, () => {
    const { policy, diagnostics } = compile([{ file: "p", text: `package p\n\n${rules}` }]);
    equal(diagnostics.length, 0);
    const options = {
      input,
      effects: { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} },
      ...(limits === undefined ? {} : { limits }),
    };
    for (const evaluate of [
      () => policy?.evaluate("p/r", options),
      () => policy?.evaluate("p/r", { ...options, evaluator: "interpreter" }),
      () => policy?.walk("x = data.p.r", options),
    ]) {
      const before = process.cpuUsage();
      try {
        evaluate();
      } catch (error) {
        ok(error instanceof EvaluationError, `${error}`);
        equal(error.code, "eval_cancel_error");
        match(error.message, message);
        ok(process.cpuUsage(before).user < 30e6);
        continue;
      }
      throw new Error("not ended");
    }
  });
}

test("a deadline ends what takes too long", () => {
  const rules = "r if { some a in input; some b in input; some c in input; a + b + c == 1e9 }";
  const { policy } = compile([{ file: "p", text: `package p\n\n${rules}` }]);
  const clock = () => performance.now();
  const options = {
    input: Array.from({ length: 3_000 }, (_, i) => i),
    effects: { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} },
    limits: { steps: 1e12 },
    clock,
  };
  for (const evaluate of [
    () => policy?.evaluate("p/r", { ...options, deadline: clock() + 50 }),
    () => policy?.evaluate("p/r", { ...options, evaluator: "interpreter", deadline: clock() + 50 }),
    () => policy?.walk("x = data.p.r", { ...options, deadline: clock() + 50 }),
  ]) {
    const started = clock();
    try {
      evaluate();
      throw new Error("not ended");
    } catch (error) {
      equal((error as Error).message, "caller cancelled query execution");
      ok(clock() - started < 5_000);
    }
  }
});

test("deep input is read, compared and looked into, or ends the query", () => {
  const { policy } = compile([
    { file: "p", text: "package p\n\nr if input == data.d\nq := [input]\ns contains input" },
  ]);
  const deep = nested(50_000);
  for (const evaluator of ["generated", "interpreter", "walker"] as const) {
    for (const path of ["r", "q", "s"]) {
      const options = {
        input: parseJson(deep),
        data: { d: parseJson(deep) },
        effects: { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} },
      };
      try {
        if (evaluator === "walker") lookup(policy?.walk(`x = data.p.${path}`, options)[0] ?? null, "x");
        else policy?.evaluate(`p/${path}`, { ...options, evaluator });
      } catch (error) {
        ok(error instanceof EvaluationError);
        equal(error.message, "too many nested calls");
      }
    }
  }
});

// Each was quadratic once, or would easily be: minutes for texts of this length.
const linear: readonly (readonly [term: string, input: string])[] = [
  ["trim_space(input) == input", `a${" ".repeat(500_000)}a`],
  ["yaml.marshal(input) != input", `a${"\n".repeat(500_000)}a`],
  ['strings.render_template(input, {}) != ""', `a${" ".repeat(500_000)}a{{- 1}}`],
  ["count(urlquery.decode_object(input).a) == 200000", "a=1&".repeat(200_000)],
  ['count(indexof_n(input, "a")) == 500000', "a".repeat(500_000)],
  ["count(crypto.x509.parse_certificates(input)) == 0", `-----BEGIN A-----${" ".repeat(500_000)}a`],
  ["yaml.unmarshal(input)", "[".repeat(500_000)],
  ['regex.match("(a+)+$", input)', `${"a".repeat(500_000)}b`],
  ['glob.match("*a*a*a*a*a*b", [], input)', "a".repeat(20_000)],
];

test("long texts are read once", () => {
  const effects = { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} };
  for (const [term, input] of linear) {
    const { policy, diagnostics } = compile([{ file: "p", text: `package p\n\nr if ${term}` }]);
    deepEqual(diagnostics, []);
    const before = process.cpuUsage();
    policy?.evaluate("p/r", { input, effects });
    ok(process.cpuUsage(before).user < 5e6, term);
  }
});

test("types of rules that hold parts many times are any", () => {
  const rules = [...twice(60), doubled(60, '{"a": X, "b": X}', "1").replaceAll("x", "z")].join("\n");
  const { policy } = compile([
    { file: "p", text: `package p\n\n${rules}\ns if x60 == [y59]\nt contains [x60, z60]\nu if z60 == {"a": 1}` },
  ]);
  equal(policy?.evaluate("p/s"), undefined);
});

test("an answer may be as long as all that was given", () => {
  const { policy } = compile([{ file: "p", text: "package p\n\nr := [input, data.d]" }]);
  const options = { input: "a".repeat(1_000), data: { d: ["b".repeat(1_000)] } };
  for (const output of [0, 50])
    for (const evaluator of ["generated", "interpreter"] as const)
      equal(
        jsonText(policy?.evaluate("p/r", { ...options, evaluator, limits: { output: output + 20 } }) ?? null).length,
        2009,
      );
});

test("ordinary policies are far from the limits", () => {
  const rules = "r := {x: count(y) | some x in numbers.range(1, 10000); y := [z | some z in numbers.range(1, 10)]}";
  const { policy } = compile([{ file: "p", text: `package p\n\n${rules}` }]);
  const effects = { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} };
  equal(jsonText(policy?.evaluate("p/r", { effects }) ?? null).length > 10_000, true);
});
