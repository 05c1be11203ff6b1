import {
  ArrayList,
  CelError,
  EntryMap,
  formatType,
  isEqual,
  type MapValue,
  parseCelDouble,
  runtimeTypeName,
  type Type,
  TypeValue,
  typeOf,
  Uint,
  type Value,
} from "@sallyport/cel";
import { createMessage } from "./cel-messages.ts";
import type { TextMessage, TextValue } from "./textproto.ts";

/** A `cel.expr.Value` as a value of ours. */
export function valueFromText(message: TextMessage): Value {
  const [kind, values] = [...message][0] ?? ["null_value", []];
  const value = values[0];
  switch (kind) {
    case "null_value":
      return null;
    case "bool_value":
      return wordOf(value) === "true";
    case "int64_value":
      return BigInt(wordOf(value));
    case "uint64_value":
      return new Uint(BigInt(wordOf(value)));
    case "double_value":
      return doubleOf(wordOf(value));
    case "string_value":
      return textOf(value);
    case "bytes_value":
      return value as Uint8Array;
    case "list_value":
      return new ArrayList(messagesOf(value as TextMessage, "values").map(valueFromText));
    case "map_value":
      return mapOf(value as TextMessage);
    case "type_value":
      return new TypeValue({ kind: "param", name: textOf(value) });
    case "enum_value":
      return BigInt(wordOf((value as TextMessage).get("value")?.[0]));
    case "object_value":
      return anyFromText(value as TextMessage);
    default:
      throw new Error(`cel.expr.Value has no ${kind}`);
  }
}

/** A `google.protobuf.Any` in its expanded form, `[type.googleapis.com/NAME] {…}`. */
export function anyFromText(message: TextMessage): Value {
  const [name, values] = [...message][0] ?? ["", []];
  return createMessage(name.replace(/^\[.*\/|\]$/g, ""), values[0] as TextMessage);
}

function mapOf(message: TextMessage): MapValue {
  const map = new EntryMap();
  for (const entry of messagesOf(message, "entries")) {
    map.add(valueFromText(messageOf(entry, "key")), valueFromText(messageOf(entry, "value")));
  }
  return map;
}

/** A number as text format writes it, with Go's and C++'s names of the infinities. */
export function doubleOf(word: string): number {
  return parseCelDouble(word.replace(/f$/i, "")) ?? parseCelDouble(word) ?? Number(word);
}

export function wordOf(value: TextValue | undefined): string {
  return value !== undefined && "word" in value ? value.word : "";
}

export function textOf(value: TextValue | undefined): string {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : wordOf(value);
}

export function messageOf(message: TextMessage, field: string): TextMessage {
  return (message.get(field)?.[0] ?? new Map()) as TextMessage;
}

export function messagesOf(message: TextMessage, field: string): readonly TextMessage[] {
  return (message.get(field) ?? []) as readonly TextMessage[];
}

/** Why a value is not the one that is wanted; undefined when it is, in kind as well. */
export function difference(wanted: Value, found: Value): string | undefined {
  if (Number.isNaN(wanted) && Number.isNaN(found)) return undefined;
  if (wanted instanceof TypeValue && found instanceof TypeValue) {
    const [a, b] = [runtimeTypeName(wanted.type), runtimeTypeName(found.type)];
    return a === b ? undefined : `type ${b} instead of ${a}`;
  }
  const isSameKind = runtimeTypeName(typeOf(wanted)) === runtimeTypeName(typeOf(found));
  return isSameKind && isEqual(wanted, found) ? undefined : `${showValue(found)} instead of ${showValue(wanted)}`;
}

export function showValue(value: Value): string {
  if (value instanceof CelError) return value.message;
  const text = JSON.stringify(value, (_, each) => (typeof each === "bigint" ? `${each}n` : each));
  return `${formatType(typeOf(value) as Type)} ${text}`;
}
