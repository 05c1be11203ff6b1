import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { estimateCost } from "./cost/estimate.ts";
import { extensionLibraries, standardLibraries } from "./library/all.ts";
import { kubernetesEnvironment } from "./library/kubernetes/environment.ts";
import { compile, Program } from "./program.ts";
import { activationOf } from "./run/state.ts";
import { valueFromJson } from "./value/json.ts";
import { MAX_INT64, MAX_UINT64, MIN_INT64 } from "./value/number.ts";
import { Uint } from "./value/value.ts";

const numRuns = Number(process.env["SALLYPORT_RANDOM_RUNS"] || 30) * 10;
const environment = kubernetesEnvironment().extend({
  libraries: [...standardLibraries, ...extensionLibraries].filter(({ name }) => name === "math" || name === "bindings"),
  variables: { x: { kind: "dyn" }, a: { kind: "int" }, b: { kind: "int" }, u: { kind: "uint" }, v: { kind: "uint" } },
});

/** Evaluates what compiles, with types and without; the only thing that matters here is that nothing is thrown. */
function exercise(expression: string, x: unknown): void {
  for (const checked of [true, false]) {
    const program = compile(expression, environment, { checked });
    if (!(program instanceof Program)) continue;
    estimateCost(program.checked);
    program.evaluate(activationOf({ x: valueFromJson(x as never) }), 10_000);
  }
}

const pieces =
  "x a 1 -1 2u 0.5 'a' b'a' null true [ ] { } ( ) . , : ? ?. [? + - * / % ! == != < <= > >= && || in has( .all(i, .map(i, .filter(i, .exists_one(i, .transformMap(k,v, .optMap(o, .size() .matches( .replace( .format([ .substring( .split( .sum() .sort() .sortBy(i, .flatten() quantity( ip( cidr( url( semver( duration( timestamp( int( uint( double( string( bytes( type( dyn( math.greatest( cel.bind(y, optional.of( .orValue( .getHours( i k v o y // ` \\ \" \n é 𝒜".split(
    " ",
  );

test("random pieces of expressions never throw", () => {
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((parts) => parts.join(" "));
  fc.assert(
    fc.property(text, fc.jsonValue(), (expression, x) => exercise(expression, x)),
    { numRuns },
  );
});

test("random texts never throw", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (expression) => exercise(expression, null)),
    { numRuns },
  );
});

test("deep and long expressions are refused or evaluated", () => {
  for (const [open, close] of [
    ["(", ")"],
    ["[", "]"],
    ["!", ""],
    ["-", ""],
    ["a.b(", ")"],
    ["{1:", "}"],
    ["a ? 1 : ", ""],
  ] as const) {
    exercise(`${open.repeat(5000)}1${close.repeat(5000)}`, 1);
  }
  for (const sign of ["+", "&&", "||", "==", "*", "in"]) exercise(Array(5000).fill("x").join(` ${sign} `), 1);
  exercise(`x${".a".repeat(5000)}`, {});
  exercise(`x${"[0]".repeat(5000)}`, []);
});

const int = fc.oneof(fc.bigInt({ min: MIN_INT64, max: MAX_INT64 }), fc.constantFrom(MIN_INT64, MAX_INT64, 0n, 1n, -1n));
const uint = fc.oneof(fc.bigInt({ min: 0n, max: MAX_UINT64 }), fc.constantFrom(0n, 1n, MAX_UINT64));

function result(expression: string, values: Record<string, bigint | Uint>): unknown {
  const program = compile(expression, environment);
  assert.ok(program instanceof Program);
  const outcome = program.evaluate(activationOf(values));
  if (!("value" in outcome)) return outcome.error;
  return outcome.value instanceof Uint ? outcome.value.value : outcome.value;
}

const operations: readonly (readonly [sign: string, exact: (a: bigint, b: bigint) => bigint])[] = [
  ["+", (a, b) => a + b],
  ["-", (a, b) => a - b],
  ["*", (a, b) => a * b],
];

test("integers are exact, or overflow", () => {
  fc.assert(
    fc.property(int, int, uint, uint, fc.constantFrom(...operations), (a, b, u, v, [sign, exact]) => {
      const sum = exact(a, b);
      assert.equal(result(`a ${sign} b`, { a, b }), sum >= MIN_INT64 && sum <= MAX_INT64 ? sum : "integer overflow");
      const unsigned = exact(u, v);
      const wanted = unsigned >= 0n && unsigned <= MAX_UINT64 ? unsigned : "unsigned integer overflow";
      assert.equal(result(`u ${sign} v`, { u: new Uint(u), v: new Uint(v) }), wanted);
    }),
    { numRuns },
  );
});

test("ints and uints order by their value", () => {
  fc.assert(
    fc.property(int, uint, (a, u) => {
      assert.equal(result("a < u", { a, u: new Uint(u) }), a < u);
      assert.equal(result("a >= u", { a, u: new Uint(u) }), a >= u);
      assert.equal(result("dyn(a) == dyn(u)", { a, u: new Uint(u) }), a === u);
    }),
    { numRuns },
  );
});

test("an int survives its text", () => {
  fc.assert(
    fc.property(int, (a) => {
      assert.equal(result("int(string(a))", { a }), a);
    }),
    { numRuns },
  );
});
