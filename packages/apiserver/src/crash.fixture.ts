import { join } from "node:path";
import { memoryServer } from "./server.fixture.ts";
import { startApiServer } from "./server.ts";
import { openLmdbStore } from "./storage/lmdb-store.ts";

// A server over the embedded store in a folder, until it is killed. Says its URL.
const folder = process.argv[2] as string;
const options = memoryServer(folder, (error) => {
  throw error;
});
const { url } = await startApiServer({ ...options, store: openLmdbStore(join(folder, "data")) });
process.stdout.write(`${url}\n`);
