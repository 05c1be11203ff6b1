import { deepEqual, equal, match } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { JsonObject } from "@sallyport/rego";
import { PolicyState } from "../server/policy-state.ts";
import { until } from "./control-plane.fixture.ts";
import { Plugins } from "./plugins.ts";
import { TestRegistry } from "./registry.fixture.ts";

const polling = { min_delay_seconds: 0.02, max_delay_seconds: 0.03 };
const files = { ".manifest": '{"revision": "1", "roots": ["a"]}', "a/data.json": '{"owner": "ann"}' };

async function start(t: TestContext, registry: TestRegistry, credentials: JsonObject = {}) {
  const folder = mkdtempSync(join(tmpdir(), "oci-bundles-"));
  const log: string[] = [];
  const state = new PolicyState();
  const plugins = new Plugins({
    config: {
      services: { registry: { url: `http://${registry.host}`, type: "oci", credentials } },
      bundles: {
        authz: { service: "registry", resource: "registry.example.com/org/policy:v1", polling, persist: true },
      },
      persistence_directory: folder,
    },
    state,
    regoVersion: "v1",
    host: {
      log: (_, message) => log.push(message),
      fault: () => {},
      console: () => {},
      timestamp: () => "now",
      clock: () => 0,
      environment: {},
      agent: "Open-Policy-Agent/1",
    },
  });
  t.after(async () => {
    await plugins.stop();
    registry.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await plugins.start();
  const owner = () => ((state.generation.data.root as JsonObject)["a"] as JsonObject | undefined)?.["owner"];
  return { log, owner, state };
}

test("a bundle of a registry comes into force, and again when its tag stands for another", async (t) => {
  const registry = await TestRegistry.start();
  const first = await registry.push("v1", files);
  const { owner, state } = await start(t, registry);
  equal(owner(), "ann");
  equal(
    (state.generation.data.root as { system: { bundles: { authz: { etag: string } } } }).system.bundles.authz.etag,
    first,
  );
  await until(() => registry.asked.filter((each) => each.startsWith("HEAD")).length > 2);
  equal(registry.asked.filter((each) => each.includes("/blobs/")).length, 1);
  await registry.push("v1", { ...files, "a/data.json": '{"owner": "bob"}' });
  await until(() => owner() === "bob");
  deepEqual(registry.asked.filter((each) => each.includes("/blobs/")).length, 2);
});

test("a private registry is shown user and password where it says so, and its token after", async (t) => {
  const registry = await TestRegistry.start({ isPrivate: true });
  await registry.push("v1", files);
  const { owner } = await start(t, registry, { bearer: { scheme: "Basic", token: "user:password" } });
  equal(owner(), "ann");
});

test("who is not let in is told so", async (t) => {
  const registry = await TestRegistry.start({ isPrivate: true });
  await registry.push("v1", files);
  const { log, owner } = await start(t, registry);
  equal(owner(), undefined);
  match(
    log.at(-1) ?? "",
    /Bundle load failed: failed to pull registry\.example\.com\/org\/policy:v1: GET http:\/\/[^ ]+\/token\?\S+: HTTP status 401/,
  );
});

const layer = { mediaType: "application/x", digest: `sha256:${"0".repeat(64)}`, size: 1 };

for (const [what, manifest, message] of [
  ["an index", { schemaVersion: 2, manifests: [] }, /no layers in manifest/],
  ["another kind of artifact", { schemaVersion: 2, layers: [layer] }, /no tarball descriptor found in the layers/],
] as const) {
  test(`${what} is no bundle`, async (t) => {
    const registry = await TestRegistry.start();
    registry.pushManifest("v1", manifest);
    const { log, owner } = await start(t, registry);
    equal(owner(), undefined);
    match(log.at(-1) ?? "", message);
  });
}
