import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readMeshConfig } from "./mesh-config.ts";

function read(t: TestContext, text: string) {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-mesh-config-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "mesh.yaml");
  writeFileSync(path, text);
  return readMeshConfig(path);
}

test("of Istio's MeshConfig the mesh is read, and who authorizes", (t) => {
  const provider = {
    name: "p",
    envoyExtAuthzGrpc: { service: "authz.shop.svc.cluster.local", port: 9000, timeout: "2s" },
  };
  const config = {
    trustDomain: "example.org",
    accessLogFile: "/dev/stdout",
    extensionProviders: [{ name: "zipkin", zipkin: { service: "zipkin", port: 9411 } }, provider],
  };
  assert.deepEqual(read(t, JSON.stringify(config)), { trustDomain: "example.org", extensionProviders: [provider] });
});

const faults: readonly (readonly [text: string, expected: RegExp])[] = [
  ["[]", /: expected an object$/],
  ["a: [", /^--mesh-config .*mesh\.yaml: /],
  ["trustDomain: 1", /: trustDomain: expected a text$/],
  ["trustDomainAliases: a", /: trustDomainAliases: expected a list of texts$/],
  ["extensionProviders: {}", /: extensionProviders: expected a list$/],
  ["extensionProviders: [{}]", /: extensionProviders\[0\]\.name: expected a text$/],
  [
    "extensionProviders: [{ name: p, envoyExtAuthzHttp: { service: a, port: 1, pathPrefix: x } }]",
    /: extensionProviders\[0\] \(p\): pathPrefix must begin with `\/`, found: "x"$/,
  ],
];

for (const [text, expected] of faults)
  test(`a file is refused: ${text}`, (t) =>
    assert.throws(
      () => read(t, text),
      ({ name, message }: Error) => name === "InputError" && expected.test(message),
    ));
