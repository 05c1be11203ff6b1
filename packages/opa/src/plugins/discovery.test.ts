import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { JsonObject } from "@sallyport/rego";
import { goJson } from "../answers/json-text.ts";
import { signFiles } from "../bundle/sign.ts";
import { PolicyState } from "../server/policy-state.ts";
import { RequestMetrics } from "../server/request-metrics.ts";
import { ControlPlane, until } from "./control-plane.fixture.ts";
import { Plugins } from "./plugins.ts";

const polling = { min_delay_seconds: 0.02, max_delay_seconds: 0.03 };

interface World {
  readonly plane: ControlPlane;
  readonly log: string[];
  readonly state: PolicyState;
  readonly metrics: RequestMetrics;
  /** Configurations that were discovered. */
  readonly configs: JsonObject[];
  readonly start: (config?: JsonObject) => Promise<Plugins>;
  /** What the status service was sent last. */
  readonly last: () => JsonObject | undefined;
}

async function world(t: TestContext): Promise<World> {
  const plane = await ControlPlane.start();
  const folder = mkdtempSync(join(tmpdir(), "discovery-"));
  t.after(() => {
    plane.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const [log, configs] = [[] as string[], [] as JsonObject[]];
  const state = new PolicyState();
  const metrics = new RequestMetrics("1");
  const start: World["start"] = async (config = {}) => {
    const plugins = new Plugins({
      config: {
        services: { main: { url: plane.url } },
        labels: { id: "x", app: "boot" },
        persistence_directory: folder,
        ...config,
      },
      state,
      regoVersion: "v1",
      registry: metrics.registry,
      onConfig: (next) => configs.push(next),
      host: {
        log: (level, message) => log.push(`${level} ${message}`),
        fault: (message) => log.push(`error ${message}`),
        console: (message, fields) => log.push(`${message} ${goJson(fields, "")}`),
        timestamp: () => new Date().toISOString(),
        clock: () => performance.now(),
        environment: {},
        agent: "Open-Policy-Agent/1",
      },
    });
    t.after(() => plugins.stop());
    await plugins.start();
    return plugins;
  };
  const last = () => {
    const sent = plane.received.filter(({ path, method }) => method === "POST" && path.startsWith("/status"));
    return sent.length === 0 ? undefined : (JSON.parse(sent.at(-1)?.body ?? "") as JsonObject);
  };
  return { plane, log, state, metrics, configs, start, last };
}

const bundle = { ".manifest": '{"revision": "r1", "roots": ["a"]}', "a/p.rego": "package a\n\nx := 1\n" };

function discovered(config: JsonObject): { readonly [file: string]: string } {
  return { "data.json": JSON.stringify({ discovery: config }) };
}

const discovery = { resource: "disc.tar.gz", decision: "discovery", polling };

test("bundles, labels and status that are discovered are in force, but for what the start has said", async (t) => {
  const { plane, configs, state, start, last } = await world(t);
  await plane.put("/a.tar.gz", bundle);
  const config = {
    bundles: { a: { resource: "a.tar.gz", polling } },
    labels: { app: "other", more: "yes" },
    status: {},
  };
  await plane.put("/disc.tar.gz", discovered(config));
  const plugins = await start({ discovery });
  deepEqual(plugins.states(), { bundle: "OK", discovery: "OK", status: "OK" });
  equal(state.generation.policy.evaluate("a/x"), 1);
  deepEqual(configs[0]?.["labels"], { app: "boot", more: "yes", id: "x" });
  await until(() => (last()?.["discovery"] as JsonObject | undefined)?.["message"] !== undefined);
  const { labels, bundles, discovery: told } = last() as { [name: string]: JsonObject };
  deepEqual(labels, { app: "boot", more: "yes", id: "x" });
  equal((bundles?.["a"] as JsonObject)["active_revision"], "r1");
  equal(told?.["message"], "Keys in the discovered configuration overridden by boot configuration: labels.app");
});

const unsafe: readonly (readonly [what: string, found: JsonObject, message: string])[] = [
  [
    "its service",
    { services: { main: { url: "http://elsewhere" } } },
    "updates to the discovery service are not allowed",
  ],
  [
    "its service in a list",
    { services: [{ name: "main", url: "http://elsewhere" }] },
    "updates to the discovery service are not allowed",
  ],
  [
    "a key that signs it",
    { keys: { k: { key: "other", algorithm: "HS256" } } },
    "updates to keys specified in the boot configuration are not allowed",
  ],
];

const key = { key: "own", algorithm: "HS256" };

/** With a signature over them. */
function signed(files: { readonly [name: string]: string }): { readonly [name: string]: string } {
  const list = Object.entries(files).map(([path, text]) => ({ path, bytes: new TextEncoder().encode(text) }));
  return { ...files, ".signatures.json": JSON.stringify(signFiles(list, { ...key, keyId: "k" })) };
}

for (const [what, found, message] of unsafe)
  test(`what is discovered may not change ${what}`, async (t) => {
    const { plane, configs, log, start } = await world(t);
    await plane.put("/disc.tar.gz", signed(discovered({ ...found, labels: { more: "yes" } })));
    const plugins = await start({ keys: { k: key }, discovery: { ...discovery, signing: { keyid: "k" } } });
    await until(() => log.some((line) => line.includes(message)));
    deepEqual(configs, []);
    equal(plugins.areBundlesReady(), false);
  });

test("what is discovered may say the same of its service and keys as the start has", async (t) => {
  const { plane, configs, start } = await world(t);
  const same = { services: { main: { url: plane.url } }, keys: { k: key }, labels: { more: "yes" } };
  await plane.put("/disc.tar.gz", signed(discovered(same)));
  await start({ keys: { k: key }, discovery: { ...discovery, signing: { keyid: "k" } } });
  await until(() => configs.length > 0);
  deepEqual(configs[0]?.["labels"], { app: "boot", more: "yes", id: "x" });
});

test("a configuration that changes changes what it names, and one that cannot be changes nothing", async (t) => {
  const { plane, log, start } = await world(t);
  await plane.put("/disc.tar.gz", discovered({ decision_logs: { console: true } }));
  const plugins = await start({ discovery });
  const first = plugins.decisions;
  ok(first !== undefined);
  await plane.put("/disc.tar.gz", discovered({ decision_logs: { service: "nobody" } }));
  await until(() => log.some((line) => line.includes("nobody")));
  match(log.join("\n"), /error Discovery download failed: invalid service name "nobody" in decision_logs/);
  equal(plugins.decisions, first);
  await plane.put("/disc.tar.gz", discovered({ decision_logs: { console: true }, labels: { app: "boot" } }));
  await until(() => log.filter((line) => line.includes("processed successfully")).length === 2);
  equal(plugins.decisions, first);
  await plane.put("/disc.tar.gz", discovered({}));
  await until(() => plugins.decisions === undefined);
});

test("a policy makes the configuration", async (t) => {
  const { plane, start, configs } = await world(t);
  await plane.put("/disc.tar.gz", {
    "d.rego": 'package example.discovery\n\nstatus := {"console": on}\n\non := true\n',
  });
  const plugins = await start({ discovery: { ...discovery, decision: "example/discovery" } });
  deepEqual(
    [plugins.states(), configs.map(({ status }) => status)],
    [{ discovery: "OK", status: "OK" }, [{ console: true }]],
  );
});

test("the status tells of what does not work", async (t) => {
  const { plane, metrics, start, last, log } = await world(t);
  await plane.put("/a.tar.gz", bundle);
  const bundles = { a: { resource: "a.tar.gz", polling }, b: { resource: "none.tar.gz", polling } };
  const plugins = await start({
    bundles,
    status: { service: "main", prometheus: true, console: true, partition_name: "p" },
  });
  await until(() => (last()?.["bundles"] as JsonObject | undefined)?.["b"] !== undefined);
  const { b } = last()?.["bundles"] as { [name: string]: JsonObject };
  deepEqual([b?.["code"], b?.["message"], b?.["http_code"]], ["bundle_error", "server replied with Not Found", 404]);
  ok(plane.received.some(({ path }) => path === "/status/p"));
  ok(log.some((line) => line.startsWith('Status Log {"bundles":')));
  const text = await metrics.render();
  match(text, /^bundle_loaded_counter\{name="a"\} \d+$/m);
  match(
    text,
    /^bundle_failed_load_counter\{name="b",code="bundle_error",message="server replied with Not Found"\} \d+$/m,
  );
  match(text, /^plugin_status_gauge\{name="bundle",status="NOT_READY"\} 1$/m);
  match(text, /^last_success_bundle_activation\{name="a",active_revision="r1"\} 1\d{18}$/m);
  const told = JSON.parse(goJson((await plugins.status()) ?? {}, "")) as { metrics: { prometheus: JsonObject } };
  deepEqual((told.metrics.prometheus["plugin_status_gauge"] as JsonObject)["type"], "GAUGE");
});

test("a status service that does not take it is told in the log", async (t) => {
  const { plane, start, log } = await world(t);
  plane.postStatus = 500;
  await start({ status: {} });
  await until(() => log.includes("error status update failed, server replied with HTTP 500 Internal Server Error."));
});

const faults: readonly (readonly [JsonObject, string])[] = [
  [{ status: { service: "t" } }, 'invalid service name "t" in status'],
  [{ status: { plugin: "t" } }, 'invalid plugin name "t" in status'],
  [
    { status: { trigger: "y", console: true } },
    'invalid status config: invalid trigger mode "y" (want "periodic", "manual" or "immediate")',
  ],
  [{ discovery: { service: "main" } }, "missing required discovery.resource field"],
  [
    { discovery: { resource: "y" }, services: {} },
    "invalid configuration for discovery service: more than one service is defined",
  ],
];

for (const [config, message] of faults)
  test(`refused, as by OPA: ${JSON.stringify(config)}`, async (t) => {
    const { start } = await world(t);
    await start(config).then(
      () => ok(false, "it was taken"),
      (error: Error) => equal(error.message, message),
    );
  });
