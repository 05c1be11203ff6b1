import assert from "node:assert/strict";
import { test } from "node:test";
import { createWebEffects, type JsonObject, parseJson, type Value } from "@sallyport/rego";
import type { Scenario } from "./asked.fixture.ts";
import { serverConfig } from "./config.ts";
import { type Listener, listen } from "./listener.ts";
import { PolicyState } from "./policy-state.ts";
import { RequestMetrics } from "./request-metrics.ts";
import { askAll, readRecorded } from "./rest-api.fixture.ts";
import { scenarios } from "./scenarios.fixture.ts";
import { PolicyServer } from "./server.ts";

const build = { version: "1.19.1", commit: "", timestamp: "", hostname: "" };
const versionDocument = { version: "1.19.1", build_commit: "", build_timestamp: "", build_hostname: "" };
const id = "9d1a1e7c-0000-0000-0000-000000000000";

for (const scenario of scenarios) {
  test(`the REST API answers as OPA: ${scenario.name}`, async () => {
    const recorded = readRecorded().find(({ name }) => name === scenario.name)?.answers ?? [];
    const faults: unknown[] = [];
    const listener = await start(scenario, (error) => faults.push(error));
    try {
      const answers = await askAll(listener.url, scenario);
      assert.deepEqual(faults, []);
      for (const [i, ask] of scenario.asks.entries()) {
        const name = `${ask.method} ${ask.path} ${ask.body ?? ""}`;
        if (ask.differs === undefined) assert.deepEqual(answers[i], recorded[i], name);
        else assert.notDeepEqual(answers[i], recorded[i], name);
      }
    } finally {
      await listener.close(0);
    }
  });
}

test("metrics by OPA's names", async () => {
  const listener = await start({ name: "", asks: [] }, (error) => assert.fail(String(error)));
  try {
    await fetch(`${listener.url}/v1/data/x`);
    const text = await (await fetch(`${listener.url}/metrics`)).text();
    assert.match(text, /^http_request_duration_seconds_count\{code="200",handler="v1\/data",method="get"\} 1$/m);
    assert.match(text, /^opa_info\{version="1\.19\.1"\} 1$/m);
  } finally {
    await listener.close(0);
  }
});

function start(scenario: Scenario, onFault: (error: unknown) => void): Promise<Listener> {
  const config = serverConfig(configOf(scenario), { id, version: build.version });
  const clock = () => performance.now();
  const has = (flag: string) => scenario.flags?.includes(flag) === true;
  const server = new PolicyServer({
    state: stateOf(scenario),
    effects: createWebEffects,
    config,
    build,
    requests: new RequestMetrics(build.version),
    clock,
    authorization: has("--authorization=basic") ? "basic" : "off",
    onFault,
  });
  const authentication = has("--authentication=token") ? "token" : "off";
  const { gzipMinLength } = config;
  return listen({ server, address: { host: "127.0.0.1", port: 0 }, authentication, gzipMinLength, onFault });
}

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
