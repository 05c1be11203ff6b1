import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { test } from "node:test";
import type { LogEntry } from "@sallyport/streaming";
import { ContainerLog, logFiles } from "./container-log.ts";
import { readLog } from "./read-log.ts";

const now = () => Date.parse("2026-01-02T03:04:05.678Z");
const forever = new AbortController().signal;

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-log-"));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const textsOf = (entries: readonly (LogEntry | "caught up")[]) =>
  entries.flatMap((entry) => (entry === "caught up" ? [] : [[entry.stream, Buffer.from(entry.text).toString()]]));

async function all(entries: AsyncIterable<LogEntry | "caught up">): Promise<(LogEntry | "caught up")[]> {
  const found: (LogEntry | "caught up")[] = [];
  for await (const entry of entries) found.push(entry);
  return found;
}

test("lines are written as the CRI has them, and read again", () =>
  inFolder(async (folder) => {
    const log = new ContainerLog(folder, 0, now);
    await log.take("stdout", Readable.from([Buffer.from("on"), Buffer.from("e\ntwo\n\nrest")]));
    await log.take("stderr", Readable.from([Buffer.from("bad\n")]));
    await log.close();
    const [file = ""] = await logFiles(folder, 0);
    const time = "2026-01-02T03:04:05.678000000Z";
    assert.deepEqual(readFileSync(file, "utf8").split("\n"), [
      `${time} stdout F one`,
      `${time} stdout F two`,
      `${time} stdout F `,
      `${time} stdout P rest`,
      `${time} stderr F bad`,
      "",
    ]);
    const entries = await all(readLog(folder, 0, undefined, forever));
    assert.deepEqual(textsOf(entries), [
      ["stdout", "one\n"],
      ["stdout", "two\n"],
      ["stdout", "\n"],
      ["stdout", "rest"],
      ["stderr", "bad\n"],
    ]);
    assert.deepEqual([entries[0] !== "caught up" && entries[0]?.time, entries.at(-1)], [now(), "caught up"]);
  }));

test("of what is too much the oldest files are gone, and lines that are too long come in parts", () =>
  inFolder(async (folder) => {
    const log = new ContainerLog(folder, 3, now);
    const megabyte = Buffer.alloc(1024 * 1024, "x");
    megabyte[megabyte.length - 1] = 0x0a;
    await log.take("stdout", Readable.from(Array.from({ length: 65 }, () => megabyte)));
    await log.close();
    assert.equal((await logFiles(folder, 3)).length, 5);
    assert.equal((await logFiles(folder, 0)).length, 0);
    const entries = textsOf(await all(readLog(folder, 3, undefined, forever)));
    assert.ok(entries.every(([, text = ""]) => text.length <= 16 * 1024));
    assert.ok(entries.length > 2000 && entries.length < 65 * 65);
  }));

test("a log that goes on is followed from one file to the next until it ends", () =>
  inFolder(async (folder) => {
    const log = new ContainerLog(folder, 0, now);
    const source = new PassThrough();
    let hasEnded = false;
    const taken = log.take("stdout", source).then(async () => {
      hasEnded = true;
      await log.close();
    });
    source.write("first\n");
    const found: (string | undefined)[] = [];
    for await (const entry of readLog(folder, 0, { log, ended: () => hasEnded }, forever)) {
      if (entry !== "caught up") found.push(Buffer.from(entry.text).toString());
      else source.end("second\n");
    }
    await taken;
    assert.deepEqual(found, ["first\n", "second\n"]);
  }));

test("following ends with the signal", () =>
  inFolder(async (folder) => {
    const log = new ContainerLog(folder, 0, now);
    const gone = new AbortController();
    setTimeout(() => gone.abort(), 20);
    assert.deepEqual(await all(readLog(folder, 0, { log, ended: () => false }, gone.signal)), ["caught up"]);
  }));

const notRoot = process.getuid?.() !== 0 && "not root: no small disk can be mounted";

test("a full disk costs lines, and the container goes on", { skip: notRoot }, () =>
  inFolder(async (folder) => {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=8k", "tmpfs", folder]);
    try {
      const log = new ContainerLog(folder, 0, now);
      const seen: Buffer[] = [];
      log.on("data", (_name, chunk) => seen.push(chunk));
      await log.take("stdout", Readable.from([Buffer.from(`${"x".repeat(64 * 1024)}\n`), Buffer.from("last\n")]));
      await log.close();
      assert.match(log.fault?.message ?? "", /ENOSPC/);
      assert.equal(seen.at(-1)?.toString(), "last\n");
    } finally {
      execFileSync("umount", [folder]);
    }
  }),
);
