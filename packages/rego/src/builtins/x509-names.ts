import type { Value } from "../value/value.ts";
import { BuiltinError } from "./builtin.ts";
import { asciiText, type DerElement, DerReader, derTag } from "./der.ts";

interface Attribute {
  /** Dotted. */
  readonly type: string;
  /** A string, but for odd ones in requests. */
  readonly value: Value;
}

/** A distinguished name; attributes in order. */
export type Name = readonly Attribute[];

type ReadValue = (element: DerElement, place: string) => Value;

/** A Name (RFC 5280 section 4.1.2.4); values that are no strings are refused unless a reader takes them. */
export function parseName(element: Uint8Array, readValue: ReadValue = parseString): Name {
  const fault = "x509: invalid RDNSequence";
  const reader = new DerReader(element).inside(derTag.sequence, fault);
  const attributes: Attribute[] = [];
  while (!reader.isEmpty) {
    const set = reader.inside(derTag.set, fault);
    while (!set.isEmpty) {
      const attribute = set.inside(derTag.sequence, `${fault}: invalid attribute`);
      attributes.push(parseAttribute(attribute, readValue));
    }
  }
  return attributes;
}

function parseAttribute(reader: DerReader, readValue: ReadValue): Attribute {
  const fault = "x509: invalid RDNSequence: invalid attribute";
  const type = reader.objectIdentifier(`${fault} type`);
  const value = readValue(reader.any(`${fault} value`), `${fault} value`);
  return { type, value };
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** `*` and `&` are in certificates of well-known authorities. */
const printable = /^[a-zA-Z0-9'()+,\-./ :=?*&]*$/;

/** Throws with the place before the fault. */
export function parseString({ tag, content }: DerElement, place: string): string {
  const fail = (fault: string): BuiltinError => new BuiltinError(`${place}: ${fault}`);
  const text = asciiText(content);
  // Latin-1, as T.61 is read nearly everywhere.
  if (tag === derTag.t61String) return text;
  if (tag === derTag.printableString) {
    if (!printable.test(text)) throw fail("invalid PrintableString");
    return text;
  }
  if (tag === derTag.utf8String) {
    try {
      return utf8.decode(content);
    } catch {
      throw fail("invalid UTF-8 string");
    }
  }
  if (tag === derTag.bmpString) return ucs2Text(content, fail);
  if (tag === derTag.ia5String) {
    if (!isIa5(text)) throw fail("invalid IA5String");
    return text;
  }
  if (tag !== derTag.numericString) throw fail(`unsupported string type: ${tag}`);
  if (!/^[0-9 ]*$/.test(text)) throw fail("invalid NumericString");
  return text;
}

function ucs2Text(content: Uint8Array, fail: (fault: string) => BuiltinError): string {
  if (content.length % 2 !== 0) throw fail("invalid BMPString");
  const units = Array.from(
    { length: content.length / 2 },
    (_, i) => ((content[2 * i] as number) << 8) | (content[2 * i + 1] as number),
  );
  if (units.at(-1) === 0) units.pop();
  const isReserved = (unit: number): boolean =>
    unit >= 0xfffe || (unit >= 0xfdd0 && unit <= 0xfdef) || (unit >= 0xd800 && unit <= 0xdfff);
  if (units.some(isReserved)) throw fail("invalid BMPString");
  return units.map((unit) => String.fromCharCode(unit)).join("");
}

/** ASCII. */
export function isIa5(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is asked for
  return /^[\x00-\x7f]*$/.test(text);
}

const lists: { readonly [type: string]: string } = {
  "2.5.4.6": "Country",
  "2.5.4.7": "Locality",
  "2.5.4.8": "Province",
  "2.5.4.9": "StreetAddress",
  "2.5.4.10": "Organization",
  "2.5.4.11": "OrganizationalUnit",
  "2.5.4.17": "PostalCode",
};

/** As `encoding/json` writes Go's pkix.Name. */
export function nameJson(name: Name): Value {
  const valuesOf = (type: string): readonly string[] =>
    name
      .filter((each) => each.type === type)
      .map(({ value }) => value)
      .filter((value) => typeof value === "string");
  const fields = Object.entries(lists).map(([type, field]) => [field, listJson(valuesOf(type))] as const);
  return {
    ...Object.fromEntries(fields),
    CommonName: valuesOf("2.5.4.3").at(-1) ?? "",
    SerialNumber: valuesOf("2.5.4.5").at(-1) ?? "",
    Names: listJson(name.map(({ type, value }) => ({ Type: oidJson(type), Value: value }))),
    ExtraNames: null,
  };
}

/** Go writes a list that nothing was ever added to as null. */
export function listJson(values: readonly Value[]): Value {
  return values.length === 0 ? null : values;
}

/** `[2, 5, 4, 3]` */
export function oidJson(oid: string): Value {
  return oid.split(".").map(Number);
}
