import assert from "node:assert/strict";
import { test } from "node:test";
import { policyFromJson } from "./decode.ts";

/** A plan with these statements in its one block. */
function planOf(...stmts: unknown[]): unknown {
  const block = { stmts };
  return {
    static: { strings: [{ value: "x" }], files: null },
    plans: { plans: [{ name: "main", blocks: [block] }] },
    funcs: { funcs: null },
  };
}

const place = { file: 0, row: 1, col: 1 };
const local = { type: "local", value: 2 };

test("a plan as OPA writes it", () => {
  const policy = policyFromJson(
    planOf(
      { type: "MakeNumberIntStmt", stmt: { value: -1, target: 2, ...place } },
      { type: "NotStmt", stmt: { block: { stmts: [{ type: "BreakStmt", stmt: { index: 1, ...place } }] }, ...place } },
      { type: "BlockStmt", stmt: { blocks: null, ...place } },
    ),
  );
  assert.deepEqual(policy.funcs.funcs, []);
  assert.equal(policy.plans.plans[0]?.blocks[0]?.stmts.length, 3);
});

const wrong: readonly [name: string, json: unknown, message: RegExp][] = [
  ["no object", null, /^plan: must be an object$/],
  ["no plans", { static: {} }, /^plans: must be an object$/],
  ["unknown statement", planOf({ type: "constructor", stmt: {} }), /stmts\[0\]\.type: must be a statement's name$/],
  [
    "code for a number",
    planOf({ type: "MakeNumberIntStmt", stmt: { value: "1;x()", target: 2 } }),
    /must be an integer$/,
  ],
  ["code for a row", planOf({ type: "NopStmt", stmt: { row: "0);x(" } }), /stmt\.row: must be an integer from 0/],
  ["a negative local", planOf({ type: "ResetLocalStmt", stmt: { target: -1 } }), /stmt\.target: must be an integer/],
  ["a huge local", planOf({ type: "ResetLocalStmt", stmt: { target: 1e12 } }), /stmt\.target: must be an integer/],
  [
    "a string that is not there",
    planOf({ type: "IsSetStmt", stmt: { source: { type: "string_index", value: 1 } } }),
    /stmt\.source\.value: must be an integer from 0 to 0$/,
  ],
  [
    "an operand of no kind",
    planOf({ type: "EqualStmt", stmt: { a: local, b: {} } }),
    /stmt\.b\.type: must be local, bool/,
  ],
  ["a break out of the function", planOf({ type: "BreakStmt", stmt: { index: 2 } }), /stmt\.index: must be .* to 0$/],
  [
    "a text for a number",
    planOf({ type: "MakeNumberRefStmt", stmt: { Index: 0, target: 2 } }),
    /stmt\.Index: must be the place of a number's text$/,
  ],
  ["a missing block", planOf({ type: "NotStmt", stmt: {} }), /stmt\.block: must be an object$/],
];

for (const [name, json, message] of wrong) {
  test(`refused: ${name}`, () => assert.throws(() => policyFromJson(json), { name: "PlanError", message }));
}

test("refused: nested too deep", () => {
  let stmt: unknown = { type: "NopStmt", stmt: {} };
  for (let i = 0; i < 1000; i++) stmt = { type: "NotStmt", stmt: { block: { stmts: [stmt] } } };
  assert.throws(() => policyFromJson(planOf(stmt)), /nested at most 500 deep/);
});
