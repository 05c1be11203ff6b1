import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  openEtcdStore,
  readBackup,
  readLmdbSnapshot,
  restoreLmdbStore,
  type Snapshot,
  type Store,
  StoreError,
  writeBackup,
} from "@sallyport/apiserver";
import { Command } from "commander";
import { reasonOf } from "../errors.ts";
import { addEtcdServerOptions, type EtcdFlags, etcdOptions } from "../etcd-flags.ts";
import { InputError } from "../manifests.ts";

interface BackupFlags extends Omit<EtcdFlags, "storageMediaType" | "eventTtl"> {
  readonly data: string;
  readonly json?: boolean;
}

/** Keys that are read at once from etcd: their answer fits into a message. */
const pageKeys = 500;

const registry = "/registry/";

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
      writeFileSync(`${file}.partial`, bytes, { mode: 0o600 });
      renameSync(`${file}.partial`, file);
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

Exit status: 0 restored, 2 bad usage, 3 a damaged backup, a store that is not empty, disk or permissions.`,
    )
    .action(async (file: string, flags: BackupFlags) => {
      const snapshot = readBackup(readFile(file), file);
      const etcd = etcdOptions(flags);
      if (etcd === undefined) await restoreLmdbStore(folderOf(flags), snapshot);
      else await withStore(await openEtcdStore(etcd), (store) => fill(store, snapshot));
      say(flags, { file, revision: snapshot.revision, keys: snapshot.values.length }, "restored");
    });
}

function folderOf({ data }: BackupFlags): string {
  return join(resolve(data), "store");
}

async function snapshotOf(flags: BackupFlags): Promise<Snapshot> {
  const etcd = etcdOptions(flags);
  return etcd === undefined ? readLmdbSnapshot(folderOf(flags)) : withStore(await openEtcdStore(etcd), pages);
}

async function withStore<T>(store: Store, use: (store: Store) => Promise<T>): Promise<T> {
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** All pages of the revision of the first one. */
async function pages(store: Store): Promise<Snapshot> {
  let page = await store.range(registry, { limit: pageKeys });
  const values = [...page.values];
  while (page.remaining > 0) {
    page = await store.range(registry, {
      limit: pageKeys,
      revision: page.revision,
      after: values.at(-1)?.key ?? "",
    });
    values.push(...page.values);
  }
  return { revision: page.revision, values };
}

/** Every key must be new: what is there is never overwritten. */
async function fill(store: Store, { values }: Snapshot): Promise<void> {
  const { values: held } = await store.range(registry, { limit: 1 });
  if (held.length > 0)
    throw new StoreError("etcd holds keys already; restore into an empty one, or choose another --etcd-prefix");
  for (let from = 0; from < values.length; from += pageKeys) {
    const page = values.slice(from, from + pageKeys);
    const results = await Promise.all(page.map(({ key, value }) => store.write({ key, expected: 0, value })));
    const lost = results.findIndex(({ ok }) => !ok);
    if (lost >= 0) throw new StoreError(`etcd: somebody else wrote ${page[lost]?.key} meanwhile; restore again`);
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
