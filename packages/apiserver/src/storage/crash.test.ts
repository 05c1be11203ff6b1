import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openLmdbStore } from "./lmdb-store.ts";

const fixture = fileURLToPath(new URL("./crash.fixture.ts", import.meta.url));
/** A long run takes a thousand. */
const rounds = Number(process.env["SALLYPORT_CRASH_ROUNDS"] || 50);

/** When to kill: after so many lines, and so many milliseconds more; without lines, so long after the start. */
interface Moment {
  readonly lines: number;
  readonly ms: number;
}

/** Early and late in a batch, in the middle of a write, and sometimes while the store is opened. */
function momentOf(round: number): Moment {
  if (round % 10 === 9) return { lines: 0, ms: 40 + ((round * 13) % 160) };
  return { lines: 1 + ((round * 11) % 60), ms: round % 3 === 0 ? 0 : ((round * 7) % 40) / 8 };
}

/** Lets a writer run that resumes its watch behind a revision, kills it, answers what it had said. */
function killedWriter(folder: string, seen: number, { lines, ms }: Moment): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ["--conditions=source", "--disable-warning=ExperimentalWarning", fixture, folder, String(seen)],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    let said = "";
    let isKilled = false;
    const kill = () => {
      isKilled = true;
      setTimeout(() => child.kill("SIGKILL"), ms);
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (!isKilled && said.split("\n").length > lines) kill();
    });
    if (lines === 0) kill();
    child.on("error", reject);
    child.on("close", (_code, signal) =>
      signal === "SIGKILL" ? resolve(said) : reject(new Error(`the writer ended by itself, by ${signal}`)),
    );
  });
}

test("a process that closes its store ends by itself", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-close-"));
  const driver = new URL("./lmdb-store.ts", import.meta.url).href;
  const program = `import { openLmdbStore } from ${JSON.stringify(driver)};
    const store = openLmdbStore(${JSON.stringify(folder)});
    await store.write({ key: "/a", expected: 0, value: new Uint8Array(1) });
    await store.close();`;
  try {
    const child = spawn(process.execPath, ["--conditions=source", "--input-type=module-typescript", "-e", program]);
    const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
    const code = await new Promise((resolve) => child.on("close", resolve));
    clearTimeout(timer);
    assert.equal(code, 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** What a client knows who has read everything: each revision's write, and what lies under each key. */
class Witness {
  readonly #told = new Map<number, string>();
  readonly values = new Map<string, string>();
  seen = 0;
  acknowledged = 0;

  /** Takes in what a life said; a last line that is cut off was not said. */
  hear(said: string): void {
    for (const line of said.split("\n").slice(0, -1)) {
      const [word, number = "", key = "", value = ""] = line.split(" ");
      const revision = Number(number);
      if (word === "told") this.#tell(revision, key, value);
      else {
        this.acknowledged++;
        assert.equal(this.#told.get(revision), `${key} ${value}`, `revision ${revision} was acknowledged, not told`);
      }
    }
  }

  /** Every revision has one event: a watch that resumes tells each of them once and in order, without a gap. */
  #tell(revision: number, key: string, value: string): void {
    assert.equal(revision, this.seen + 1, "the watch goes on where it was");
    this.seen = revision;
    this.#told.set(revision, `${key} ${value}`);
    if (value === "-") this.values.delete(key);
    else this.values.set(key, value);
  }
}

test(`kill -9 loses no acknowledged write and reuses no revision, and watches resume exactly (${rounds} rounds)`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-crash-"));
  const witness = new Witness();
  try {
    for (let round = 0; round < rounds; round++)
      witness.hear(await killedWriter(folder, witness.seen, momentOf(round)));
    const store = openLmdbStore(folder);
    const lines: string[] = [];
    store.watch(witness.seen, ({ revision, key, value }) =>
      lines.push(`told ${revision} ${key} ${value === undefined ? "-" : Buffer.from(value.value).toString()}\n`),
    );
    witness.hear(lines.join(""));
    assert.equal(store.revision, witness.seen);
    const found = (await store.range("/")).values.map(
      ({ key, value }) => [key, Buffer.from(value).toString()] as const,
    );
    assert.deepEqual(new Map(found), new Map([...witness.values].sort()));
    assert.ok(witness.acknowledged >= rounds);
    await store.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
