import { isObject, jsonText, RegoSet, textEntries, type Value } from "@sallyport/rego";

/** Fields in the order in which Go's structs have them; those that are undefined are left out. */
export class Struct {
  readonly fields: readonly (readonly [string, Printable])[];

  constructor(fields: { readonly [name: string]: Printable | undefined }) {
    this.fields = Object.entries(fields).filter((entry): entry is [string, Printable] => entry[1] !== undefined);
  }
}

/** What is printed as JSON. */
export type Printable = Value | Struct | readonly Printable[];

/**
 * JSON as Go's encoder writes it: fields of structs as declared, keys of objects sorted, `<`, `>` and `&` escaped, each level indented
 * by `indent`; without it all on one line.
 */
export function goJson(value: Printable, indent = "  "): string {
  return indent === "" ? compact(value) : spread(value, indent, "\n");
}

/** The same, with a line break behind it. */
export function goJsonLine(value: Printable, indent = "  "): string {
  return `${goJson(value, indent)}\n`;
}

function spread(value: Printable, indent: string, line: string): string {
  const deeper = line + indent;
  const { entries, items } = partsOf(value);
  if (items !== undefined) {
    if (items.length === 0) return "[]";
    return `[${deeper}${items.map((item) => spread(item, indent, deeper)).join(`,${deeper}`)}${line}]`;
  }
  if (entries === undefined) return scalar(value as Value);
  if (entries.length === 0) return "{}";
  const fields = entries.map(([key, item]) => `${quote(key)}: ${spread(item, indent, deeper)}`);
  return `{${deeper}${fields.join(`,${deeper}`)}${line}}`;
}

function compact(value: Printable): string {
  const { entries, items } = partsOf(value);
  if (items !== undefined) return `[${items.map(compact).join()}]`;
  if (entries === undefined) return scalar(value as Value);
  return `{${entries.map(([key, item]) => `${quote(key)}:${compact(item)}`).join()}}`;
}

interface Parts {
  readonly items?: readonly Printable[];
  readonly entries?: readonly (readonly [string, Printable])[];
}

function partsOf(value: Printable): Parts {
  if (value instanceof Struct) return { entries: value.fields };
  if (Array.isArray(value)) return { items: value };
  if (value instanceof RegoSet) return { items: value.sorted() };
  if (!isObject(value as Value)) return {};
  return { entries: textEntries(value as Value) };
}

function scalar(value: Value): string {
  return typeof value === "string" ? quote(value) : jsonText(value);
}

/** As Go, U+2028 and U+2029 are escaped too. */
function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
