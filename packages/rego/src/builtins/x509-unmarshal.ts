import { readHeader } from "./asn1-header.ts";
import { BuiltinError } from "./builtin.ts";
import { DerReader } from "./der.ts";

const sequenceParameters =
  "{optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false}";

/**
 * The inside of the SEQUENCE that an input must be, with nothing behind it, and its bytes. Faults are worded as Go's
 * encoding/asn1 does, which names the structure it was to fill.
 */
export function readStructure(
  reader: DerReader,
  name: string,
): { readonly reader: DerReader; readonly element: Uint8Array } {
  const { tag, isCompound, length, ...header } = readHeader(reader.rest);
  if (header.class === 0 && tag === 16 && isCompound) {
    const { content, element } = reader.any("asn1: syntax error: data truncated");
    return { reader: new DerReader(content), element };
  }
  const got = `{class:${header.class} tag:${tag} length:${length} isCompound:${isCompound}}`;
  throw new BuiltinError(`asn1: structure error: tags don't match (16 vs ${got}) ${sequenceParameters} ${name} @2`);
}

/** The same of a whole input. */
export function unmarshalStructure(
  der: Uint8Array,
  name: string,
): { readonly reader: DerReader; readonly element: Uint8Array } {
  const outer = new DerReader(der);
  const structure = readStructure(outer, name);
  if (!outer.isEmpty) throw new BuiltinError("asn1: syntax error: trailing data");
  return structure;
}

/** A fault inside of a structure, where Go's words depend on the types it fills. */
export function structureFault(name: string): string {
  return `asn1: structure error: malformed ${name}`;
}
