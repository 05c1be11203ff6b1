import assert from "node:assert/strict";
import { test } from "node:test";
import { withServer } from "../../server.fixture.ts";

const place = "/api/v1/namespaces/default";

const advice = /^target.name: Invalid value: "a\/b": a lowercase RFC 1123 subdomain must consist of/;

const refused: readonly (readonly [path: string, body: object, code: number, message: RegExp])[] = [
  ["bindings", { metadata: { name: "absent" }, target: { name: "a/b" } }, 500, advice],
  ["bindings", { metadata: { name: "absent" }, target: { name: "a" } }, 404, /^pods "absent" not found$/],
  ["bindings", { target: { name: "a" } }, 400, /^Name parameter required\.$/],
  [
    "bindings",
    { metadata: { name: "a/b" }, target: { name: "a" } },
    400,
    /^Name parameter invalid: "a\/b": may not contain '\/'$/,
  ],
  [
    "bindings",
    { metadata: { name: "absent" }, target: { kind: "Odd", name: "a/b" } },
    500,
    /^target.kind: Unsupported value: "Odd": supported values: "Node", "<empty>"$/,
  ],
  ["pods/a/binding", { metadata: { name: "a" }, target: {} }, 500, /^target.name: Required value$/],
  ["pods/a/binding", { metadata: { name: "b" }, target: { name: "a" } }, 400, /does not match name in Binding object$/],
];

test("a binding is held against its rules before its pod is looked for", () =>
  withServer(async ({ call }) => {
    for (const [path, body, code, message] of refused) {
      const answer = await call(`${place}/${path}`, { body });
      assert.equal(answer.code, code, `${path} ${JSON.stringify(body)}`);
      assert.match(answer.body.message, message);
    }
  }));
