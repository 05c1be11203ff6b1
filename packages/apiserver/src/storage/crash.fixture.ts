import { writeSync } from "node:fs";
import { openLmdbStore } from "./lmdb-store.ts";

// Writes until it is killed, many at once; says each revision only after the store has acknowledged it.
const folder = process.argv[2] as string;
const store = openLmdbStore(folder);
const started = store.revision;
for (let lane = 0; lane < 8; lane++) void write(lane);

async function write(lane: number): Promise<void> {
  for (let i = 0; ; i++) {
    const key = `/k/${started}/${lane}/${i}`;
    const result = await store.write({ key, expected: 0, value: new TextEncoder().encode(key) });
    if (result.ok) writeSync(1, `${result.revision} ${key}\n`);
  }
}
