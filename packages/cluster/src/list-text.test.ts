import assert from "node:assert/strict";
import { test } from "node:test";
import { splitList } from "./list-text.ts";

const tricky = { name: 'a "b\\" ]}, {[', nested: { items: [1, { items: ["]"] }] }, empty: [], text: "\\" };

const lists: readonly object[] = [
  { kind: "PodList", metadata: { continue: "x", items: [7] }, items: [tricky, { a: 1 }, tricky] },
  { items: [], kind: "PodList" },
  { kind: "items", items: [tricky] },
  { a: ["items", { items: [1] }], items: [[1, 2], "x,y", 3, null, "é\u{1f600}"], b: "items" },
];

for (const list of lists)
  for (const space of [0, 2])
    test(`taken apart and put together: ${JSON.stringify(list, undefined, space).slice(0, 60)}`, () => {
      const found = splitList(JSON.stringify(list, undefined, space));
      assert.deepEqual(
        {
          ...(JSON.parse(found?.list ?? "") as object),
          items: found?.items.map((each) => JSON.parse(each) as unknown),
        },
        list,
      );
    });

const others: readonly string[] = [
  "",
  "not found",
  '{"kind":"Status","code":404}',
  '{"items":null}',
  '{"items":{"a":[1]}}',
  '{"metadata":{"items":[1]}}',
  '["items",[1]]',
  '{"items":[{"a":1},',
  '{"items":["a',
];

for (const text of others) test(`left as it is: ${text || "nothing"}`, () => assert.equal(splitList(text), undefined));

test("what stands between commas is an item, also where it is no JSON", () => {
  assert.deepEqual(splitList('{"items":[1,,2,]}')?.items, ["1", "", "2", ""]);
});
