import type { Snapshot } from "./backup.ts";
import { type Store, type StoredValue, StoreError } from "./store.ts";

/** Keys that are read or written at once: with etcd their answer fits into a message. */
const pageKeys = 500;

const registry = "/registry/";

/** Events end by themselves in etcd; kube-apiserver's and our `--event-ttl` unless it is given. */
const eventKey = /^\/registry\/events\//;
const eventTtlSeconds = 3600;

/** All keys of a store that others may write to, at the revision of the first page. Rejects with `StoreError` or `CompactedError`. */
export async function takeSnapshot(store: Store): Promise<Snapshot> {
  let page = await store.range(registry, { limit: pageKeys });
  const values = [...page.values];
  while (page.remaining > 0) {
    page = await store.range(registry, { limit: pageKeys, revision: page.revision, after: values.at(-1)?.key ?? "" });
    values.push(...page.values);
  }
  return { revision: page.revision, values };
}

/**
 * Writes a snapshot into an empty store, which gives out revisions of its own, and reads it again. Every key must be new: what is there is
 * never overwritten. Rejects with `StoreError`: not empty, somebody else writes, or what is read is not what was written.
 */
export async function fillStore(store: Store, { values }: Snapshot): Promise<void> {
  const { values: held } = await store.range(registry, { limit: 1 });
  if (held.length > 0)
    throw new StoreError("etcd holds keys already; restore into an empty one, or choose another --etcd-prefix");
  // As they were made: watchers of the new store hear of a namespace before its objects.
  const inOrder = values.toSorted((a, b) => a.modRevision - b.modRevision);
  for (let from = 0; from < inOrder.length; from += pageKeys) {
    const page = inOrder.slice(from, from + pageKeys);
    const results = await Promise.all(page.map((each) => store.write({ ...writeOf(each), expected: 0 })));
    const lost = results.findIndex(({ ok }) => !ok);
    if (lost >= 0)
      throw new StoreError(`etcd: somebody else wrote ${page[lost]?.key} meanwhile; empty it, and restore`);
  }
  await verify(store, values);
}

function writeOf({ key, value }: StoredValue): { key: string; value: Uint8Array; ttlSeconds?: number } {
  return eventKey.test(key) ? { key, value, ttlSeconds: eventTtlSeconds } : { key, value };
}

async function verify(store: Store, wanted: readonly StoredValue[]): Promise<void> {
  const { values } = await takeSnapshot(store);
  const faulty = firstUnlike(values, wanted);
  if (faulty !== undefined)
    throw new StoreError(`etcd: ${faulty} is not there as it was written; empty it, and restore`);
}

/** The first key whose bytes are not found as they are wanted. */
export function firstUnlike(found: Iterable<StoredValue>, wanted: readonly StoredValue[]): string | undefined {
  const held = new Map([...found].map(({ key, value }) => [key, value]));
  const isThere = ({ key, value }: StoredValue) => {
    const bytes = held.get(key);
    return bytes !== undefined && Buffer.compare(bytes, value) === 0;
  };
  return wanted.find((each) => !isThere(each))?.key;
}
