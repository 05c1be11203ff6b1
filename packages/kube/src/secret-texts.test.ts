import assert from "node:assert/strict";
import { test } from "node:test";
import { secretTextsOf, withoutTexts } from "./secret-texts.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const secret = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "orders", namespace: "a" },
  data: {
    k: base64("canary-one"),
    longer: base64("canary-one-and-more"),
    quoted: base64('canary "q"'),
    short: base64("ab"),
    own: base64("orders"),
  },
  stringData: { s: "canary-two" },
};

for (const [text, shown] of [
  [`bad {"k": "${base64("canary-one")}"}`, 'bad {"k": "(10 bytes)"}'],
  ["canary-one is no canary-two", "(10 bytes) is no (10 bytes)"],
  ["canary-one-and-more", "(19 bytes)"],
  ['it is {"a":"canary \\"q\\""}', 'it is {"a":"(10 bytes)"}'],
  ["about ab, a", "about ab, a"],
  ['secrets "orders" is forbidden', 'secrets "orders" is forbidden'],
] as const)
  test(`what quotes a Secret's values tells their lengths: ${shown}`, () => {
    assert.deepEqual(withoutTexts({ a: [text], n: 1, none: null }, secretTextsOf(secret)), {
      a: [shown],
      n: 1,
      none: null,
    });
  });

test("other objects have no secret texts", () => {
  assert.deepEqual(secretTextsOf({ ...secret, kind: "ConfigMap" }), []);
  assert.deepEqual(secretTextsOf(null), []);
});
