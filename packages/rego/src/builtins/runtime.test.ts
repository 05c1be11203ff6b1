import assert from "node:assert/strict";
import { test } from "node:test";
import type { Value } from "../value/value.ts";
import { answerOf } from "./answer.ts";
import { runtime } from "./runtime.ts";

const cases: readonly [name: string, info: Value | undefined, answer: string][] = [
  ["the environment", undefined, '{"env":{"A":"b"}}'],
  ["what was given", { version: "1" }, '{"version":"1"}'],
  [
    "configuration without secrets",
    {
      config: {
        keys: { k: { algorithm: "RS256", key: "secret", private_key: "secret" } },
        labels: { a: "b" },
        services: { s: { credentials: { bearer: {} }, url: "u" } },
      },
      version: "1",
    },
    '{"config":{"keys":{"k":{"algorithm":"RS256"}},"labels":{"a":"b"},"services":{"s":{"url":"u"}}},"version":"1"}',
  ],
  [
    "services in a list",
    { config: { services: [{ credentials: 1, name: "s" }] } },
    '{"config":{"services":[{"name":"s"}]}}',
  ],
];

for (const [name, info, answer] of cases) {
  test(name, () => {
    const effects = { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: { A: "b" } };
    const state = { effects: info === undefined ? effects : { ...effects, runtime: info }, cache: new Map() };
    assert.equal(answerOf(runtime, "opa.runtime", [], state), answer);
  });
}
