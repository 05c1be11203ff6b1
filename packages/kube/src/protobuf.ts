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
      if (byte === undefined || this.#at > this.#end) throw cutOff();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw malformed("integer overflow");
  }

  bytes(): Uint8Array {
    const length = BigInt.asIntN(64, this.varint());
    const start = this.#at;
    if (length < 0n) throw malformed("negative length found during unmarshaling");
    if (BigInt(start) + length > BigInt(this.#end)) throw cutOff();
    return this.#take(Number(length));
  }

  #take(length: number): Uint8Array {
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, start + length);
  }

  fixed(size: number): DataView {
    if (this.#at + size > this.#end) throw cutOff();
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, size);
    this.#at += size;
    return view;
  }
}

function malformed(why: string): StatusError {
  return new StatusError("BadRequest", `proto: ${why}`);
}

/** Go's own error of a reader, which is not protobuf's. */
function cutOff(): StatusError {
  return new StatusError("BadRequest", "unexpected EOF");
}

const decoder = new TextDecoder();

/** True when a body begins as Kubernetes' protobuf does. */
export function isProtobuf(bytes: Uint8Array): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

/** Decodes an enveloped object to the JSON that it means; of type `given` where the envelope names none. Throws `BadRequest` in the words of Go's decoder. */
export function decodeProtobuf(
  bytes: Uint8Array,
  given: { readonly apiVersion?: string; readonly kind?: string } = {},
): { readonly [field: string]: unknown } {
  if (bytes.length === 0) throw new StatusError("BadRequest", "empty data");
  if (!isProtobuf(bytes))
    throw new StatusError(
      "BadRequest",
      "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
    );
  if (bytes.length === magic.length) throw new StatusError("BadRequest", "empty body");
  let apiVersion = "";
  let kind = "";
  let raw: Uint8Array = new Uint8Array();
  for (const [number, value] of readFields(new Reader(bytes, magic.length), "Unknown")) {
    if (number === 1) {
      for (const [inner, text] of readFields(new Reader(bytesOf(value, "TypeMeta")), "TypeMeta")) {
        if (inner === 1) apiVersion = decoder.decode(bytesOf(text, "APIVersion"));
        if (inner === 2) kind = decoder.decode(bytesOf(text, "Kind"));
      }
    }
    if (number === 2) raw = bytesOf(value, "Raw");
    if (number === 3) bytesOf(value, "ContentEncoding");
    if (number === 4) bytesOf(value, "ContentType");
  }
  apiVersion ||= given.apiVersion ?? "";
  kind ||= given.kind ?? "";
  const message = messageOf(apiVersion, kind);
  if (message === undefined)
    throw new StatusError("BadRequest", `no kind "${kind}" is registered for version "${apiVersion}"`);
  return { apiVersion, kind, ...(decodeMessage(raw, message, 0) as object) };
}

/** What a field holds, by its wire type: 0, 2, 1 (8 bytes) or 5 (4 bytes). https://protobuf.dev/programming-guides/encoding/#structure */
type Value = bigint | Uint8Array | DataView | OddValue;

/** A value of a wire type that no field has: a group, or none at all. */
class OddValue {
  readonly wireType: number;

  constructor(wireType: number) {
    this.wireType = wireType;
  }
}

/** The fields of a message, called `type` where it is at fault. */
function* readFields(reader: Reader, type: string): Generator<readonly [number, Value]> {
  while (reader.more) {
    const tag = reader.varint();
    const wireType = Number(tag & 7n);
    if (wireType === 4) throw malformed(`${type}: wiretype end group for non-group`);
    const number = Number(BigInt.asIntN(32, tag >> 3n));
    if (number <= 0) throw malformed(`${type}: illegal tag ${number} (wire type ${wireType})`);
    yield [number, wireType === 3 || wireType > 5 ? new OddValue(wireType) : readValue(reader, wireType)];
    // Nobody knows the field.
    if (wireType === 3) skipGroup(reader);
    if (wireType > 5) throw malformed(`illegal wireType ${wireType}`);
  }
}

function readValue(reader: Reader, wireType: number): Value {
  if (wireType === 0) return reader.varint();
  if (wireType === 2) return reader.bytes();
  return reader.fixed(wireType === 1 ? 8 : 4);
}

function skipGroup(reader: Reader): void {
  for (let depth = 1; depth > 0; ) {
    if (!reader.more) throw cutOff();
    const wireType = Number(reader.varint() & 7n);
    if (wireType > 5) throw malformed(`illegal wireType ${wireType}`);
    if (wireType === 3) depth++;
    else if (wireType === 4) depth--;
    else readValue(reader, wireType);
  }
}

function decodeMessage(bytes: Uint8Array, message: string, depth: number): unknown {
  if (depth > maxDepth) throw malformed("message is nested too deeply");
  const special = specials[message];
  if (special !== undefined) return special(bytes);
  if (rawMessages.has(message)) return rawJson(plainFields(bytes, shortName(message)).get(1));
  if (listMessages.has(message))
    return [...readFields(new Reader(bytes), shortName(message))].map(([, value]) =>
      decoder.decode(bytesOf(value, "items")),
    );
  const fields = fieldsOf(message);
  if (fields === undefined) throw malformed(`unknown message ${message}`);
  const result: { [field: string]: unknown } = {};
  for (const [number, value] of readFields(new Reader(bytes), shortName(message))) {
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
  for (const [number, value] of readFields(new Reader(bytes), field.name)) {
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
      return Number(BigInt.asIntN(32, integerOf(value, name)));
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
  const name = field === "metadata" ? "ObjectMeta" : `${field.charAt(0).toUpperCase()}${field.slice(1)}`;
  return malformed(`wrong wireType = ${wireTypeOf(value)} for field ${name}`);
}

function wireTypeOf(value: Value): number {
  if (typeof value === "bigint") return 0;
  if (value instanceof OddValue) return value.wireType;
  if (value instanceof DataView) return value.byteLength === 8 ? 1 : 5;
  return 2;
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** A message as Go's generated code calls it. */
function shortName(message: string): string {
  return message.slice(message.lastIndexOf(".") + 1);
}

function plainFields(bytes: Uint8Array, type: string): ReadonlyMap<number, Value> {
  return new Map(readFields(new Reader(bytes), type));
}

/** A signed integer of a message; 0 when it is not there. */
function integerAt(fields: ReadonlyMap<number, Value>, number: number, name: string, bits: 32 | 64): bigint {
  return BigInt.asIntN(bits, integerOf(fields.get(number) ?? 0n, name));
}

/** RFC 3339 has four digits for a year: the seconds of the first and of the last one. */
const firstSecond = -62_167_219_200n;
const lastSecond = 253_402_300_799n;

function timeText(bytes: Uint8Array, digits: number): string | null {
  const fields = plainFields(bytes, "Timestamp");
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
  [`${metaPackage}.Duration`]: (bytes) =>
    `${Number(integerAt(plainFields(bytes, "Duration"), 1, "duration", 64)) / 1e9}s`,
  "k8s.io.apimachinery.pkg.api.resource.Quantity": (bytes) => {
    const text = plainFields(bytes, "Quantity").get(1);
    return text === undefined ? "0" : decoder.decode(bytesOf(text, "string"));
  },
  "k8s.io.apimachinery.pkg.util.intstr.IntOrString": (bytes) => {
    const fields = plainFields(bytes, "IntOrString");
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
