import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { compile } from "@sallyport/rego";
import { sameAnswer } from "./answer.ts";
import { program } from "./program.ts";

/** Numbers that look random and are the same everywhere. */
function tape(seed: number, length: number): number[] {
  return Array.from({ length }, (_, i) => (Math.imul(seed * 7919 + i * 104_729 + 1, 2_654_435_761) >>> 8) % 100_000);
}

test("the same numbers make the same program", () => {
  deepEqual(program(tape(1, 200), "p"), program(tape(1, 200), "p"));
});

test("an empty tape makes a program that compiles", () => {
  const { module } = program([], "p");
  deepEqual(compile([{ file: "p", text: module }]).diagnostics, []);
});

test("programs parse, and enough of them compile to be worth comparing", () => {
  const codes = Array.from({ length: 300 }, (_, seed) => {
    const { module } = program(tape(seed, 250), "p");
    return compile([{ file: "p", text: module }]).diagnostics[0]?.code;
  });
  equal(codes.filter((code) => code === "rego_parse_error").length, 0);
  equal(codes.filter((code) => code === undefined).length > 50, true);
});

test("answers differ by kind, code, value and the text of numbers", () => {
  equal(sameAnswer({ result: 1 }, { result: 1 }), true);
  equal(sameAnswer({ result: 1 }, { result: 2 }), false);
  equal(sameAnswer({ result: undefined }, { result: null }), false);
  equal(sameAnswer({ failed: "eval_conflict_error" }, { result: 1 }), false);
  equal(sameAnswer({ refused: ["rego_type_error"] }, { refused: ["rego_type_error"] }), true);
  equal(sameAnswer({ refused: ["rego_type_error"] }, { refused: ["rego_parse_error"] }), false);
});
