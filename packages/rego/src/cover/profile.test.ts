import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../engine.ts";
import { Profile, type ProfileOptions } from "./profile.ts";

const effects = { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} };

/** Each look at the clock is a millisecond later. `row eval/redo/expressions` per row. */
function profileOf(rules: string, options: ProfileOptions = {}): readonly string[] {
  let now = 0;
  const tracer = new Profile(() => now++);
  const { policy } = compile([{ file: "p.rego", text: `package p\n${rules}` }]);
  policy?.walk("x = data.p.p", { effects, tracer });
  return tracer
    .report({ sort: ["line"], ...options })
    .filter(({ location }) => location.file !== "")
    .map(({ location, num_eval, num_redo, num_gen_expr }) => `${location.row} ${num_eval}/${num_redo}/${num_gen_expr}`);
}

test("evaluations, redos and expressions of each line, the last line first", () => {
  assert.deepEqual(profileOf("p if {\n some x in [1, 2]\n x == 2\n}"), ["4 2/1/1", "3 2/3/2"]);
});

test("expressions of different bodies count once by their places", () => {
  assert.deepEqual(profileOf("p if {\n not q\n}\nq if 1 == 2"), ["5 1/0/1", "3 2/0/1"]);
});

test("criteria and limit", () => {
  const rules = "p if {\n some x in [1, 2, 3]\n x > 0\n x == 3\n}";
  assert.deepEqual(profileOf(rules, { limit: 1 }), ["5 3/1/1"]);
  assert.deepEqual(profileOf(rules, { sort: ["num_gen_expr", "line"] }), ["3 2/4/2", "5 3/1/1", "4 3/3/1"]);
  assert.deepEqual(profileOf(rules, { sort: ["num_redo"], limit: -1 }).length, 3);
});
