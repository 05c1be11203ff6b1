import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const flags = ["--conditions=source", "--disable-warning=ExperimentalWarning"];

/** Long enough for the child to ask before there is anything, which would end it if it did not wait. */
const hesitation = 300;

function textOf({ stdout }: ChildProcessWithoutNullStreams, until: (text: string) => boolean): Promise<string> {
  let text = "";
  return new Promise((resolve) => {
    stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (until(text)) resolve(text);
    });
    stdout.on("end", () => resolve(text));
  });
}

test("what comes late into a pipe is waited for, also where the pipe itself does not wait", async () => {
  const file = pathToFileURL(join(import.meta.dirname, "standard-input.ts")).href;
  const program = `
    import { readStandardInput } from ${JSON.stringify(file)};
    process.stdin.isTTY;
    process.stdout.write("ready\\n");
    process.stdout.write(JSON.stringify(readStandardInput()) + "\\n");
  `;
  const child = spawn(process.execPath, [...flags, "--input-type=module", "--eval", program]);
  const all = textOf(child, () => false);
  await textOf(child, (text) => text.includes("ready"));
  for (const part of ["é", "ß\n"]) {
    await sleep(hesitation);
    for (const byte of Buffer.from(part)) child.stdin.write(Uint8Array.of(byte));
  }
  child.stdin.end();
  assert.equal(await all, 'ready\n"éß\\n"\n');
});

test("the shell answers each line of a pipe as it comes, and ends when it is told to", async () => {
  const shell = join(import.meta.dirname, "../bin/run.js");
  const child = spawn(process.execPath, [...flags, shell, "opa", "run"]);
  const closed = once(child, "close");
  child.stdin.write('x := "é"\n');
  await textOf(child, (text) => text.includes("Rule 'x' defined"));
  child.stdin.write("x\n");
  assert.match(await textOf(child, (text) => text.includes("é")), /"é"/);
  child.stdin.write("exit\n");
  assert.deepEqual(await closed, [0, null]);
});
