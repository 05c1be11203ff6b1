import assert from "node:assert/strict";
import { test } from "node:test";
import { type AstJsonOptions, astJsonOfModule, astJsonText } from "./ast-json.ts";
import { parseModuleOrThrow } from "./parser.ts";

/** The JSON of the first rule's head and body. */
function ruleJson(rule: string, options: AstJsonOptions = {}): string {
  const text = astJsonText(astJsonOfModule(parseModuleOrThrow(`package a\n${rule}`), options));
  return text.replace(/^.*"rules":\[/, "").replace(/\]\}$/, "");
}

const name = '"name":"p"';
const ref = '"ref":[{"type":"var","value":"p"}]';
const yes = '{"type":"boolean","value":true}';

const cases: readonly (readonly [rule: string, wanted: string])[] = [
  [
    "p := 1",
    `{"body":[{"index":0,"terms":${yes}}],"head":{${name},"value":{"type":"number","value":1},"assign":true,${ref}}}`,
  ],
  ["p contains null", `{"body":[{"index":0,"terms":${yes}}],"head":{${name},"key":{"type":"null","value":{}},${ref}}}`],
  [
    "default p := {2, 1}",
    `{"body":[{"index":0,"terms":${yes}}],"default":true,"head":{${name},"value":{"type":"set","value":` +
      `[{"type":"number","value":1},{"type":"number","value":2}]},"assign":true,${ref}}}`,
  ],
  [
    "p if not input",
    '{"body":[{"index":0,"negated":true,"terms":{"type":"ref","value":[{"type":"var","value":"input"}]}}],' +
      `"head":{${name},"value":${yes},${ref}}}`,
  ],
];

for (const [rule, wanted] of cases) {
  test(`ast json: ${rule}`, () => {
    assert.equal(ruleJson(rule), wanted);
  });
}

test("ast json: places with the Base64 of their text, where there is one", () => {
  const json = ruleJson("p if (x)", { locations: true });
  assert.ok(json.includes('"location":{"file":"","row":2,"col":7,"text":"KHgp"},"type":"var","value":"x"'));
  assert.ok(json.includes('"value":{"type":"boolean","value":true},"ref"'));
});
