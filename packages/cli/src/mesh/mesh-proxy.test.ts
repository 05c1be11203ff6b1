import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openMeshProxy } from "./mesh-proxy.ts";

const listener = { direction: "inbound", port: 1, destination: { ip: "127.0.0.1", port: 2 } };

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "sallyport-mesh-proxy-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const faults: readonly (readonly [name: string, text: string, more: object, expected: RegExp])[] = [
  ["that is no JSON", "{", {}, /^--config .*proxy\.json: no JSON: /],
  ["without listeners", "{}", {}, /^--config .*proxy\.json: listeners: expected a list$/],
  [
    "and a folder that is none",
    JSON.stringify({ listeners: [listener] }),
    { certificates: "/nowhere" },
    /^--certificates \/nowhere: no such folder$/,
  ],
  [
    "and certificates of nobody",
    JSON.stringify({ listeners: [listener] }),
    { certificates: undefined },
    /^--certificates or --ca-address: expected one of them$/,
  ],
  [
    "and certificates of two",
    JSON.stringify({ listeners: [listener] }),
    { caAddress: "localhost:1" },
    /^--certificates or --ca-address: expected one of them$/,
  ],
  [
    "and an authority that is none",
    JSON.stringify({ listeners: [listener] }),
    { certificates: undefined, caAddress: "there" },
    /^--ca-address there: expected HOST:PORT$/,
  ],
  [
    "and an authority without a token",
    JSON.stringify({ listeners: [listener] }),
    { certificates: undefined, caAddress: "localhost:1", rootsFile: "roots.pem" },
    /^--ca-address: expected --token-file and --roots-file with it$/,
  ],
  [
    "and metrics nowhere",
    JSON.stringify({ listeners: [listener] }),
    { metrics: "here" },
    /^--metrics here: expected HOST:PORT such as 127\.0\.0\.1:15020$/,
  ],
];

for (const [name, text, more, expected] of faults)
  test(`a configuration ${name} is told in one line`, async (t) => {
    const path = folder(t);
    const config = join(path, "proxy.json");
    writeFileSync(config, text);
    const options = { config, certificates: path, accessLog: "none", say: () => {}, ...more };
    await assert.rejects(
      openMeshProxy(options),
      ({ message }: Error) => expected.test(message) || assert.fail(message),
    );
  });
