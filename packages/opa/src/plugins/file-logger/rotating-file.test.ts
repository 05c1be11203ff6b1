import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { RotatingFile, type RotatingFileOptions } from "./rotating-file.ts";

const day = Date.parse("2026-01-02T15:04:05.000Z");

interface World {
  readonly folder: string;
  now: number;
  readonly open: (options?: Partial<RotatingFileOptions>) => RotatingFile;
  /** What is in the folder: each file's text. */
  readonly files: () => { readonly [name: string]: string };
}

function world(t: TestContext): World {
  const folder = mkdtempSync(join(tmpdir(), "rotating-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const made: World = {
    folder,
    now: day,
    open: (options) =>
      new RotatingFile({
        path: join(folder, "a.log"),
        maxBytes: 10,
        maxAgeDays: 28,
        maxBackups: 3,
        compresses: false,
        now: () => made.now,
        ...options,
      }),
    files: () =>
      Object.fromEntries(
        readdirSync(folder).map((name) => {
          const bytes = readFileSync(join(folder, name));
          return [name, (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8")];
        }),
      ),
  };
  return made;
}

test("a full file is put aside under the time", async (t) => {
  const it = world(t);
  const file = it.open();
  for (const text of ["12345\n", "78\n", "abc\n"]) file.write(text);
  await file.close();
  assert.deepEqual(it.files(), { "a-2026-01-02T15-04-05.000.log": "12345\n78\n", "a.log": "abc\n" });
  assert.equal(statSync(join(it.folder, "a.log")).mode & 0o777, 0o600);
});

test("a file that is there is gone on with, and keeps who may read it", async (t) => {
  const it = world(t);
  writeFileSync(join(it.folder, "a.log"), "1234\n");
  chmodSync(join(it.folder, "a.log"), 0o640);
  const file = it.open();
  file.write("67\n");
  assert.deepEqual(it.files(), { "a.log": "1234\n67\n" });
  file.write("abc\n");
  await file.close();
  assert.equal(statSync(join(it.folder, "a.log")).mode & 0o777, 0o640);
  const again = it.open();
  it.now += 1000;
  again.write("123456\n");
  await again.close();
  assert.deepEqual(it.files(), {
    "a-2026-01-02T15-04-05.000.log": "1234\n67\n",
    "a-2026-01-02T15-04-06.000.log": "abc\n",
    "a.log": "123456\n",
  });
});

test("the newest that were put aside are kept, no older than they may be", async (t) => {
  const it = world(t);
  const rest = [
    "a-2025-12-01T00-00-00.000.log",
    "a-2026-01-02T00-00-00.000.log.gz",
    "a-b.log",
    "b-2025-01-01T00-00-00.000.log",
  ];
  for (const name of rest)
    writeFileSync(
      join(it.folder, name),
      name.endsWith(".gz") ? Buffer.from("H4sIAAAAAAAAAwMAAAAAAAAAAAA=", "base64") : "",
    );
  const file = it.open({ maxBackups: 2 });
  for (let i = 0; i < 3; i++) {
    file.write(`${i}2345678\n`);
    it.now += 1000;
  }
  await file.close();
  assert.deepEqual(Object.keys(it.files()), [
    "a-2026-01-02T15-04-06.000.log",
    "a-2026-01-02T15-04-07.000.log",
    "a-b.log",
    "a.log",
    "b-2025-01-01T00-00-00.000.log",
  ]);
  it.now += 40 * 24 * 3600 * 1000;
  const later = it.open({ maxBackups: -1 });
  later.write("x\n");
  await later.close();
  assert.deepEqual(Object.keys(it.files()), [
    "a-2026-02-11T15-04-08.000.log",
    "a-b.log",
    "a.log",
    "b-2025-01-01T00-00-00.000.log",
  ]);
});

test("what is put aside is compressed where that is wanted", async (t) => {
  const it = world(t);
  const file = it.open({ compresses: true });
  file.write("12345678\n");
  file.write("abc\n");
  await file.close();
  assert.deepEqual(it.files(), { "a-2026-01-02T15-04-05.000.log.gz": "12345678\n", "a.log": "abc\n" });
});

test("what is longer than a whole file is not written", (t) => {
  const it = world(t);
  assert.throws(() => it.open().write("12345678901"), { message: "write length 11 exceeds maximum file size 10" });
  assert.deepEqual(it.files(), {});
});
