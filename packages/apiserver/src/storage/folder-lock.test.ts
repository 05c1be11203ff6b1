import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { test } from "node:test";
import { lockFolder } from "./folder-lock.ts";

/** What lies in `lock` when a process comes, and whether it gets the folder. */
const found: ReadonlyArray<[label: string, content: string | undefined, isFree: boolean]> = [
  ["nothing", undefined, true],
  ["a file that was never written, by a process killed in between, or a machine that lost power", "", true],
  ["no number", "x y", true],
  ["a dead process", "4194305 1", true],
  ["this process' number, from before a reboot", `${process.pid} 1`, true],
  ["another living process", `${process.ppid}`, false],
];

for (const [label, content, isFree] of found) {
  test(`a folder's lock: ${label}`, () => {
    const folder = mkdtempSync(join(tmpdir(), "sallyport-lock-"));
    try {
      if (content !== undefined) writeFileSync(join(folder, "lock"), content);
      // Of a process that was killed while it locked.
      writeFileSync(join(folder, "lock.4194305"), "4194305 1");
      if (!isFree) return assert.throws(() => lockFolder(folder), /in use by process \d+; stop it/);
      const release = lockFolder(folder);
      assert.deepEqual(readdirSync(folder), ["lock"]);
      release();
      assert.deepEqual(readdirSync(folder), []);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

test("of several processes that take over a dead one's folder at once, one gets it, and the others are told", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-lock-"));
  const rivals = Array.from({ length: 5 }, () => new Rival(folder));
  try {
    writeFileSync(join(folder, "lock"), "4194305 1");
    assert.deepEqual(await Promise.all(rivals.map((rival) => rival.next())), Array(5).fill("ready"));
    for (const rival of rivals) rival.go();
    const said = await Promise.all(rivals.map((rival) => rival.next()));
    assert.equal(said.filter((text) => text === "mine").length, 1, said.join("\n"));
    for (const text of said) assert.match(text, /^mine$|in use by (another )?process/);
  } finally {
    for (const rival of rivals) rival.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A process that says it is ready, tries for the lock when it is told to, says what came of it, and lives on until it is stopped. */
class Rival {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(folder: string) {
    const program = `import { lockFolder } from ${JSON.stringify(new URL("./folder-lock.ts", import.meta.url).href)};
      console.log("ready");
      process.stdin.on("data", () => {
        try { lockFolder(${JSON.stringify(folder)}); console.log("mine"); } catch (error) { console.log(error.message); }
      });`;
    const args = ["--conditions=source", "--input-type=module-typescript", "-e", program];
    this.#child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  async next(): Promise<string> {
    return (await this.#lines.next()).value;
  }

  go(): void {
    this.#child.stdin.write("go");
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}
