import { deepEqual, equal, match, rejects, throws } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { JsonObject } from "@sallyport/rego";
import { PolicyState } from "../server/policy-state.ts";
import { ControlPlane, until } from "./control-plane.fixture.ts";
import { Plugins } from "./plugins.ts";

interface World {
  readonly plane: ControlPlane;
  readonly folder: string;
  readonly log: string[];
  /** Plugins of a configuration over a state of their own. */
  readonly start: (
    config?: JsonObject,
    state?: PolicyState,
  ) => Promise<{ readonly plugins: Plugins; readonly state: PolicyState }>;
}

const polling = { min_delay_seconds: 0.02, max_delay_seconds: 0.03 };

async function world(t: TestContext): Promise<World> {
  const plane = await ControlPlane.start();
  const folder = mkdtempSync(join(tmpdir(), "bundles-"));
  const log: string[] = [];
  t.after(() => {
    plane.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const start: World["start"] = async (config = {}, state = new PolicyState()) => {
    const plugins = new Plugins({
      config: {
        services: { main: { url: plane.url, headers: { "X-Own": "1" }, credentials: { bearer: { token: "secret" } } } },
        bundles: { authz: { resource: "authz.tar.gz", polling, persist: true } },
        persistence_directory: folder,
        ...config,
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
    t.after(() => plugins.stop());
    await plugins.start();
    return { plugins, state };
  };
  return { plane, folder, log, start };
}

const files = {
  ".manifest": '{"revision": "1", "roots": ["a"]}',
  "a/p.rego": "package a\n\nallow if input.user == data.a.owner\n",
  "a/data.json": '{"owner": "ann", "old": true}',
};

function ask({ generation }: PolicyState, path: string, input: JsonObject = {}): unknown {
  return generation.policy.evaluate(path, { input, data: generation.data });
}

test("a bundle is asked for as OPA asks, and comes into force with its data", async (t) => {
  const { plane, start } = await world(t);
  await plane.put("/authz.tar.gz", files);
  const { plugins, state } = await start();
  equal(ask(state, "a/allow", { user: "ann" }), true);
  deepEqual([plugins.areBundlesReady(), plugins.states()], [true, { bundle: "OK", discovery: "OK" }]);
  const [first] = plane.received;
  const { authorization, prefer, "x-own": own, "user-agent": agent, "if-none-match": none } = first?.headers ?? {};
  deepEqual(
    [authorization, prefer, own, agent, none],
    ["Bearer secret", "modes=snapshot,delta", "1", "Open-Policy-Agent/1", undefined],
  );
  await until(() => plane.received.length > 2);
  equal(plane.received[2]?.headers["if-none-match"], plane.files.get("/authz.tar.gz")?.etag);
  deepEqual((state.generation.data.root as { system: { bundles: unknown } }).system.bundles, {
    authz: { etag: plane.files.get("/authz.tar.gz")?.etag, manifest: { revision: "1", roots: ["a"] } },
  });
});

test("what is newer replaces all of it, and what is broken nothing", async (t) => {
  const { plane, log, start } = await world(t);
  await plane.put("/authz.tar.gz", files);
  const { state } = await start();
  state.writeData(["other"], (transaction) => transaction.put(["other"], 1));
  await plane.put("/authz.tar.gz", {
    ".manifest": '{"revision": "2", "roots": ["a"]}',
    "a/data.json": '{"owner": "bob"}',
  });
  await until(() => state.generation.bundles.get("authz")?.manifest.revision === "2");
  const { a, other } = state.generation.data.root as JsonObject;
  deepEqual([a, other, [...state.generation.policies.keys()]], [{ owner: "bob" }, 1, []]);
  await plane.put("/authz.tar.gz", {
    ".manifest": '{"revision": "3", "roots": ["a"]}',
    "a/p.rego": "package a\n\np if x\n",
  });
  await until(() => log.some((each) => /authz\/a\/p.rego:3: rego_unsafe_var_error: var x is unsafe/.test(each)));
  plane.files.set("/authz.tar.gz", { bytes: new TextEncoder().encode("no archive"), etag: "x" });
  await until(() => log.includes("Bundle load failed: bundle read failed: archive read failed: gzip: invalid header"));
  plane.files.clear();
  await until(() => log.includes("Bundle load failed: server replied with Not Found"));
  equal(state.generation.bundles.get("authz")?.manifest.revision, "2");
});

test("a delta changes what is there", async (t) => {
  const { plane, start } = await world(t);
  await plane.put("/authz.tar.gz", files);
  const { state } = await start();
  const patch = '{"data": [{"op": "upsert", "path": "/a/owner", "value": "eve"}, {"op": "remove", "path": "/a/old"}]}';
  await plane.put("/authz.tar.gz", { ".manifest": '{"revision": "2", "roots": ["a"]}', "patch.json": patch });
  await until(() => state.generation.bundles.get("authz")?.manifest.revision === "2");
  deepEqual((state.generation.data.root as JsonObject)["a"], { owner: "eve" });
  equal(ask(state, "a/allow", { user: "eve" }), true);
});

test("a start without the service has what was in force", async (t) => {
  const { plane, log, start } = await world(t);
  await plane.put("/authz.tar.gz", files);
  await start();
  plane.files.clear();
  const { plugins, state } = await start();
  deepEqual([ask(state, "a/allow", { user: "ann" }), plugins.areBundlesReady()], [true, true]);
  match(log.at(-1) ?? "", /Bundle load failed/);
});

test("two bundles may not own the same, and signed ones need their keys", async (t) => {
  const { plane, log, start } = await world(t);
  await plane.put("/authz.tar.gz", files);
  await plane.put("/other.tar.gz", { ".manifest": '{"roots": ["a/b"]}' });
  const { plugins } = await start({
    bundles: { authz: { resource: "authz.tar.gz" }, other: { resource: "other.tar.gz" } },
  });
  deepEqual([plugins.areBundlesReady(), plugins.states()], [false, { bundle: "NOT_READY", discovery: "OK" }]);
  match(log.join("\n"), /detected overlapping roots in manifests for these bundles: \[authz, other\]/);
  const keys = { k: { algorithm: "HS256", key: "secret" } };
  await start({ keys, bundles: { signed: { resource: "authz.tar.gz", signing: { keyid: "k" } } } });
  match(log.at(-1) ?? "", /missing .signatures.json/);
});

test("files are read as they are, and configurations that cannot be are refused", async (t) => {
  const { plane, folder, start } = await world(t);
  await plane.put("/authz.tar.gz", files);
  await start();
  const resource = `file://${folder}/bundles/authz/bundle.tar.gz`;
  const { state } = await start({ services: {}, bundles: { local: { resource } } });
  equal(ask(state, "a/allow", { user: "ann" }), true);
  const refused = (config: JsonObject) => rejects(start(config), { name: "Error" });
  await refused({ bundles: { a: { service: "nosuch" } } });
  await refused({ bundles: { a: { polling: { min_delay_seconds: 2, max_delay_seconds: 1 } } } });
  throws(
    () =>
      state.activate(
        "x",
        {
          manifest: { revision: "", roots: ["a"] },
          data: {},
          modules: [],
          wasmModules: [],
          planModules: [],
          dataFiles: [],
        },
        "",
      ),
    /overlapping/,
  );
});
