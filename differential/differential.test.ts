import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { compileProgram, sameAnswer } from "./answer.ts";
import { findOpa } from "./opa-server.ts";
import { startPeer } from "./peer.ts";
import { program } from "./program.ts";
import { repairedTimes } from "./repair.ts";
import { runDifferential } from "./run.ts";
import { shrink } from "./shrink.ts";
import { randomTape } from "./tape.ts";

test("the same numbers make the same program", () => {
  deepEqual(program(randomTape(1, 2)), program(randomTape(1, 2)));
  notEqual(program(randomTape(1, 2)).module, program(randomTape(1, 3)).module);
});

test("an empty tape makes a program that compiles", () => {
  deepEqual(compileProgram(program([])).diagnostics, []);
});

test("programs parse, and most compile once they are repaired", () => {
  const made = Array.from({ length: 100 }, (_, i) => program(randomTape(7, i)));
  const codes = made.flatMap((each) => compileProgram(each).diagnostics.map(({ code }) => code));
  equal(codes.filter((code) => code === "rego_parse_error").length, 0);
  const compiling = made.filter((each) =>
    [0, 1, 2, 3].some((times) => {
      const repaired = repairedTimes(each, times);
      return repaired !== undefined && compileProgram(repaired).policy !== undefined;
    }),
  );
  ok(compiling.length > 85, `${compiling.length} of 100`);
});

test("answers differ by kind, code, value and the text of numbers", () => {
  equal(sameAnswer({ result: 1 }, { result: 1 }), true);
  equal(sameAnswer({ result: 1 }, { result: 2 }), false);
  equal(sameAnswer({ result: undefined }, { result: null }), false);
  equal(sameAnswer({ failed: "eval_conflict_error" }, { result: 1 }), false);
  equal(sameAnswer({ refused: ["rego_type_error"] }, { refused: ["rego_type_error"] }), true);
  equal(sameAnswer({ refused: ["rego_type_error"] }, { refused: ["rego_parse_error"] }), false);
  equal(sameAnswer({ refused: ["a", "b"] }, { refused: ["a"], isCut: true }), true);
  equal(sameAnswer({ refused: ["b"] }, { refused: ["a"], isCut: true }), false);
});

test("a program is made small as long as it shows what it showed", async () => {
  const small = await shrink(randomTape(1, 1), program, async ({ module }) => /count\(/.test(module));
  ok(/count\(/.test(small.module));
  ok(small.module.length < program(randomTape(1, 1)).module.length || small.module.length < 60);
});

/** In a long run it is 100,000: `npm run differential -- 100000`. */
const programs = 2_000;

/** More than anybody waits for; in quiet they take half a minute. */
const timeout = 600_000;

test(`${programs} random programs give what OPA gives`, { timeout }, async (t) => {
  const opa = findOpa();
  const peer = startPeer("missing" in opa ? undefined : opa.file);
  if ("missing" in peer) {
    t.skip(peer.missing);
    return;
  }
  t.after(() => peer.stop());
  const { counts, categories } = await runDifferential(peer, { programs, seed: 20_260_101, examples: 1 });
  deepEqual(categories, []);
  ok(counts.programs - counts.peerBroke >= programs, `the peer answered ${counts.programs - counts.peerBroke}`);
});
