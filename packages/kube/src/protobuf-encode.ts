import type { KubeObject } from "./object.ts";
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
import { Writer } from "./protobuf-writer.ts";

/** What JSON can hold. */
type Json = { readonly [field: string]: unknown };

const encoder = new TextEncoder();

/** True when kube-apiserver stores the kind as protobuf: a built-in one with a message, but neither of the two that it keeps as JSON. */
export function hasProtobuf(apiVersion: string, kind: string): boolean {
  return !/^api(extensions|registration)\.k8s\.io\//.test(apiVersion) && messageOf(apiVersion, kind) !== undefined;
}

/** True when clients can have the kind as protobuf: all built-in ones, and lists and answers of the API machinery; no table, no custom object. */
export function isProtobufKind(apiVersion: string, kind: string): boolean {
  return messageOf(apiVersion, kind) !== undefined;
}

/** One event of a watch: a metav1.WatchEvent around the enveloped object, behind its length in four bytes. */
export function encodeWatchFrame(type: string, object: KubeObject): Uint8Array {
  const writer = new Writer();
  writer.nested(2, () => writer.data(1, encodeProtobuf(object)));
  writer.text(1, type);
  const event = writer.bytes();
  const frame = new Uint8Array(4 + event.length);
  new DataView(frame.buffer).setUint32(0, event.length);
  frame.set(event, 4);
  return frame;
}

/** Encodes an object with its envelope, byte for byte as Go's generated code does; the object has been held against its schema. */
export function encodeProtobuf({ apiVersion, kind, ...fields }: KubeObject): Uint8Array {
  const message = messageOf(apiVersion, kind);
  if (message === undefined) throw new TypeError(`no protobuf message for ${kind} of ${apiVersion}`);
  const writer = new Writer();
  // runtime.Unknown: typeMeta, raw, contentEncoding, contentType; the last field is written first.
  writer.text(4, "");
  writer.text(3, "");
  writer.nested(2, () => writeMessage(writer, fields, message, 0));
  writer.nested(1, () => {
    writer.text(2, kind);
    writer.text(1, apiVersion);
  });
  writer.raw(Uint8Array.from(magic));
  return writer.bytes();
}

function writeMessage(writer: Writer, value: unknown, message: string, depth: number): void {
  if (depth > maxDepth) throw new TypeError(`${message} is nested too deeply`);
  const special = specials[message];
  if (special !== undefined) special(writer, value);
  else if (listMessages.has(message)) writeItems(writer, value, { number: 1, type: "string" }, depth);
  else if (rawMessages.has(message)) {
    if (value !== undefined && value !== null) writer.text(1, JSON.stringify(value));
  } else {
    const object = (value ?? {}) as Json;
    for (const field of [...(fieldsOf(message)?.values() ?? [])].reverse()) writeField(writer, object, field, depth);
  }
}

function writeField(writer: Writer, object: Json, field: Field, depth: number): void {
  const value = field.inline ? object : Object.hasOwn(object, field.name) ? object[field.name] : undefined;
  if (field.map) writeMap(writer, value, field, depth);
  else if (field.repeated) writeItems(writer, value, field, depth);
  else if ((value !== undefined && value !== null) || !isNil(field)) writeValue(writer, value, field, depth);
}

/** Whether Go's zero value of the field is nil, which is not written. */
function isNil({ pointer, type }: Field): boolean {
  return pointer || type === "bytes" || listMessages.has(type);
}

function writeItems(writer: Writer, value: unknown, field: Pick<Field, "number" | "type">, depth: number): void {
  for (const item of ((value ?? []) as readonly unknown[]).toReversed()) writeValue(writer, item, field, depth);
}

/** Sorted by the bytes of their keys, as Go sorts strings. */
function writeMap(writer: Writer, value: unknown, field: Field, depth: number): void {
  const entries = Object.entries((value ?? {}) as Json).map(([key, item]) => ({ key: encoder.encode(key), item }));
  for (const { key, item } of entries.sort((a, b) => compareBytes(b.key, a.key)))
    writer.nested(field.number, () => {
      if (item !== null || field.type !== "bytes") writeValue(writer, item, { number: 2, type: field.type }, depth);
      writer.data(1, key);
    });
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function writeValue(
  writer: Writer,
  value: unknown,
  { number, type }: Pick<Field, "number" | "type">,
  depth: number,
): void {
  switch (type) {
    case "string":
      writer.text(number, String(value ?? ""));
      break;
    case "bytes":
      writer.data(
        number,
        Uint8Array.from(atob(String(value ?? "")), (char) => char.charCodeAt(0)),
      );
      break;
    case "bool":
      writer.integer(number, value === true ? 1 : 0);
      break;
    case "double":
      writer.double(number, Number(value ?? 0));
      break;
    case "int32":
    case "int64":
    case "uint32":
    case "uint64":
      writer.integer(number, Number(value ?? 0));
      break;
    default:
      writer.nested(number, () => writeMessage(writer, value, type, depth + 1));
  }
}

/** Messages whose JSON is not an object of their fields. Go writes all fields of these, and nothing for the zero time. */
const specials: { readonly [message: string]: (writer: Writer, value: unknown) => void } = {
  [`${metaPackage}.Time`]: (writer, value) => {
    if (typeof value !== "string") return;
    writer.integer(2, 0);
    writer.integer(1, Math.floor(Date.parse(value) / 1000));
  },
  [`${metaPackage}.MicroTime`]: (writer, value) => {
    if (typeof value !== "string") return;
    const fraction = /\.(\d{1,6})/.exec(value)?.[1] ?? "";
    writer.integer(2, Number(fraction.padEnd(6, "0")) * 1000);
    writer.integer(1, Math.floor(Date.parse(value) / 1000));
  },
  [`${metaPackage}.Duration`]: (writer, value) => {
    writer.integer(1, nanosecondsOf(String(value ?? "")));
  },
  "k8s.io.apimachinery.pkg.api.resource.Quantity": (writer, value) => {
    writer.text(1, String(value ?? "0"));
  },
  "k8s.io.apimachinery.pkg.util.intstr.IntOrString": (writer, value) => {
    writer.text(3, typeof value === "string" ? value : "");
    writer.integer(2, typeof value === "number" ? value : 0);
    writer.integer(1, typeof value === "string" ? 1 : 0);
  },
};

/** Of Go's time.Duration: `1h30m0s`, `-1.5s`, `10ms`. */
function nanosecondsOf(text: string): number {
  const units: { readonly [unit: string]: number } = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
  let sum = 0;
  for (const [, amount, unit = ""] of text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g))
    sum += Number(amount) * (units[unit] ?? 0);
  return Math.round(text.startsWith("-") ? -sum : sum);
}
