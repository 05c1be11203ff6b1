import assert from "node:assert/strict";
import { test } from "node:test";
import { createWebEffects, type JsonObject, parseJson, type Value } from "@sallyport/rego";
import { ControlPlane } from "../plugins/control-plane.fixture.ts";
import type { PluginHost } from "../plugins/plugin.ts";
import { Plugins } from "../plugins/plugins.ts";
import type { Scenario } from "./asked.fixture.ts";
import { serverConfig } from "./config.ts";
import { type Listener, listen } from "./listener.ts";
import { PolicyState } from "./policy-state.ts";
import { RequestMetrics } from "./request-metrics.ts";
import { askAll, eventsOf, loggingConfig, readRecorded } from "./rest-api.fixture.ts";
import { scenarios } from "./scenarios.fixture.ts";
import { PolicyServer } from "./server.ts";

const build = { version: "1.19.1", commit: "", timestamp: "", hostname: "" };
const versionDocument = { version: "1.19.1", build_commit: "", build_timestamp: "", build_hostname: "" };
const id = "9d1a1e7c-0000-0000-0000-000000000000";

for (const scenario of scenarios) {
  test(`the REST API answers as OPA: ${scenario.name}`, async () => {
    const recorded = readRecorded().find(({ name }) => name === scenario.name);
    const faults: unknown[] = [];
    const { listener, logged } = await start(scenario, (error) => faults.push(error));
    try {
      const answers = await askAll(listener.url, scenario);
      assert.deepEqual(faults, []);
      for (const [i, ask] of scenario.asks.entries()) {
        const name = `${ask.method} ${ask.path} ${ask.body ?? ""}`;
        if (ask.differs === undefined) assert.deepEqual(answers[i], recorded?.answers[i], name);
        else assert.notDeepEqual(answers[i], recorded?.answers[i], name);
      }
      assert.deepEqual(await logged(), recorded?.events);
    } finally {
      // Also where the answers were wrong: what is open would keep the process.
      await logged();
      await listener.close(0);
    }
  });
}

test("metrics by OPA's names", async () => {
  const { listener } = await start({ name: "", asks: [] }, (error) => assert.fail(String(error)));
  try {
    await fetch(`${listener.url}/v1/data/x`);
    const text = await (await fetch(`${listener.url}/metrics`)).text();
    assert.match(text, /^http_request_duration_seconds_count\{code="200",handler="v1\/data",method="get"\} 1$/m);
    assert.match(text, /^opa_info\{version="1\.19\.1"\} 1$/m);
  } finally {
    await listener.close(0);
  }
});

test("the stages of what is compiled for a request are timed by OPA's names, where they are asked for", async () => {
  const files = { "t.rego": "package t\n\nx := [1]" };
  const { listener } = await start({ name: "", files, asks: [] }, (error) => assert.fail(String(error)));
  const stages = async (path: string, body?: string, kind = /_stage_/) => {
    const answer = await fetch(`${listener.url}${path}`, body === undefined ? {} : { method: "POST", body });
    const { metrics } = (await answer.json()) as { readonly metrics: object };
    return Object.keys(metrics).filter((name) => kind.test(name));
  };
  const isTyped = (names: readonly string[]) => names.includes("timer_query_compile_stage_check_types_ns");
  try {
    assert.equal(isTyped(await stages("/v1/query?q=data.t.x%20%3D%20y&instrument")), true);
    assert.equal(isTyped(await stages("/v1/compile?instrument", '{"query": "input.x == 1"}')), true);
    assert.equal(isTyped(await stages("/v1/data/t/x/0?instrument")), true);
    assert.deepEqual(await stages("/v1/query?q=data.t.x%20%3D%20y&metrics"), []);
    const operations = await stages("/v1/compile?instrument", '{"query": "input.x == 1"}', /partial_op_/);
    assert.deepEqual(
      operations.filter((name) => name.startsWith("timer")),
      ["copy_propagation", "save_set_contains", "save_unify"].map((name) => `timer_partial_op_${name}_ns`),
    );
  } finally {
    await listener.close(0);
  }
});

const annotated = `package filters

# METADATA
# scope: document
# compile:
#   unknowns: [input.fruits, input.users]
#   mask_rule: masks
include if input.fruits.colour == "red"

plain if input.fruits.colour == "red"

masks.fruits.owner.replace.value := "***"
`;

test("decision logs tell what was unknown to a filter and which rule masked, whoever has said so", async () => {
  const scenario: Scenario = { name: "", files: { "f.rego": annotated }, logs: {}, asks: [] };
  const { listener, logged } = await start(scenario, (error) => assert.fail(String(error)));
  const headers = { accept: "application/vnd.opa.sql.sqlite+json" };
  const ask = (rule: string, body: object) =>
    fetch(`${listener.url}/v1/compile/filters/${rule}`, { method: "POST", headers, body: JSON.stringify(body) });
  try {
    await ask("include", { unknowns: [] });
    await ask("plain", { unknowns: ["input.fruits"], options: { maskRule: "masks" } });
    await ask("plain", {});
  } finally {
    await listener.close(0);
  }
  const told = ((await logged()) as { readonly custom: { readonly [name: string]: unknown } }[]).map(({ custom }) => [
    custom["unknowns"],
    custom["mask_rule"],
  ]);
  // As OPA logs the same.
  assert.deepEqual(told, [
    [["input.fruits", "input.users"], "data.filters.masks"],
    [["input.fruits"], "data.filters.masks"],
    [[], ""],
  ]);
});

test("connections stay open for longer than Go's clients use them again", async () => {
  const { listener } = await start({ name: "", asks: [] }, (error) => assert.fail(String(error)));
  try {
    assert.equal((await fetch(`${listener.url}/health`)).headers.get("keep-alive"), "timeout=120");
  } finally {
    await listener.close(0);
  }
});

interface Started {
  readonly listener: Listener;
  /** Ends what logs decisions, and answers what was sent; undefined where none are logged. */
  readonly logged: () => Promise<readonly unknown[] | undefined>;
}

async function start(scenario: Scenario, onFault: (error: unknown) => void): Promise<Started> {
  const plane = scenario.logs === undefined ? undefined : await ControlPlane.start();
  const given = { ...configOf(scenario), ...(plane && loggingConfig(scenario, plane.url)) };
  const config = serverConfig(given, { id, version: build.version });
  const clock = () => performance.now();
  const has = (flag: string) => scenario.flags?.includes(flag) === true;
  const state = stateOf(scenario);
  const plugins = plane && new Plugins({ config: { ...given, labels: config.labels }, state, regoVersion: "v1", host });
  await plugins?.open();
  const server = new PolicyServer({
    state,
    ...(plugins && { plugins }),
    effects: createWebEffects,
    config,
    build,
    requests: new RequestMetrics(build.version),
    clock,
    authorization: has("--authorization=basic") ? "basic" : "off",
    onFault,
  });
  const authentication = has("--authentication=token") ? "token" : "off";
  const { coding } = config.server;
  const address = { host: "127.0.0.1", port: 0 };
  let ids = 0;
  // One has asked whether it is well.
  const nextId = () => ++ids + 1;
  const listener = await listen({ server, address, authentication, coding, nextId, onFault });
  const logged = async () => {
    await plugins?.stop(5000);
    plane?.close();
    return plane && eventsOf(plane.received);
  };
  return { listener, logged };
}

const host: PluginHost = {
  log: () => {},
  fault: () => {},
  console: () => {},
  timestamp: () => new Date().toISOString(),
  clock: () => performance.now(),
  environment: {},
  agent: "",
};

function stateOf({ files = {} }: Scenario): PolicyState {
  const reader = new PolicyState();
  const entries = Object.entries(files);
  const policies = entries.filter(([name]) => name.endsWith(".rego")).map(([name, text]) => reader.parse(name, text));
  const data = entries.filter(([name]) => name.endsWith(".json")).map(([, text]) => parseJson(text) as JsonObject);
  return new PolicyState({ policies, data: { ...Object.assign({}, ...data), system: { version: versionDocument } } });
}

/** What `--set=a.b=c` flags say. */
function configOf({ flags = [] }: Scenario): JsonObject {
  const config: { [name: string]: Value } = {};
  for (const flag of flags) {
    const [, path, value] = /^--set=([^=]*)=(.*)$/.exec(flag) ?? [];
    if (path === undefined || value === undefined) continue;
    const parts = path.split(".");
    const last = parts.pop() as string;
    let table = config;
    for (const part of parts) table = (table[part] ??= {}) as { [name: string]: Value };
    table[last] = /^\d+$/.test(value) ? Number(value) : value;
  }
  return config;
}
