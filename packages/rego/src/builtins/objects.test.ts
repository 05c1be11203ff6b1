import assert from "node:assert/strict";
import { test } from "node:test";
import { RegoObject, RegoSet } from "../value/collection.ts";
import { jsonText } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import { answerOf } from "./answer.ts";
import { objects } from "./objects.ts";

// Each answer is what `opa eval` 1.19 gives, or the error that it shows.
const cases: readonly [name: string, args: readonly Value[], answer: string][] = [
  ["object.get", [{ a: { b: [1, 2] } }, ["a", "b", 1], "d"], "2"],
  ["object.get", [{ a: { b: [1, 2] } }, ["a", "b", 7], "d"], '"d"'],
  ["object.get", [{ a: { b: [1, 2] } }, [], "d"], '{"a":{"b":[1,2]}}'],
  ["object.get", [{ a: { b: RegoSet.of(["x"]) } }, ["a", "b", "x"], "d"], '"x"'],
  ["object.get", [{ a: 1 }, "a", "d"], "1"],
  ["object.get", [{ a: false }, "a", "d"], "false"],
  ["object.get", [{ a: null }, "a", "d"], "null"],
  ["object.get", [RegoObject.of([[1, 2]]), 1, "d"], "2"],
  ["object.get", [[1], 0, "d"], "operand 1 must be object but got array"],
  ["object.get", [{ a: 1 }, ["a", "b"], "d"], '"d"'],
  ["object.get", [RegoObject.of([[["a"], 1]]), ["a"], "d"], '"d"'],
  [
    "object.keys",
    [
      RegoObject.of([
        ["b", 1],
        ["a", 2],
        [3, 4],
      ]),
    ],
    '[3,"a","b"]',
  ],
  ["object.keys", [[1]], "operand 1 must be object but got array"],
  ["object.union", [{ a: 1 }, { b: 2 }], '{"a":1,"b":2}'],
  ["object.union", [{ a: { x: 1 } }, { a: { y: 2 } }], '{"a":{"x":1,"y":2}}'],
  ["object.union", [{ a: { x: 1 } }, { a: 2 }], '{"a":2}'],
  ["object.union", [{ a: 1 }, { a: { y: 2 } }], '{"a":{"y":2}}'],
  ["object.union", [1, { a: { y: 2 } }], "operand 1 must be object but got number"],
  ["object.union", [{}, 1], "operand 2 must be object but got number"],
  ["object.union_n", [[{ a: { b: 2 } }, { a: 4 }, { a: { c: 3 } }]], '{"a":{"c":3}}'],
  ["object.union_n", [[]], "{}"],
  ["object.union_n", [[{ a: 1 }]], '{"a":1}'],
  ["object.union_n", [[1]], "operand 1 must be array of objects but got array containing number"],
  ["object.union_n", [[{}, 1]], "operand 1 must be array of objects but got array containing number"],
  ["object.union_n", [{}], "operand 1 must be array but got object"],
  [
    "object.union_n",
    [[{ a: { x: 1, y: { z: 1 } } }, { a: { y: { w: 2 } } }, { b: 1 }]],
    '{"a":{"x":1,"y":{"w":2,"z":1}},"b":1}',
  ],
  ["object.remove", [{ a: 1, b: 2 }, ["a"]], '{"b":2}'],
  ["object.remove", [{ a: 1, b: 2 }, RegoSet.of(["a"])], '{"b":2}'],
  ["object.remove", [{ a: 1, b: 2 }, { a: 1 }], '{"b":2}'],
  ["object.remove", [{ a: 1, b: 2 }, "a"], "operand 2 must be one of {object, set, array} but got string"],
  ["object.remove", [1, ["a"]], "operand 1 must be object but got number"],
  ["object.filter", [{ a: 1, b: 2 }, ["a"]], '{"a":1}'],
  ["object.filter", [{ a: 1, b: 2 }, RegoSet.of(["a", "z"])], '{"a":1}'],
  ["object.filter", [{ a: 1, b: 2 }, { a: { z: 1 } }], '{"a":1}'],
  ["object.filter", [{ a: 1, b: 2 }, 1], "operand 2 must be one of {object, set, array} but got number"],
  [
    "object.filter",
    [
      RegoObject.of([
        [1, 1],
        ["b", 2],
      ]),
      [1],
    ],
    '{"1":1}',
  ],
  ["object.subset", [{ a: 1, b: 2 }, { a: 1 }], "true"],
  ["object.subset", [{ a: { b: 1, c: 2 } }, { a: { b: 1 } }], "true"],
  ["object.subset", [{ a: [1, 2, 3] }, { a: [1, 2] }], "true"],
  ["object.subset", [{ a: [1, 2, 3] }, { a: RegoSet.of([1, 2]) }], "false"],
  ["object.subset", [{ a: RegoSet.of([1, 2, 3]) }, { a: RegoSet.of([1, 2]) }], "true"],
  [
    "object.subset",
    [
      [1, 2, 3],
      [2, 3],
    ],
    "true",
  ],
  [
    "object.subset",
    [
      [1, 2, 3],
      [1, 3],
    ],
    "false",
  ],
  ["object.subset", [[1, 2, 3], []], "true"],
  ["object.subset", [[], []], "true"],
  ["object.subset", [[1, 1], RegoSet.of([1, 2])], "true"],
  ["object.subset", [[1, 2, 3], RegoSet.of([3, 1])], "true"],
  ["object.subset", [[], RegoSet.of([])], "false"],
  ["object.subset", [[1], RegoSet.of([])], "true"],
  ["object.subset", [RegoSet.of([1, 2]), RegoSet.of([1])], "true"],
  [
    "object.subset",
    [RegoSet.of([1, 2]), [1]],
    "both arguments object.subset must be of the same type or array and set",
  ],
  ["object.subset", [1, 1], "both arguments object.subset must be of the same type or array and set"],
  ["object.subset", [{ a: 1 }, [1]], "both arguments object.subset must be of the same type or array and set"],
];

for (const [name, args, answer] of cases) {
  test(`${name}(${args.map(jsonText).join()})`, () => {
    assert.equal(answerOf(objects, name, args), answer);
  });
}
