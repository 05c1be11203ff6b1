import assert from "node:assert/strict";
import { test } from "node:test";
import { RegoObject, RegoSet } from "../value/collection.ts";
import { jsonText } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import { answerOf } from "./answer.ts";
import { jsonPaths } from "./json-paths.ts";

// Each answer is what `opa eval` 1.19 gives, or the error that it shows.
const cases: readonly [name: string, args: readonly Value[], answer: string][] = [
  ["json.remove", [{ a: { b: 1, c: 2 } }, ["a/b"]], '{"a":{"c":2}}'],
  ["json.remove", [{ a: { b: 1, c: 2 } }, ["/a/b/", "//a"]], "{}"],
  ["json.remove", [{ a: { b: 1, c: 2 } }, RegoSet.of(["a/b", "a/c"])], '{"a":{}}'],
  ["json.remove", [{ a: [{ b: 1 }, { c: 2 }] }, ["a/0/b", "a/1"]], '{"a":[{}]}'],
  ["json.remove", [{ a: [1, 2, 3] }, ["a/0", "a/1"]], '{"a":[3]}'],
  ["json.remove", [{ a: [1, 2, 3] }, [["a", 0]]], '{"a":[1,2,3]}'],
  ["json.remove", [{ a: [1, 2, 3] }, [["a", "0"]]], '{"a":[2,3]}'],
  [
    "json.remove",
    [{ a: [1, 2, 3] }, [1]],
    "operand 2 must be one of {set, array} containing string paths or array of path segments but got number",
  ],
  ["json.remove", [{ a: [1, 2, 3] }, "a"], "operand 2 must be one of {set, array} but got string"],
  ["json.remove", [{ a: [1, 2, 3] }, [""]], '{"a":[1,2,3]}'],
  ["json.remove", [{ a: RegoSet.of(["x", "y"]) }, ["a/x"]], '{"a":["y"]}'],
  ["json.remove", [{ a: RegoObject.of([[1, 2]]) }, [["a", 1]]], '{"a":{}}'],
  ["json.remove", [[1], ["0"]], "operand 1 must be object but got array"],
  ["json.filter", [{ a: { b: 1, c: 2 } }, ["a/b"]], '{"a":{"b":1}}'],
  ["json.filter", [{ a: { b: 1, c: 2 } }, ["a/b/z"]], '{"a":{"b":1}}'],
  ["json.filter", [{ a: { b: 1, c: 2 } }, ["z"]], "{}"],
  ["json.filter", [{ a: { b: 1, c: 2 } }, []], "{}"],
  ["json.filter", [{ a: { b: 1, c: 2 } }, [""]], "{}"],
  ["json.filter", [{ a: [1, { x: 1, y: 2 }] }, ["a/1/x"]], '{"a":[{"x":1}]}'],
  ["json.filter", [{ a: [1, { x: 1, y: 2 }] }, [["a", 1]]], '{"a":[]}'],
  ["json.filter", [{ a: RegoSet.of(["x", "y"]) }, ["a/x"]], '{"a":["x"]}'],
  ["json.filter", [{ a: [1, 2] }, ["a", "a/1"]], '{"a":[1,2]}'],
  ["json.filter", [{ a: [1, 2] }, ["a/1", "a"]], '{"a":[1,2]}'],
  ["json.filter", [{ a: [1, 2] }, {}], "operand 2 must be one of {set, array} but got object"],
  ["json.filter", [1, []], "operand 1 must be object but got number"],
];

for (const [name, args, answer] of cases) {
  test(`${name}(${args.map(jsonText).join()})`, () => {
    assert.equal(answerOf(jsonPaths, name, args), answer);
  });
}
