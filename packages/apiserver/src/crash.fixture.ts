import { join } from "node:path";
import { memoryServer } from "./server.fixture.ts";
import { startApiServer } from "./server.ts";
import { openLmdbStore } from "./storage/lmdb-store.ts";

// A server over the embedded store in a folder, until it is killed, or until it has started where `once` stands behind the folder. Says its
// URL. Without an await at the top: it is built as the program is.
const [folder = "", once] = process.argv.slice(2);

function fail(error: unknown): never {
  console.error(error);
  process.exit(1);
}

startApiServer({ ...memoryServer(folder, fail), store: openLmdbStore(join(folder, "data")) }).then(({ url }) => {
  process.stdout.write(`${url}\n`);
  if (once !== undefined) process.exit();
}, fail);
