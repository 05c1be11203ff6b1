import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { Bench, outcomeOf, whyNoContainers } from "./containers.fixture.ts";
import { createRunc } from "./runc.ts";

const skip = whyNoContainers() || whyNoRunc();
const bench = skip === false ? new Bench() : undefined;
after(() => bench?.remove());

function whyNoRunc(): string | false {
  try {
    execFileSync("runc", ["--version"], { stdio: "ignore" });
    return false;
  } catch {
    return "no runc on this machine";
  }
}

/** A runtime over the bench's folder. */
function made() {
  const on = bench as Bench;
  return { on, runc: createRunc({ folder: on.folder, version: "" }) };
}

test("a container reads, writes by both of its streams, and ends with its status", { skip }, async () => {
  const { on, runc } = made();
  const script = "cat; echo wrong > /dev/stderr; exit 3";
  const { id, process } = await on.start(runc, { script, io: { stdin: true } });
  process.stdin?.end("hello");
  assert.deepEqual(await outcomeOf(process), { stdout: "hello", stderr: "wrong\n", code: 3, isOutOfMemory: false });
  await runc.delete(id);
});

test("what cannot start says why in one line", { skip }, async () => {
  const { on, runc } = made();
  await assert.rejects(on.start(runc, { script: "", container: { command: ["nope"] } }), {
    reason: "RunContainerError",
    message: /exec: "nope": executable file not found in \$PATH/,
  });
  assert.deepEqual(await runc.list(), []);
});

test("a terminal has the size that it is given", { skip }, async () => {
  const { on, runc } = made();
  const { id, process } = await on.start(runc, { script: "read line; stty size", io: { stdin: true, tty: true } });
  process.resize?.({ width: 77, height: 33 });
  // The size is set by a program beside: until it has been, the shell waits for its line.
  await untilSize(on, runc, id);
  process.stdin?.write("go\n");
  assert.match(await text(process.stdout), /33 77\r\n$/);
  assert.deepEqual(await process.exited, { code: 0 });
  await runc.delete(id);
});

async function untilSize(on: Bench, runc: ReturnType<typeof createRunc>, id: string): Promise<void> {
  const process = {
    ...(await on.bundle(runc, { script: "" })).spec.process,
    args: ["stty", "-F", "/proc/1/fd/0", "size"],
  };
  for (let i = 0; i < 100; i++) {
    const { stdout } = await outcomeOf(await runc.exec(id, process, { stdin: false, tty: false }));
    if (stdout === "33 77\n") return;
  }
  assert.fail("the terminal never had its size");
}

test("a container is killed, found, and forgotten", { skip }, async () => {
  const { on, runc } = made();
  const { id, process } = await on.start(runc, {
    script: "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done",
  });
  await new Promise((resolve) => process.stdout.once("data", resolve));
  assert.deepEqual(await runc.list(), [id]);
  await runc.kill(id, "TERM");
  assert.deepEqual(await process.exited, { code: 9 });
  await runc.kill(id, "TERM");
  await runc.delete(id);
  await runc.delete(id);
  assert.deepEqual(await runc.list(), []);
});
