import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Client } from "@sallyport/cluster";
import { canaries, seenIn } from "./canaries.fixture.ts";
import { Bed, base64, startServer } from "./canary-bed.fixture.ts";

const onLinux = { skip: process.platform === "linux" ? false : "core dumps and their filter are as on Linux" };
const reports = "--report-on-signal --report-on-fatalerror --report-uncaught-exception";

/** A server that has read and written secrets. */
async function usedServer(bed: Bed, nodeOptions: string): Promise<ChildProcess> {
  const { connection, child } = await startServer(bed, nodeOptions);
  const client = new Client(connection);
  const secrets = "/api/v1/namespaces/default/secrets";
  await client.ask(secrets, {
    method: "POST",
    body: { metadata: { name: "a" }, data: { k: base64(canaries.secretData) } },
  });
  await client.ask(`${secrets}/a`);
  client.close();
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const closed = once(child, "close");
  child.kill(signal);
  await closed;
}

test(
  "a server that crashes leaves neither values nor its environment: no core dump and no report of Node's has them",
  onLinux,
  async (t) => {
    const bed = new Bed(t);
    const child = await usedServer(bed, reports);
    assert.equal(readFileSync(`/proc/${child.pid}/coredump_filter`, "utf8").trim(), "00000000");
    child.kill("SIGUSR2");
    const named = (pattern: RegExp) => readdirSync(bed.folder).filter((name) => pattern.test(name));
    const report = await bed.until("a report", () => named(/^report\..*json$/)[0]);
    await bed.until("the whole report", () => (/"header"[\s\S]*\}\s*$/.test(bed.read(report)) ? true : undefined));
    await end(child, "SIGSEGV");
    assert.deepEqual(seenIn(bed.read(report)), []);
    const cores = named(/^core/);
    // Elsewhere the kernel hands them to a program of the machine's.
    const isHere = readFileSync("/proc/sys/kernel/core_pattern", "utf8").startsWith("core");
    if (cores.length === 0)
      t.diagnostic(isHere ? "no core dump: its limit cannot be raised" : "core dumps go elsewhere");
    for (const core of cores) assert.deepEqual(seenIn(bed.read(core)), [], core);
  },
);

test("a fault that nobody caught is told without what it carries", onLinux, async (t) => {
  const bed = new Bed(t);
  // As a fault in a callback of the program's would be; it comes once the server runs.
  const fault = `Object.assign(new Error("a fault"),{secret:"${canaries.secretData}",cause:new Error("${canaries.storeToken}")})`;
  const script = `process.on("SIGHUP",()=>{throw ${fault}})`;
  const child = await usedServer(bed, `${reports} --import=${bed.file("fault.mjs", script)}`);
  await end(child, "SIGHUP");
  const told = bed.told.get("up") ?? "";
  assert.match(told, /^sallyport: Error: a fault\n {4}at /m);
  assert.deepEqual(seenIn(told), []);
  assert.deepEqual(
    readdirSync(bed.folder).filter((name) => name.startsWith("report.") || name.startsWith("core")),
    [],
  );
});

test("Node is not let write its heap", async (t) => {
  const bed = new Bed(t);
  const child = bed.spawn("up", [bed.program, "up", "--memory", "--port", "0"], {
    nodeOptions: "--heapsnapshot-signal=SIGUSR2",
  });
  const [code] = (await once(child, "close")) as [number];
  const line =
    "sallyport: --heapsnapshot-signal writes what is in memory into a file, secrets with it; take it out of NODE_OPTIONS\n";
  assert.deepEqual([code, bed.told.get("up")], [2, line]);
  assert.ok(!existsSync(join(bed.folder, ".sallyport")));
});
