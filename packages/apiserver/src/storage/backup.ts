import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { type StoredValue, StoreError } from "./store.ts";

/** All keys of a store as they were at one revision. */
export interface Snapshot {
  readonly revision: number;
  readonly values: readonly StoredValue[];
}

/** What a backup says of itself in its first line. */
interface Head {
  readonly format: typeof formatName;
  readonly version: number;
  readonly revision: number;
  readonly count: number;
}

const formatName = "sallyport-backup";

/** Raised when the lines below change; an older program refuses a newer file. */
const formatVersion = 1;

/** A backup that unpacks to more is refused before memory is gone: a store of the embedded kind maps at most 8 GiB, of which this is plenty. */
const maxUnpackedBytes = 2 ** 31 - 1;

/**
 * A snapshot as a file: gzip of lines of JSON. The first says format, revision and count; then comes one line per key, with its revisions
 * and its bytes in base64, as they are stored (so what is encrypted at rest stays so); the last is the SHA-256 of all lines before it.
 */
export function writeBackup({ revision, values }: Snapshot): Buffer {
  const head: Head = { format: formatName, version: formatVersion, revision, count: values.length };
  const lines = values.map(({ key, createRevision, modRevision, value }) =>
    lineOf({ key, createRevision, modRevision, value: Buffer.from(value).toString("base64") }),
  );
  // One text would be too long from half a gigabyte on.
  const body = Buffer.concat([lineOf(head), ...lines]);
  if (body.length > maxUnpackedBytes)
    throw new StoreError(
      `the store is too large for a backup (${body.length} bytes as text, of at most ${maxUnpackedBytes})`,
    );
  return gzipSync(Buffer.concat([body, lineOf({ sha256: digestOf(body) })]));
}

/** Reads a backup and checks it whole. `file` is what it is called in faults. Throws `StoreError`: no backup, newer, cut off, or changed. */
export function readBackup(bytes: Buffer, file: string): Snapshot {
  const all = unpacked(bytes, file);
  const end = all.lastIndexOf(newline, all.length - 2) + 1;
  const body = all.subarray(0, end);
  const lines = linesOf(body);
  const head = headOf(String(lines.next().value ?? ""), file);
  if (sumOf(all.toString("utf8", end)) !== digestOf(body))
    throw new StoreError(`${file}: damaged (its checksum is not that of its content); use another backup`);
  const values = [...lines].map(storedOf);
  if (values.length !== head.count)
    throw new StoreError(`${file}: damaged (${values.length} keys of ${head.count}); use another backup`);
  return { revision: head.revision, values };
}

const newline = 10;

function lineOf(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

function* linesOf(body: Buffer): Generator<string, undefined> {
  for (let start = 0; start < body.length; ) {
    const end = body.indexOf(newline, start);
    yield body.toString("utf8", start, end);
    start = end + 1;
  }
}

function unpacked(bytes: Buffer, file: string): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxUnpackedBytes });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE")
      throw new StoreError(`${file}: unpacks to more than ${maxUnpackedBytes} bytes; use another backup`, {
        cause: error,
      });
    throw new StoreError(
      `${file}: ${code === "Z_BUF_ERROR" ? "cut off; use another backup" : "no backup of sallyport"}`,
      {
        cause: error,
      },
    );
  }
}

function headOf(line: string, file: string): Head {
  const head = parsed(line) as Partial<Head> | undefined;
  if (head?.format !== formatName) throw new StoreError(`${file}: no backup of sallyport`);
  if (Number(head.version) > formatVersion)
    throw new StoreError(
      `${file}: written by a newer version (format ${head.version}, this program knows ${formatVersion}); use the newer program`,
    );
  return head as Head;
}

function sumOf(line: string): unknown {
  return (parsed(line) as { readonly sha256?: unknown } | undefined)?.sha256;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

/** The checksum has been checked: the line is as we wrote it. */
function storedOf(line: string): StoredValue {
  const { value, ...rest } = JSON.parse(line) as Omit<StoredValue, "value"> & { readonly value: string };
  return { ...rest, value: Uint8Array.from(Buffer.from(value, "base64")) };
}

function digestOf(body: Buffer): string {
  return createHash("sha256").update(body).digest("hex");
}
