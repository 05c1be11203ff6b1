import { writeSync } from "node:fs";
import { openLmdbStore } from "./lmdb-store.ts";
import type { StoreEvent } from "./store.ts";

// Creates, changes and deletes until it is killed, many at once. Says `told REVISION KEY VALUE` of every event behind the revision that it
// is given, and `done REVISION KEY VALUE` only after the store has acknowledged a write; a deletion has the value `-`.
const [folder = "", seen = "0"] = process.argv.slice(2);
const store = openLmdbStore(folder);
const say = (line: string) => void writeSync(1, `${line}\n`);
const text = (value: Uint8Array | undefined) => (value === undefined ? "-" : Buffer.from(value).toString());

store.watch(Number(seen), ({ revision, key, value }: StoreEvent) =>
  say(`told ${revision} ${key} ${text(value?.value)}`),
);
const started = store.revision;
for (let lane = 0; lane < 8; lane++) void write(lane);

/** Each lane has a few keys of its own, which it creates, changes twice and deletes; and those stay that it made first in each life. */
async function write(lane: number): Promise<void> {
  for (let i = 0; ; i++) {
    const step = i % 5;
    const key = step === 0 ? `/kept/${started}/${lane}/${i}` : `/k/${lane}/${Math.floor(i / 5) % 3}`;
    const value = step === 4 ? undefined : Buffer.from(`${started}-${lane}-${i}-${"x".repeat((i * 37) % 900)}`);
    const result = await store.write({ key, expected: (await store.get(key))?.modRevision ?? 0, value });
    if (result.ok) say(`done ${result.revision} ${key} ${text(value)}`);
  }
}
