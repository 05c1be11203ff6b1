import assert from "node:assert/strict";
import { test } from "node:test";
import { RegoSet } from "../value/collection.ts";
import { jsonText } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import { answerOf } from "./answer.ts";
import { graph } from "./graph.ts";

// Each answer is what `opa eval` 1.19 gives, or the error that it shows.
const cases: readonly [name: string, args: readonly Value[], answer: string][] = [
  ["graph.reachable", [{ a: ["b"], b: ["c"], c: [] }, ["a"]], '["a","b","c"]'],
  ["graph.reachable", [{ a: RegoSet.of(["b"]), b: ["a", "x"] }, RegoSet.of(["a"])], '["a","b"]'],
  ["graph.reachable", [{ a: RegoSet.of(["b"]) }, RegoSet.of(["q"])], "[]"],
  ["graph.reachable", [{ a: 1 }, RegoSet.of(["a"])], '["a"]'],
  ["graph.reachable", [[], RegoSet.of(["q"])], "operand 1 must be object but got array"],
  ["graph.reachable", [{}, "a"], "operand 2 must be {array, set} but got string"],
  ["graph.reachable_paths", [{ a: ["b", "c"], b: ["c"], c: [] }, ["a"]], '[["a","b","c"],["a","c"]]'],
  ["graph.reachable_paths", [{ a: ["b"], b: ["a"] }, ["a"]], '[["a","b"]]'],
  ["graph.reachable_paths", [{ a: ["a"] }, ["a"]], '[["a","a"]]'],
  ["graph.reachable_paths", [{ a: ["a", "b"], b: ["x"] }, ["a", "b"]], '[["a","a"],["a","a","b"],["a","b"],["b"]]'],
  ["graph.reachable_paths", [{ a: [] }, RegoSet.of(["a"])], '[["a"]]'],
  ["graph.reachable_paths", [{ a: null }, RegoSet.of(["a"])], '[["a"]]'],
  ["graph.reachable_paths", [{ a: ["b"], b: null }, RegoSet.of(["a"])], '[["a","b"]]'],
  ["graph.reachable_paths", [{ a: ["b", "b"], b: ["c"], c: ["a", "b", "d"] }, RegoSet.of(["a"])], '[["a","b","c"]]'],
  ["graph.reachable_paths", [{}, RegoSet.of(["a"])], "[]"],
  ["graph.reachable_paths", [{}, 1], "operand 2 must be {array, set} but got number"],
  ["graph.reachable_paths", [1, []], "operand 1 must be object but got number"],
];

for (const [name, args, answer] of cases) {
  test(`${name}(${args.map(jsonText).join()})`, () => {
    assert.equal(answerOf(graph, name, args), answer);
  });
}
