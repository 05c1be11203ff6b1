import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  fillStore,
  openEtcdStore,
  readBackup,
  readLmdbSnapshot,
  restoreLmdbStore,
  type Snapshot,
  type Store,
  takeSnapshot,
  writeBackup,
} from "@sallyport/apiserver";
import { writeWholeSync } from "@sallyport/files";
import { Command } from "commander";
import { reasonOf } from "../errors.ts";
import { addEtcdServerOptions, type EtcdFlags, etcdOptions } from "../etcd-flags.ts";
import { InputError } from "../manifests.ts";

interface BackupFlags extends Omit<EtcdFlags, "storageMediaType" | "eventTtl"> {
  readonly data: string;
  readonly json?: boolean;
}

export function backupCommand(): Command {
  return addEtcdServerOptions(
    new Command("backup")
      .description("write everything that a server stores, as of one revision, into one file")
      .argument("<file>", "the backup; replaced when it is there")
      .option("--data <folder>", "data folder of `sallyport up`, which may be running", ".sallyport"),
  )
    .option("--json", "say what was written as JSON")
    .addHelpText(
      "after",
      `
Examples:
  sallyport backup monday.backup
  sallyport backup monday.backup --etcd-servers https://127.0.0.1:2379 --etcd-cafile ca.crt --etcd-certfile c.crt --etcd-keyfile c.key

The file holds Secrets as they are stored: in plain text unless they are encrypted at rest. Only its owner may read it.

Exit status: 0 written, 2 bad usage, 3 no such store, disk or permissions.`,
    )
    .action(async (file: string, flags: BackupFlags) => {
      const snapshot = await snapshotOf(flags);
      const bytes = writeBackup(snapshot);
      // A backup that cannot be read is none: it is read once before it takes its name.
      readBackup(bytes, file);
      writeWholeSync(file, bytes, 0o600);
      say(flags, { file, revision: snapshot.revision, keys: snapshot.values.length, bytes: bytes.length }, "written");
    });
}

export function restoreCommand(): Command {
  return addEtcdServerOptions(
    new Command("restore")
      .description("fill an empty store from a backup, which is verified first")
      .argument("<file>", "the backup")
      .option("--data <folder>", "data folder of a `sallyport up` that is not running", ".sallyport"),
  )
    .option("--json", "say what was restored as JSON")
    .addHelpText(
      "after",
      `
Examples:
  sallyport restore monday.backup --data restored && sallyport up --data restored
  sallyport restore monday.backup --etcd-servers http://127.0.0.1:2379

A folder gets the revisions of the backup; etcd gives out its own, so clients that watched must list again.
What was restored into etcd is read again and compared; events there end an hour later.

Exit status: 0 restored, 2 bad usage, 3 a damaged backup, a store that is not empty, disk or permissions.`,
    )
    .action(async (file: string, flags: BackupFlags) => {
      const snapshot = readBackup(readFile(file), file);
      const etcd = etcdOptions(flags);
      if (etcd === undefined) await restoreLmdbStore(folderOf(flags), snapshot);
      else await withStore(await openEtcdStore(etcd), (store) => fillStore(store, snapshot));
      say(flags, { file, revision: snapshot.revision, keys: snapshot.values.length }, "restored");
    });
}

function folderOf({ data }: BackupFlags): string {
  return join(resolve(data), "store");
}

async function snapshotOf(flags: BackupFlags): Promise<Snapshot> {
  const etcd = etcdOptions(flags);
  return etcd === undefined ? readLmdbSnapshot(folderOf(flags)) : withStore(await openEtcdStore(etcd), takeSnapshot);
}

async function withStore<T>(store: Store, use: (store: Store) => Promise<T>): Promise<T> {
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

function readFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new InputError(`${file}: ${reasonOf(error)}`);
  }
}

function say({ json }: BackupFlags, facts: { readonly [name: string]: unknown }, verb: string): void {
  const { file, revision, keys } = facts;
  process.stdout.write(
    json === true
      ? `${JSON.stringify(facts)}\n`
      : `${verb}: ${String(keys)} keys at revision ${String(revision)} (${String(file)})\n`,
  );
}
