import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../engine.ts";
import { RegoSet } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import { BuiltinError } from "./builtin.ts";
import { output } from "./output.ts";

function run(name: string, args: readonly Value[]): string[] {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const effects = {
    nowNs: 0n,
    randomBytes: (size: number) => new Uint8Array(size),
    env: {},
    print: write,
    note: write,
  };
  const builtin = output.find((each) => each.name === name);
  assert.equal(builtin?.call(args, { effects, cache: new Map() }), true);
  return lines;
}

test("print writes a line for each combination of its operands' values", () => {
  const rows: readonly (readonly [operands: readonly Value[], ...lines: string[]])[] = [
    [["a"], "a"],
    [[RegoSet.of(["a"]), RegoSet.of([{ b: [1] }])], 'a {"b": [1]}'],
    [[RegoSet.of([]), RegoSet.of([1])], "<undefined> 1"],
    [[RegoSet.of([1, 2]), RegoSet.of(["x", "y"])], "1 x", "1 y", "2 x", "2 y"],
    [[], ""],
  ];
  for (const [operands, ...lines] of rows) assert.deepEqual(run("internal.print", [operands]), lines);
});

test("trace notes a string, and nothing else", () => {
  assert.deepEqual(run("trace", ["here"]), ["here"]);
  assert.throws(
    () => run("trace", [1]),
    new BuiltinError("operand 1 must be string but got number", "eval_type_error"),
  );
});

test("print is told where it stands, by every evaluator", async () => {
  const text = 'package p\n\nx if {\n\tprint("here", input.a)\n}';
  const { policy } = compile([{ file: "./a/p.rego", text }], { compile: { print: true } });
  const told: unknown[] = [];
  const effects = { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} };
  const options = {
    input: { a: 1 },
    effects: { ...effects, print: (...args: readonly unknown[]) => void told.push(args) },
  };
  policy?.evaluate("p/x", options);
  policy?.evaluate("p/x", { ...options, evaluator: "interpreter" });
  policy?.walk("data.p.x", options);
  await policy?.evaluateAsync("p/x", options);
  assert.deepEqual(told, Array(4).fill(["here 1", { file: "./a/p.rego", row: 4, col: 2 }]));
});
