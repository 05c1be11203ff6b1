import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { type Bench, candidates, openBench, outcomeOf } from "./containers.fixture.ts";
import { openRuntime } from "./runtimes.ts";

const bench = openBench();
const on = bench as Bench;
// Before any test: what comes after the last one that is known would be done at once.
const all = await candidates(bench);
after(() => bench?.remove());

const quiet = { stdin: false, tty: false };

test("a handler that nobody has is refused, and no other takes its place", async () => {
  await assert.rejects(openRuntime("fast", "/nowhere"), {
    reason: "FailedCreatePodSandBox",
    message: 'no runtime for "fast" is configured: runc, crun, runsc, kata',
  });
});

for (const { handler, skip, runtime } of all) {
  const check = (name: string, run: () => Promise<void>) => test(`${handler}: ${name}`, { skip, timeout: 60_000 }, run);

  check("a container reads, writes by both of its streams, and ends with its status", async () => {
    const script = "cat; echo wrong > /dev/stderr; exit 3";
    const { process } = await on.start(runtime, { script, io: { stdin: true } });
    process.stdin?.end("hello");
    assert.deepEqual(await outcomeOf(process), { stdout: "hello", stderr: "wrong\n", code: 3, isOutOfMemory: false });
  });

  check("one that reads nothing has an empty input", async () => {
    assert.equal((await on.outcome(runtime, { script: "cat; echo end" })).stdout, "end\n");
  });

  check("what cannot start says why in one line", async () => {
    const trial = { script: "", container: { command: ["nope"] } };
    await assert.rejects(on.start(runtime, trial), (error: Error & { reason?: string }) => {
      assert.equal(error.reason, "RunContainerError");
      assert.match(error.message, /^[^\n]*"?`?nope[`"]?[^\n]*(not found|no such file)[^\n]*$/);
      return true;
    });
  });

  check("a container's terminal has the size that it is given", async () => {
    const script = "until [ \"$(stty size 2>/dev/null)\" = '33 77' ]; do sleep 0.05; done; exit 6";
    const { process } = await on.start(runtime, { script, io: { stdin: true, tty: true } });
    process.resize?.({ width: 77, height: 33 });
    process.stdout.resume();
    assert.deepEqual(await process.exited, { code: 6 });
  });

  check("a process that exec starts reads, writes, ends with its status, and can be signalled", async () => {
    const { id, spec } = await on.start(runtime, { script: "sleep 100" });
    const exec = (script: string, io = quiet) => runtime.exec(id, { ...spec.process, args: ["sh", "-c", script] }, io);
    const reading = await exec("cat; exit 7", { stdin: true, tty: false });
    reading.stdin?.end("hello");
    assert.deepEqual(await outcomeOf(reading), { stdout: "hello", stderr: "", code: 7, isOutOfMemory: false });
    const waiting = await exec("trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done");
    await new Promise((resolve) => waiting.stdout.once("data", resolve));
    await waiting.signal("SIGTERM");
    assert.deepEqual(await waiting.exited, { code: 9 });
    await waiting.signal("SIGTERM");
    await assert.rejects(runtime.exec(id, { ...spec.process, args: ["nope"] }, quiet), { reason: "ExecError" });
  });

  check("a process that exec starts has a terminal of its own, with its size", async () => {
    const { id, spec } = await on.start(runtime, { script: "sleep 100" });
    const script =
      "until [ \"$(stty size 2>/dev/null)\" = '11 99' ]; do sleep 0.05; done; read line; echo $line; exit 4";
    const args = ["sh", "-c", script];
    const process = await runtime.exec(id, { ...spec.process, args }, { stdin: true, tty: true });
    process.resize?.({ width: 99, height: 11 });
    process.stdin?.write("typed\n");
    assert.match(await text(process.stdout), /typed\r\ntyped\r\n$/);
    assert.deepEqual(await process.exited, { code: 4 });
  });

  check("a container is signalled, found, and forgotten", async () => {
    const script = "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done";
    const { id, process } = await on.start(runtime, { script });
    await new Promise((resolve) => process.stdout.once("data", resolve));
    assert.ok((await runtime.list()).includes(id));
    await runtime.kill(id, "SIGTERM");
    assert.deepEqual(await process.exited, { code: 9 });
    await runtime.kill(id, "SIGTERM");
    await runtime.delete(id);
    await runtime.delete(id);
    assert.ok(!(await runtime.list()).includes(id));
  });

  check("a container that runs is ended by deleting it", async () => {
    const { id, process } = await on.start(runtime, { script: "sleep 100" });
    await runtime.delete(id);
    assert.deepEqual(await process.exited, { code: 137 });
  });
}
