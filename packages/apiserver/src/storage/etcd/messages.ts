import { bytesOf, numberOf, readWire, textOf, WireWriter } from "./wire.ts";

/** The messages of etcd's gRPC API that we use. https://etcd.io/docs/v3.5/dev-guide/api_reference_v3/ */

export interface KeyValue {
  readonly key: string;
  readonly value: Uint8Array;
  readonly createRevision: number;
  readonly modRevision: number;
  /** How often it was written since it was created. */
  readonly version: number;
}

export interface RangeRequest {
  readonly key: string;
  /** All keys from `key` up to this one, which is not among them; `key` alone when absent. */
  readonly end?: string;
  readonly limit?: number;
  readonly revision?: number;
}

export interface RangeResponse {
  /** etcd's newest revision when it answered. */
  readonly revision: number;
  readonly values: readonly KeyValue[];
  /** Keys in the whole range, whatever the limit. */
  readonly count: number;
}

export interface TxnRequest {
  readonly compare: { readonly key: string; readonly target: "mod" | "version"; readonly is: number };
  /** A value to put, or undefined to delete; then what the key must hold is asked for when the comparison fails. */
  readonly put: { readonly value: Uint8Array; readonly lease: bigint } | undefined;
}

export interface TxnResponse {
  readonly revision: number;
  readonly succeeded: boolean;
  /** What lies at the key, when the comparison has failed. */
  readonly current: KeyValue | undefined;
}

export interface WatchResponse {
  readonly revision: number;
  /** -1 answers a question for the progress of all. */
  readonly watchId: number;
  readonly created: boolean;
  readonly canceled: boolean;
  /** Not 0 when the watch began at a revision that is gone. */
  readonly compactRevision: number;
  readonly cancelReason: string;
  /** More of the same revision follows. */
  readonly fragment: boolean;
  readonly events: readonly WatchEvent[];
}

export interface WatchEvent {
  readonly isDelete: boolean;
  readonly value: KeyValue;
  readonly previous: KeyValue | undefined;
}

const text = (value: string) => Buffer.from(value, "utf8");

export function writeRange({ key, end, limit, revision }: RangeRequest): Uint8Array {
  return new WireWriter()
    .bytes(1, text(key))
    .bytes(2, text(end ?? ""))
    .number(3, limit ?? 0)
    .number(4, revision ?? 0)
    .end();
}

export function readRange(bytes: Uint8Array): RangeResponse {
  let [revision, count] = [0, 0];
  const values: KeyValue[] = [];
  for (const [field, value] of readWire(bytes)) {
    if (field === 1) revision = readHeader(bytesOf(value));
    else if (field === 2) values.push(readKeyValue(bytesOf(value)));
    else if (field === 4) count = numberOf(value);
  }
  return { revision, values, count };
}

function readHeader(bytes: Uint8Array): number {
  for (const [field, value] of readWire(bytes)) if (field === 3) return numberOf(value);
  return 0;
}

function readKeyValue(bytes: Uint8Array): KeyValue {
  let [key, createRevision, modRevision, version] = ["", 0, 0, 0];
  let value: Uint8Array = new Uint8Array();
  for (const [field, each] of readWire(bytes)) {
    if (field === 1) key = textOf(each);
    else if (field === 2) createRevision = numberOf(each);
    else if (field === 3) modRevision = numberOf(each);
    else if (field === 4) version = numberOf(each);
    // A copy: the answer that it came in is much larger.
    else if (field === 5) value = Uint8Array.from(bytesOf(each));
  }
  return { key, value, createRevision, modRevision, version };
}

const targets = { version: [0, 4], mod: [2, 6] } as const;

export function writeTxn({ compare, put }: TxnRequest): Uint8Array {
  const key = text(compare.key);
  const [target, union] = targets[compare.target];
  const success =
    put === undefined
      ? new WireWriter().message(3, new WireWriter().bytes(1, key).end())
      : new WireWriter().message(2, new WireWriter().bytes(1, key).bytes(2, put.value).number(3, put.lease).end());
  const failure = new WireWriter().message(1, writeRange({ key: compare.key }));
  return new WireWriter()
    .message(1, new WireWriter().number(2, target).bytes(3, key).union(union, compare.is).end())
    .message(2, success.end())
    .message(3, failure.end())
    .end();
}

export function readTxn(bytes: Uint8Array): TxnResponse {
  let [revision, succeeded] = [0, false];
  let current: KeyValue | undefined;
  for (const [field, value] of readWire(bytes)) {
    if (field === 1) revision = readHeader(bytesOf(value));
    else if (field === 2) succeeded = numberOf(value) === 1;
    else if (field === 3)
      for (const [operation, answer] of readWire(bytesOf(value)))
        if (operation === 1) current = readRange(bytesOf(answer)).values[0];
  }
  return { revision, succeeded, current };
}

export function writeWatch(key: string, end: string, startRevision: number): Uint8Array {
  const create = new WireWriter()
    .bytes(1, text(key))
    .bytes(2, text(end))
    .number(3, startRevision)
    .bool(4, true)
    .bool(6, true)
    .bool(8, true)
    .end();
  return new WireWriter().message(1, create).end();
}

/** Asks a watch to say how far it has come. */
export function writeWatchProgress(): Uint8Array {
  return new WireWriter().message(3, new Uint8Array()).end();
}

export function readWatch(bytes: Uint8Array): WatchResponse {
  let [revision, watchId, compactRevision, cancelReason] = [0, 0, 0, ""];
  let [created, canceled, fragment] = [false, false, false];
  const events: WatchEvent[] = [];
  for (const [field, value] of readWire(bytes)) {
    if (field === 1) revision = readHeader(bytesOf(value));
    else if (field === 2) watchId = numberOf(value);
    else if (field === 3) created = numberOf(value) === 1;
    else if (field === 4) canceled = numberOf(value) === 1;
    else if (field === 5) compactRevision = numberOf(value);
    else if (field === 6) cancelReason = textOf(value);
    else if (field === 7) fragment = numberOf(value) === 1;
    else if (field === 11) events.push(readEvent(bytesOf(value)));
  }
  return { revision, watchId, created, canceled, compactRevision, cancelReason, fragment, events };
}

function readEvent(bytes: Uint8Array): WatchEvent {
  let isDelete = false;
  let [value, previous]: (KeyValue | undefined)[] = [];
  for (const [field, each] of readWire(bytes)) {
    if (field === 1) isDelete = numberOf(each) === 1;
    else if (field === 2) value = readKeyValue(bytesOf(each));
    else if (field === 3) previous = readKeyValue(bytesOf(each));
  }
  if (value === undefined) throw new RangeError("etcd's event has no key");
  return { isDelete, value, previous };
}

export function writeCompaction(revision: number): Uint8Array {
  return new WireWriter().number(1, revision).end();
}

export function writeLeaseGrant(seconds: number): Uint8Array {
  return new WireWriter().number(1, seconds).end();
}

/** How many bytes the member's database takes on its disk. */
export function readDatabaseSize(bytes: Uint8Array): number {
  for (const [field, value] of readWire(bytes)) if (field === 3 && typeof value === "bigint") return Number(value);
  throw new RangeError("etcd told no size");
}

/** The lease's id, which is larger than a JavaScript number holds. */
export function readLeaseGrant(bytes: Uint8Array): bigint {
  for (const [field, value] of readWire(bytes)) if (field === 2 && typeof value === "bigint") return value;
  throw new RangeError("etcd granted no lease");
}
