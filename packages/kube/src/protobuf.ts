import { isTypedReference } from "./go/fields.ts";
import {
  type Field,
  fieldsOf,
  listMessages,
  magic,
  maxDepth,
  messageOf,
  metaPackage,
  rawMessages,
} from "./protobuf-fields.ts";
import { StatusError } from "./status.ts";

class Reader {
  readonly #bytes: Uint8Array;
  #at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, at = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  get more(): boolean {
    return this.#at < this.#end;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined || this.#at > this.#end) throw malformed("unexpected EOF");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw malformed("integer overflow");
  }

  bytes(): Uint8Array {
    const length = Number(this.varint());
    const start = this.#at;
    if (length < 0 || start + length > this.#end) throw malformed("unexpected EOF");
    this.#at += length;
    return this.#bytes.subarray(start, start + length);
  }

  fixed(size: number): DataView {
    if (this.#at + size > this.#end) throw malformed("unexpected EOF");
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, size);
    this.#at += size;
    return view;
  }
}

function malformed(why: string): StatusError {
  return new StatusError("BadRequest", `proto: ${why}`);
}

const decoder = new TextDecoder();

/** True when a body begins as Kubernetes' protobuf does. */
export function isProtobuf(bytes: Uint8Array): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

/** Decodes an enveloped object to the JSON that it means. Throws `BadRequest`. */
export function decodeProtobuf(bytes: Uint8Array): { readonly [field: string]: unknown } {
  if (!isProtobuf(bytes))
    throw new StatusError(
      "BadRequest",
      "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
    );
  let apiVersion = "";
  let kind = "";
  let raw: Uint8Array = new Uint8Array();
  for (const [number, value] of readFields(new Reader(bytes, magic.length))) {
    if (number === 1 && value instanceof Uint8Array) {
      for (const [inner, text] of readFields(new Reader(value))) {
        if (inner === 1 && text instanceof Uint8Array) apiVersion = decoder.decode(text);
        if (inner === 2 && text instanceof Uint8Array) kind = decoder.decode(text);
      }
    }
    if (number === 2 && value instanceof Uint8Array) raw = value;
  }
  const message = messageOf(apiVersion, kind);
  if (message === undefined)
    throw new StatusError("BadRequest", `no kind "${kind}" is registered for version "${apiVersion}"`);
  return { apiVersion, kind, ...(decodeMessage(raw, message, 0) as object) };
}

/** What a field holds, by its wire type: 0, 2, 1 (8 bytes) or 5 (4 bytes). https://protobuf.dev/programming-guides/encoding/#structure */
type Value = bigint | Uint8Array | DataView;

function* readFields(reader: Reader): Generator<readonly [number, Value]> {
  while (reader.more) {
    const tag = reader.varint();
    const number = Number(tag >> 3n);
    switch (Number(tag & 7n)) {
      case 0:
        yield [number, reader.varint()];
        break;
      case 1:
        yield [number, reader.fixed(8)];
        break;
      case 2:
        yield [number, reader.bytes()];
        break;
      case 5:
        yield [number, reader.fixed(4)];
        break;
      default:
        throw malformed(`wiretype ${Number(tag & 7n)} is not supported`);
    }
  }
}

function decodeMessage(bytes: Uint8Array, message: string, depth: number): unknown {
  if (depth > maxDepth) throw malformed("message is nested too deeply");
  const special = specials[message];
  if (special !== undefined) return special(bytes);
  if (rawMessages.has(message)) return rawJson(plainFields(bytes).get(1));
  if (listMessages.has(message))
    return [...readFields(new Reader(bytes))].map(([, value]) => decoder.decode(bytesOf(value, "items")));
  const fields = fieldsOf(message);
  if (fields === undefined) throw malformed(`unknown message ${message}`);
  const result: { [field: string]: unknown } = {};
  for (const [number, value] of readFields(new Reader(bytes))) {
    const field = fields.get(number);
    if (field !== undefined) addField(result, field, value, depth);
  }
  for (const name of nullFields(message, fields)) result[name] ??= null;
  return result;
}

/** By message: its fields that Go's JSON does not leave out when nothing is in them. As many as there are messages built in. */
const nullable = new Map<string, readonly string[]>();

function nullFields(message: string, fields: ReadonlyMap<number, Field>): readonly string[] {
  const known = nullable.get(message);
  if (known !== undefined) return known;
  const names = [...fields.values()]
    .filter((field) =>
      field.repeated || field.map
        ? !field.omitEmpty && !field.inline
        : isTime(field) || (field.name === "apiGroup" && isTypedReference(message)),
    )
    .map(({ name }) => name);
  nullable.set(message, names);
  return names;
}

/** A time is a struct, which `omitempty` does not leave out; that of creation alone is marked `omitzero`. */
function isTime({ name, type, pointer }: Field): boolean {
  return !pointer && name !== "creationTimestamp" && /\.v1\.(?:Micro)?Time$/.test(type);
}

/** Go writes what is no pointer always; its JSON omits what is empty. Its embedded structs are messages of their own in protobuf and nothing in JSON: their fields stand in the outer object. */
function addField(result: { [field: string]: unknown }, field: Field, value: Value, depth: number): void {
  if (field.map) {
    const [key, item] = decodeEntry(bytesOf(value, field.name), field, depth);
    const map = (result[field.name] ??= {}) as { [key: string]: unknown };
    Object.defineProperty(map, key, { value: item, enumerable: true, configurable: true, writable: true });
    return;
  }
  const decoded = decodeValue(value, field, depth);
  if (field.inline) Object.assign(result, decoded);
  else if (field.repeated) ((result[field.name] ??= []) as unknown[]).push(decoded);
  else if (decoded !== null && !(field.omitEmpty && !field.pointer && isZero(decoded))) result[field.name] = decoded;
}

function isZero(value: unknown): boolean {
  return value === "" || value === 0 || value === false;
}

function decodeEntry(bytes: Uint8Array, field: Field, depth: number): readonly [string, unknown] {
  let key = "";
  let item: unknown = field.type === "string" ? "" : undefined;
  for (const [number, value] of readFields(new Reader(bytes))) {
    if (number === 1) key = decoder.decode(bytesOf(value, field.name));
    if (number === 2) item = decodeValue(value, field, depth);
  }
  return [key, item];
}

function decodeValue(value: Value, { name, type }: Field, depth: number): unknown {
  switch (type) {
    case "string":
      return decoder.decode(bytesOf(value, name));
    case "bytes":
      return base64(bytesOf(value, name));
    case "double":
      return doubleOf(value, name);
    case "bool":
      return integerOf(value, name) !== 0n;
    case "int32":
    case "int64":
      return Number(BigInt.asIntN(64, integerOf(value, name)));
    default:
      return decodeMessage(bytesOf(value, name), type, depth + 1);
  }
}

function bytesOf(value: Value, field: string): Uint8Array {
  if (!(value instanceof Uint8Array)) throw wrongWireType(value, field);
  return value;
}

function integerOf(value: Value, field: string): bigint {
  if (typeof value !== "bigint") throw wrongWireType(value, field);
  return value;
}

function doubleOf(value: Value, field: string): number {
  if (!(value instanceof DataView) || value.byteLength !== 8) throw wrongWireType(value, field);
  return value.getFloat64(0, true);
}

function wrongWireType(value: Value, field: string): StatusError {
  const fixed = value instanceof DataView ? (value.byteLength === 8 ? 1 : 5) : 2;
  return malformed(`wrong wireType = ${typeof value === "bigint" ? 0 : fixed} for field ${field}`);
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function plainFields(bytes: Uint8Array): ReadonlyMap<number, Value> {
  return new Map(readFields(new Reader(bytes)));
}

/** A signed integer of a message; 0 when it is not there. */
function integerAt(fields: ReadonlyMap<number, Value>, number: number, name: string, bits: 32 | 64): bigint {
  return BigInt.asIntN(bits, integerOf(fields.get(number) ?? 0n, name));
}

/** RFC 3339 has four digits for a year: the seconds of the first and of the last one. */
const firstSecond = -62_167_219_200n;
const lastSecond = 253_402_300_799n;

function timeText(bytes: Uint8Array, digits: number): string | null {
  const fields = plainFields(bytes);
  if (fields.size === 0) return null;
  const seconds = integerAt(fields, 1, "seconds", 64);
  if (seconds < firstSecond || seconds > lastSecond) throw malformed(`a time of ${seconds} seconds has no date`);
  const nanos = integerAt(fields, 2, "nanos", 32);
  if (nanos < 0n || nanos > 999_999_999n) throw malformed(`${nanos} nanoseconds are not within a second`);
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return digits === 0 ? `${text}Z` : `${text}.${String(nanos / 1000n).padStart(6, "0")}Z`;
}

/** Messages whose JSON is not an object of their fields. */
const specials: { readonly [message: string]: (bytes: Uint8Array) => unknown } = {
  [`${metaPackage}.Time`]: (bytes) => timeText(bytes, 0),
  [`${metaPackage}.MicroTime`]: (bytes) => timeText(bytes, 6),
  [`${metaPackage}.Duration`]: (bytes) => `${Number(integerAt(plainFields(bytes), 1, "duration", 64)) / 1e9}s`,
  "k8s.io.apimachinery.pkg.api.resource.Quantity": (bytes) => {
    const text = plainFields(bytes).get(1);
    return text === undefined ? "0" : decoder.decode(bytesOf(text, "string"));
  },
  "k8s.io.apimachinery.pkg.util.intstr.IntOrString": (bytes) => {
    const fields = plainFields(bytes);
    const text = fields.get(3);
    if (integerAt(fields, 1, "type", 64) === 1n)
      return text === undefined ? "" : decoder.decode(bytesOf(text, "strVal"));
    return Number(integerAt(fields, 2, "intVal", 32));
  },
};

function rawJson(value: Value | undefined): unknown {
  if (value === undefined) return null;
  const bytes = bytesOf(value, "raw");
  try {
    return JSON.parse(decoder.decode(bytes)) as unknown;
  } catch {
    throw malformed("embedded JSON is malformed");
  }
}
