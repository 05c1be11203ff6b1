import assert from "node:assert/strict";
import { test } from "node:test";
import { RegoSet } from "../value/collection.ts";
import { jsonText } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import { answerOf } from "./answer.ts";
import { jsonPatch } from "./json-patch.ts";

// Each answer is what `opa eval` 1.19 gives, or the error that it shows.
const cases: readonly [name: string, args: readonly Value[], answer: string][] = [
  ["json.patch", [{ a: 1 }, [{ op: "add", path: "/b", value: 2 }]], '{"a":1,"b":2}'],
  ["json.patch", [{ a: 1 }, [{ op: "add", path: "b", value: 2 }]], '{"a":1,"b":2}'],
  ["json.patch", [{ a: 1 }, [{ op: "add", path: ["b"], value: 2 }]], '{"a":1,"b":2}'],
  [
    "json.patch",
    [{ a: 1 }, [{ op: "add", path: ["b", "c"], value: 2 }]],
    'path "b" does not exist in object term {"a": 1}',
  ],
  ["json.patch", [{ a: [1, 2] }, [{ op: "add", path: "/a/-", value: 3 }]], '{"a":[1,2,3]}'],
  ["json.patch", [{ a: [1, 2] }, [{ op: "add", path: "/a/1", value: 3 }]], '{"a":[1,3,2]}'],
  ["json.patch", [{ a: [1, 2] }, [{ op: "add", path: "/a/2", value: 3 }]], '{"a":[1,2,3]}'],
  ["json.patch", [{ a: [1, 2] }, [{ op: "add", path: "/a/3", value: 3 }]], "index for array insertion out of bounds"],
  ["json.patch", [{ a: [1, 2] }, [{ op: "add", path: "/a/-1", value: 3 }]], "index for array insertion out of bounds"],
  [
    "json.patch",
    [{ a: [1, 2] }, [{ op: "add", path: "/a/01", value: 3 }]],
    "leading zeros are not allowed in JSON paths",
  ],
  ["json.patch", [{ a: [1, 2] }, [{ op: "add", path: "/a/x", value: 3 }]], "invalid string for indexing"],
  ["json.patch", [{ a: [1, 2] }, [{ op: "add", path: ["a", true], value: 3 }]], "invalid type for indexing"],
  ["json.patch", [{ a: [1, 2] }, [{ op: "add", path: ["a", 1.5], value: 3 }]], "invalid number type for indexing"],
  ["json.patch", [{ a: [1, 2] }, [{ op: "remove", path: "/a/0" }]], '{"a":[2]}'],
  ["json.patch", [{ a: [1, 2] }, [{ op: "remove", path: "/a/2" }]], "index for array delete out of bounds"],
  ["json.patch", [{ a: [1, 2] }, [{ op: "remove", path: "/a/-" }]], "index for array delete out of bounds"],
  ["json.patch", [{ a: [1, 2] }, [{ op: "remove", path: "/b" }]], 'cannot delete child key "b" that does not exist'],
  [
    "json.patch",
    [{ a: [1, 2] }, [{ op: "remove", path: "/b/c" }]],
    'path "b" does not exist in object term {"a": [1, 2]}',
  ],
  [
    "json.patch",
    [
      { a: [1, 2] },
      [
        { op: "remove", path: "" },
        { op: "add", path: "", value: 1 },
      ],
    ],
    "1",
  ],
  [
    "json.patch",
    [
      { a: [1, 2] },
      [
        { op: "remove", path: "" },
        { op: "add", path: "/a", value: 1 },
      ],
    ],
    "deleted node encountered during insert operation",
  ],
  ["json.patch", [{ a: [1, 2] }, [{ op: "replace", path: "/a", value: 7 }]], '{"a":7}'],
  ["json.patch", [{ a: [1, 2] }, [{ op: "replace", path: "/a/1", value: 7 }]], '{"a":[1,7]}'],
  ["json.patch", [{ a: [1, 2] }, [{ op: "replace", path: "/a/1" }]], "missing required attribute 'value'"],
  ["json.patch", [{ a: [1, 2] }, [{ op: "replace", path: "", value: 7 }]], "7"],
  [
    "json.patch",
    [{ a: [1, 2] }, [{ op: "replace", path: "/q", value: 7 }]],
    'cannot delete child key "q" that does not exist',
  ],
  ["json.patch", [{ a: [1, 2], b: {} }, [{ op: "move", path: "/b/c", from: "/a" }]], '{"b":{"c":[1,2]}}'],
  [
    "json.patch",
    [{ a: [1, 2], b: {} }, [{ op: "move", path: "/b/c", from: "/x" }]],
    'path "x" does not exist in object term {"a": [1, 2], "b": {}}',
  ],
  ["json.patch", [{ a: [1, 2], b: {} }, [{ op: "move", path: "/b/c" }]], "missing required attribute 'from'"],
  ["json.patch", [{ a: [1, 2], b: {} }, [{ op: "copy", path: "/b/c", from: "/a/0" }]], '{"a":[1,2],"b":{"c":1}}'],
  [
    "json.patch",
    [{ a: [1, 2], b: {} }, [{ op: "copy", path: "/b/c", from: "/a/7" }]],
    "path 7 does not exist in array term [1, 2]",
  ],
  ["json.patch", [{ a: [1, 2], b: {} }, [{ op: "test", path: "/a/0", value: 1 }]], '{"a":[1,2],"b":{}}'],
  [
    "json.patch",
    [{ a: [1, 2], b: {} }, [{ op: "test", path: "/a/0", value: { z: "q" } }]],
    'value from EditTree != patch value.\n\nExpected: {"z": "q"}\n\nFound: 1',
  ],
  ["json.patch", [{ a: [1, 2], b: {} }, [{ op: "test", path: "/a/0" }]], "missing required attribute 'value'"],
  ["json.patch", [{ a: [1, 2], b: {} }, [{ op: "nope", path: "/a/0" }]], "unrecognized op: 'nope'"],
  ["json.patch", [{ a: [1, 2], b: {} }, [{ path: "/a/0" }]], "missing required attribute 'op'"],
  [
    "json.patch",
    [{ a: [1, 2], b: {} }, [{ op: 1, path: "/a/0" }]],
    "attribute 'op' must be a string but found: number",
  ],
  ["json.patch", [{ a: [1, 2], b: {} }, [{ op: "add" }]], "missing required attribute 'path'"],
  [
    "json.patch",
    [{ a: [1, 2], b: {} }, [{ op: "add", path: 1, value: 1 }]],
    "operand 2 must be one of {set, array} containing string paths or array of path segments but got number",
  ],
  [
    "json.patch",
    [{ a: [1, 2], b: {} }, [1]],
    "must be an array of JSON-Patch objects, but at least one element is not an object",
  ],
  ["json.patch", [{ a: [1, 2], b: {} }, {}], "operand 2 must be array but got object"],
  [
    "json.patch",
    [{ a: 1 }, [{ op: "add", path: "/a/b", value: 1 }]],
    "expected composite type, found value: 1 (type: ast.Number)",
  ],
  [
    "json.patch",
    [{ a: "s" }, [{ op: "remove", path: "/a/b" }]],
    'expected composite type, found value: "s" (type: ast.String)',
  ],
  [
    "json.patch",
    [{ a: { b: null } }, [{ op: "add", path: "/a/b/c/d", value: 1 }]],
    'expected composite type for path "c", found value: null (type: ast.Null)',
  ],
  [
    "json.patch",
    [{ a: { b: true } }, [{ op: "add", path: "/a/b/c", value: 1 }]],
    "expected composite type, found value: true (type: ast.Boolean)",
  ],
  ["json.patch", [RegoSet.of([1, 2]), [{ op: "add", path: [3], value: 3 }]], "[1,2,3]"],
  [
    "json.patch",
    [RegoSet.of([1, 2]), [{ op: "add", path: [3], value: 4 }]],
    "set key 3 does not equal value to be inserted 4",
  ],
  ["json.patch", [RegoSet.of([1, 2]), [{ op: "remove", path: [1] }]], "[2]"],
  ["json.patch", [RegoSet.of([1, 2]), [{ op: "remove", path: [7] }]], "cannot delete child key 7 that does not exist"],
  [
    "json.patch",
    [{ a: RegoSet.of([1, 2]) }, [{ op: "remove", path: ["a", 7, 8] }]],
    "path 7 does not exist in set term {1, 2}",
  ],
  [
    "json.patch",
    [{ a: RegoSet.of([{ x: 1 }]) }, [{ op: "add", path: ["a", { x: 1 }, "y"], value: 2 }]],
    '{"a":[{"x":1,"y":2}]}',
  ],
  ["json.patch", [[1, [2]], [{ op: "add", path: [1, 0], value: 2 }]], "[1,[2,2]]"],
  [
    "json.patch",
    [1, [{ op: "add", path: "/a", value: 2 }]],
    "expected composite type, found value: 1 (type: ast.Number)",
  ],
  ["json.patch", [1, []], "1"],
  [
    "json.patch",
    [
      { "a/b": 1, "c~d": 2 },
      [
        { op: "remove", path: "/a~1b" },
        { op: "remove", path: "/c~0d" },
      ],
    ],
    "{}",
  ],
  ["json.patch", [{ "": 1 }, [{ op: "remove", path: "/" }]], "{}"],
  ["json.patch", [{ a: { "": 1 } }, [{ op: "remove", path: "/a/" }]], '{"a":{}}'],
];

for (const [name, args, answer] of cases) {
  test(`${name}(${args.map(jsonText).join()})`, () => {
    assert.equal(answerOf(jsonPatch, name, args), answer);
  });
}
