import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { JsonObject, Value } from "@sallyport/rego";
import { Metrics } from "../../answers/metrics.ts";
import type { LoggedDecision } from "../../server/decision.ts";
import { ControlPlane, until } from "../control-plane.fixture.ts";
import { servicesOf } from "../services/service.ts";
import { DecisionLog } from "./decision-log.ts";
import { decisionLogConfig } from "./decision-log-config.ts";

interface World {
  readonly plane: ControlPlane;
  readonly folder: string;
  readonly log: string[];
  readonly console: JsonObject[];
  /** A log over a configuration; `now` is what its clock says. */
  readonly open: (decisions?: JsonObject) => Promise<DecisionLog>;
  now: number;
  /** Ids of all that was sent, chunk by chunk. */
  readonly sent: () => readonly (readonly string[])[];
}

const slow = { min_delay_seconds: 100, max_delay_seconds: 200 };

async function world(t: TestContext): Promise<World> {
  const plane = await ControlPlane.start();
  const folder = mkdtempSync(join(tmpdir(), "decisions-"));
  t.after(() => {
    plane.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const made: World = {
    plane,
    folder,
    log: [],
    console: [],
    now: 0,
    open: async (decisions = {}) => {
      const config: JsonObject = { services: { main: { url: plane.url } }, decision_logs: decisions };
      const parsed = decisionLogConfig(config, servicesOf(config, {}), {
        warn: (message) => void made.log.push(message),
        plugins: [],
      });
      ok(parsed !== undefined);
      const host = {
        log: (level: string, message: string) => void made.log.push(`${level} ${message}`),
        fault: () => {},
        console: (_: string, fields: JsonObject) => void made.console.push(fields),
        timestamp: () => "now",
        clock: () => made.now,
        environment: {},
        agent: "Open-Policy-Agent/1",
      };
      const log = new DecisionLog({ config: parsed, labels: { id: "x" }, folder, host, onChange: () => {} });
      await log.open();
      return log;
    },
    sent: () =>
      plane.received
        .filter(({ status }) => status === 200)
        .map(({ body }) => (JSON.parse(body) as { decision_id: string }[]).map((each) => each.decision_id)),
  };
  return made;
}

/** A decision without a past. */
function decision(id: string, input: Value = {}, nondeterministic?: Value): LoggedDecision {
  return {
    id,
    path: "p",
    input,
    result: true,
    metrics: new Metrics(),
    request: {
      method: "POST",
      path: "/v1/data/p",
      query: new URLSearchParams(),
      headers: new Map(),
      body: async () => new Uint8Array(),
    },
    bundles: new Map(),
    nondeterministic,
    ask: async () => undefined,
  };
}

async function logAll(log: DecisionLog, ids: readonly string[], input?: Value): Promise<void> {
  for (const id of ids) await log.log(decision(id, input));
}

const hundred = Array.from({ length: 100 }, (_, i) => `d${i}`);
const noise = (size: number): string => Array.from({ length: size }, () => Math.random().toString(36)[2]).join("");

for (const buffer of ["size", "event", "disk"]) {
  test(`${buffer}: all is sent in its order, in chunks that the service takes, and only once`, async (t) => {
    const { plane, open, sent } = await world(t);
    const log = await open({ reporting: { ...slow, buffer_type: buffer, upload_size_limit_bytes: 2000 } });
    for (const id of hundred) await log.log(decision(id, { noise: noise(150) }));
    await log.stop(10_000);
    deepEqual(sent().flat(), hundred);
    ok(
      plane.received.every(({ size }) => size <= 2000),
      "a chunk is too long",
    );
    ok(plane.received.length < 30, `${plane.received.length} chunks`);
  });

  test(`${buffer}: what the service did not take is sent again`, async (t) => {
    const { plane, open, sent, log: lines } = await world(t);
    plane.postStatus = 500;
    const log = await open({ reporting: { min_delay_seconds: 0.01, max_delay_seconds: 0.02, buffer_type: buffer } });
    await logAll(log, ["a", "b"]);
    await log.start();
    await log.log(decision("c"));
    await until(() => plane.received.length >= 3);
    match(lines.join("\n"), /error log upload failed, server replied with HTTP 500 Internal Server Error\./);
    plane.postStatus = 204;
    // The end would cut off an upload whose answer is still on its way, and so send it twice.
    await until(() => lines.includes("info Logs uploaded successfully."));
    plane.postStatus = 200;
    await log.log(decision("d"));
    await log.stop(10_000);
    const taken = plane.received.filter(({ status }) => status < 300).flatMap(({ body }) => JSON.parse(body));
    deepEqual(
      taken.map(({ decision_id: id }) => id),
      ["a", "b", "c", "d"],
    );
    equal(sent().flat().at(-1), "d");
  });
}

for (const buffer of ["size", "event", "disk"])
  test(`${buffer}: what a service took before it refused more is not sent again`, async (t) => {
    const { plane, open, sent, log: lines } = await world(t);
    const reporting = { min_delay_seconds: 0.01, max_delay_seconds: 0.02, buffer_type: buffer };
    const log = await open({ reporting: { ...reporting, upload_size_limit_bytes: 1000 } });
    // Each third is refused, and no round of ten chunks goes through as a whole.
    let posts = 0;
    Object.defineProperty(plane, "postStatus", { get: () => (posts++ % 3 === 2 ? 500 : 200) });
    for (const id of hundred) await log.log(decision(id, { noise: noise(150) }));
    await log.start();
    await until(() => sent().flat().length >= hundred.length && lines.includes("info Logs uploaded successfully."));
    await log.stop(10_000);
    deepEqual(sent().flat(), hundred);
  });

test("a decision that is too long alone goes without what builtins answered, or not at all", async (t) => {
  const { plane, open, log: lines, sent } = await world(t);
  const log = await open({ reporting: { ...slow, upload_size_limit_bytes: 500 } });
  await log.log(decision("short"));
  await log.log(decision("long", { noise: noise(2000) }));
  await log.log(decision("shortened", {}, { "http.send": { x: noise(2000) } }));
  await log.log(decision("lost", { noise: noise(2000) }, { "http.send": { x: 1 } }));
  await log.stop(10_000);
  deepEqual(sent().flat(), ["short", "shortened"]);
  ok(!plane.received.some(({ body }) => body.includes("nd_builtin_cache")));
  const faults = lines
    .filter((line) => line.startsWith("error"))
    .map((line) => line.replace(/\(\d+\) that/, "(N) that"));
  const long =
    "error Log encoding failed: received a decision event size (N) that exceeded the upload_size_limit_bytes (500)";
  deepEqual(faults, [`${long}. No ND cache to drop.`, `${long} even after dropping the ND cache.`]);
  deepEqual(Object.fromEntries(log.counters), {
    decision_logs_encoding_failure: 2,
    decision_logs_nd_builtin_cache_dropped: 1,
  });
});

test("the oldest go where there are too many", async (t) => {
  const { open, sent } = await world(t);
  const log = await open({ reporting: { ...slow, buffer_type: "event", buffer_size_limit_events: 3 } });
  await logAll(log, ["a", "b", "c", "d", "e"]);
  await log.stop(10_000);
  deepEqual(sent(), [["c", "d", "e"]]);
  deepEqual(Object.fromEntries(log.counters), { decision_logs_dropped_buffer_size_limit_exceeded: 2 });
});

test("the oldest chunks go where they take too much memory", async (t) => {
  const { open, sent, log: lines } = await world(t);
  const reporting = { ...slow, upload_size_limit_bytes: 600, buffer_size_limit_bytes: 1000 };
  const log = await open({ reporting });
  for (const id of hundred) await log.log(decision(id, { noise: noise(300) }));
  await log.stop(10_000);
  const kept = sent().flat();
  deepEqual(kept, hundred.slice(-kept.length));
  ok(kept.length > 0 && kept.length < 10, `${kept.length} kept`);
  match(lines.join("\n"), /Dropped 1 chunks from buffer\. Reduce reporting interval or increase buffer size\./);
  equal(log.counters.get("decision_logs_dropped_buffer_size_limit_exceeded"), 100 - kept.length);
});

test("no more than so many a second", async (t) => {
  const made = await world(t);
  const log = await made.open({ reporting: { ...slow, max_decisions_per_second: 2 } });
  await logAll(log, ["a", "b", "c"]);
  made.now = 500;
  await logAll(log, ["d", "e"]);
  await log.stop(10_000);
  deepEqual(made.sent(), [["a", "b", "d"]]);
  equal(log.counters.get("decision_logs_dropped_rate_limit_exceeded"), 2);
});

test("as soon as there is enough for a chunk", async (t) => {
  const { open, plane } = await world(t);
  const log = await open({ reporting: { ...slow, trigger: "immediate", upload_size_limit_bytes: 500 } });
  await log.start();
  for (const id of hundred.slice(0, 5)) await log.log(decision(id, { noise: noise(300) }));
  await until(() => plane.received.length > 0);
  await log.stop(10_000);
});

test("disk: what an earlier process has left is sent first, but for a line that was cut off", async (t) => {
  const { folder, open, sent } = await world(t);
  const first = await open({ reporting: { ...slow, buffer_type: "disk" } });
  await logAll(first, ["a", "b"]);
  // It is gone without a word.
  const files = readdirSync(join(folder, "decision_logs"));
  equal(files.length, 1);
  appendFileSync(join(folder, "decision_logs", files[0] as string), '{"decision_id":"cut');
  const second = await open({ reporting: { ...slow, buffer_type: "disk" } });
  await second.log(decision("c"));
  await second.stop(10_000);
  deepEqual(sent().flat(), ["a", "b", "c"]);
  deepEqual(readdirSync(join(folder, "decision_logs")), []);
  await first.stop(0);
});

test("disk: a decision that cannot be written is told to who has asked", async (t) => {
  const { folder, open } = await world(t);
  const log = await open({ reporting: { ...slow, buffer_type: "disk" } });
  rmSync(join(folder, "decision_logs"), { recursive: true });
  await rejects(log.log(decision("a")), /the decision could not be logged/);
});

test("disk: a folder that cannot be made is told at the start", async (t) => {
  const { folder, open } = await world(t);
  writeFileSync(join(folder, "decision_logs"), "a file");
  await rejects(open({ reporting: { ...slow, buffer_type: "disk" } }), /EEXIST/);
});

test("the console is told of each, and no service unless one is named", async (t) => {
  const { plane, open, console: told } = await world(t);
  const log = await open({ console: true });
  await log.log(decision("a", { n: 1 }));
  await log.stop(0);
  deepEqual(told, [
    {
      labels: { id: "x" },
      decision_id: "a",
      path: "p",
      input: { n: 1 },
      result: true,
      timestamp: "now",
      metrics: {},
      type: "openpolicyagent.org/decision_logs",
    },
  ]);
  equal(plane.received.length, 0);
});

const faults: readonly (readonly [JsonObject, string])[] = [
  [{ service: "t" }, 'invalid service name "t" in decision_logs'],
  [{ plugin: "zz" }, 'invalid plugin name "zz" in decision_logs'],
  [{ reporting: { min_delay_seconds: 1 } }, "reporting configuration missing 'max_delay_seconds' in decision_logs"],
  [{ reporting: { max_delay_seconds: 1 } }, "reporting configuration missing 'min_delay_seconds' in decision_logs"],
  [
    { reporting: { min_delay_seconds: 9, max_delay_seconds: 5 } },
    "max reporting delay must be >= min reporting delay in decision_logs",
  ],
  [{ reporting: { buffer_type: "x" } }, 'invalid buffer type "x", expected "event" or "size"'],
  [
    { reporting: { buffer_type: "event", buffer_size_limit_bytes: 1 } },
    "invalid decision_log config, 'buffer_size_limit_bytes' isn't supported for the event buffer type",
  ],
  [
    { reporting: { buffer_size_limit_events: 10 } },
    "invalid decision_log config, 'buffer_size_limit_events' isn't supported for the size buffer type",
  ],
  [
    { reporting: { buffer_type: "event", buffer_size_limit_events: -1 } },
    "invalid decision_log config, 'buffer_size_limit_entries' must be higher than 0",
  ],
  [
    { reporting: { max_decisions_per_second: 5, buffer_size_limit_bytes: 1 } },
    "invalid decision_log config, specify either 'buffer_size_limit_bytes' or 'max_decisions_per_second'",
  ],
  [
    { reporting: { trigger: "x" } },
    'invalid decision_log config: invalid trigger mode "x" (want "periodic", "manual" or "immediate")',
  ],
];

for (const [decisions, message] of faults)
  test(`refused, as by OPA: ${JSON.stringify(decisions)}`, async (t) => {
    const { open } = await world(t);
    await rejects(open(decisions), { message });
  });

test("limits that OPA raises and lowers", async (t) => {
  const { open, log } = await world(t);
  await open({ reporting: { upload_size_limit_bytes: 5 } });
  await open({ reporting: { upload_size_limit_bytes: 99_999_999_999 } });
  deepEqual(log, [
    "the configured `upload_size_limit_bytes` (5) has been set to the minimum limit (90)",
    "the configured `upload_size_limit_bytes` (99999999999) has been set to the maximum limit (4294967296)",
  ]);
});
