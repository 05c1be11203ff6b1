import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  openEtcdStore,
  openLmdbStore,
  readLmdbSnapshot,
  resourceOfKey,
  type Store,
  type StoredValue,
} from "@sallyport/apiserver";
import type { LyingValue } from "@sallyport/secrets/encryption";
import type { Command } from "commander";
import { UsageError } from "../errors.ts";
import { addEtcdServerOptions, type EtcdFlags, etcdOptions } from "../etcd-flags.ts";

/** Which store is looked at. */
export interface StoreFlags extends Omit<EtcdFlags, "storageMediaType" | "eventTtl"> {
  readonly data: string;
}

/** A value as it lies in the store, and under which revision. */
export interface StoredObject extends LyingValue {
  readonly modRevision: number;
  /** As our store calls it, whatever the prefix of etcd is; `key` is where it lies. */
  readonly ownKey: string;
}

/** Few enough for etcd's messages with objects of 1.5 MiB. */
const pageSize = 200;

/** Adds the flags that name a store. */
export function addStoreOptions(command: Command): Command {
  return addEtcdServerOptions(
    command.option("--data <folder>", "data folder of `sallyport up`, which may be running", ".sallyport"),
  );
}

/** Objects of the store that the flags name, as they lie, page by page, and how many values there are in all. `opened` is that store where it is open already. */
export async function* storedValues(
  flags: StoreFlags,
  opened?: Store,
): AsyncGenerator<{ values: readonly StoredObject[]; of: number }> {
  const etcd = etcdOptions(flags);
  const placeOf = placesOf(flags);
  if (opened !== undefined) {
    yield* pagesOf(opened, placeOf);
    return;
  }
  if (etcd === undefined) {
    const { values } = await readLmdbSnapshot(folderOf(flags));
    yield { values: values.flatMap((value) => lying(value, placeOf)), of: values.length };
    return;
  }
  const store = await openEtcdStore(etcd);
  try {
    yield* pagesOf(store, placeOf);
  } finally {
    await store.close();
  }
}

async function* pagesOf(
  store: Store,
  placeOf: (key: string) => string,
): AsyncGenerator<{ values: readonly StoredObject[]; of: number }> {
  let [after, revision, seen] = [undefined, undefined, 0] as [string | undefined, number | undefined, number];
  for (;;) {
    const more = { ...(after === undefined ? {} : { after }), ...(revision === undefined ? {} : { revision }) };
    const page = await store.range("/registry/", { limit: pageSize, ...more });
    seen += page.values.length;
    yield { values: page.values.flatMap((value) => lying(value, placeOf)), of: seen + page.remaining };
    const last = page.values.at(-1);
    if (last === undefined || page.remaining === 0) return;
    [after, revision] = [last.key, page.revision];
  }
}

/** The same store to write to: of a folder, when no server runs on it. */
export async function openStoreToWrite(flags: StoreFlags): Promise<Store> {
  const etcd = etcdOptions(flags);
  if (etcd !== undefined) return openEtcdStore(etcd);
  const folder = folderOf(flags);
  // Opening makes what is not there.
  if (!existsSync(join(folder, "data.mdb")))
    throw new UsageError(`${folder}: no store is there; name its folder with --data`);
  return openLmdbStore(folder);
}

/** How the keys of our stores stand in the store itself. */
export function placesOf({ etcdServers, etcdPrefix }: StoreFlags): (key: string) => string {
  const prefix = etcdPrefix.replace(/\/+$/, "");
  return etcdServers.length === 0 ? (key) => key : (key) => prefix + key.slice("/registry".length);
}

function lying({ key, value, modRevision }: StoredValue, placeOf: (key: string) => string): readonly StoredObject[] {
  const resource = resourceOfKey(key);
  return resource === undefined ? [] : [{ ...resource, key: placeOf(key), ownKey: key, value, modRevision }];
}

function folderOf({ data }: StoreFlags): string {
  return join(resolve(data), "store");
}
