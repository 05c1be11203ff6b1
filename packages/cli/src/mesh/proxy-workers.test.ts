import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort } from "../../../../scripts/free-port.ts";
import { bedFor, exchange, pairFor, startEcho, untilAnswered } from "./mesh-proxy.fixture.ts";
import type { MeshProxyOptions } from "./mesh-proxy.ts";
import { openProxyWorkers } from "./proxy-workers.ts";

const program = fileURLToPath(new URL("../../bin/run.js", import.meta.url));

/** Two workers of a proxy, the program itself; what they tell, and where their metrics are. */
async function openTwo(t: TestContext, options: MeshProxyOptions) {
  const said: string[] = [];
  const metrics = `127.0.0.1:${await freePort()}`;
  const args = ["mesh", "proxy", "--config", options.config, "--ca-address", "x:1", "--access-log", "none"];
  const command = { file: program, args, execArgv: ["--conditions=source", "--disable-warning=ExperimentalWarning"] };
  const proxy = await openProxyWorkers({ ...options, metrics, say: (text) => said.push(text) }, 2, command);
  let isDrained = false;
  const drain = async () => {
    if (!isDrained) await proxy.drain(0);
    isDrained = true;
  };
  t.after(drain);
  const sum = async (name: string) => {
    const text = await (await fetch(`http://${metrics}/metrics`)).text();
    const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`));
    return lines.reduce((all, line) => all + Number(line.split(" ").at(-1)), 0);
  };
  return { doors: proxy.doors, said, sum, drain };
}

function workers(): readonly number[] {
  const text = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8");
  return text.split(/\s+/).filter(isWorker).map(Number);
}

/** One that has ended meanwhile is none. */
function isWorker(pid: string): boolean {
  try {
    return pid !== "" && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("mesh\0proxy");
  } catch {
    return false;
  }
}

test("two workers serve one port with one certificate, their metrics are one sum, and one that is killed is replaced", async (t) => {
  const { start, open, optionsOf } = await bedFor(t);
  const { server, client, inbound, outbound } = await pairFor(await startEcho(t));
  await start();
  const { doors, said, sum, drain } = await openTwo(t, optionsOf(inbound));
  assert.equal(doors[0], `inbound at 127.0.0.1:${server}, 2 workers`);
  await open(outbound);
  await untilAnswered(client);
  const before = await sum("istio_tcp_connections_opened_total");
  for (let i = 0; i < 20; i++) assert.equal(await exchange(client, "hello"), "hello");
  assert.equal((await sum("istio_tcp_connections_opened_total")) - before, 20);

  const [victim, ...others] = workers();
  assert.equal(others.length, 1);
  process.kill(victim as number, "SIGKILL");
  while (!said.some((text) => /a worker ended \(SIGKILL\)/.test(text))) await new Promise((go) => setTimeout(go, 10));
  while (workers().length < 2) await new Promise((go) => setTimeout(go, 50));
  await untilAnswered(client);
  await drain();
  assert.equal(workers().length, 0);
  assert.equal(await exchange(server, "hello"), "ECONNREFUSED");
});

test("a port that is taken is told in one line", async (t) => {
  const { optionsOf } = await bedFor(t);
  const { server, inbound } = await pairFor(1);
  const taken = createServer().listen(server, "127.0.0.1");
  await once(taken, "listening");
  t.after(() => taken.close());
  await assert.rejects(openTwo(t, optionsOf(inbound)), /EADDRINUSE.*127\.0\.0\.1/);
  assert.equal(workers().length, 0);
});
