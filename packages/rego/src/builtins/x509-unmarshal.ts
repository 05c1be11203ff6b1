import { BuiltinError } from "./builtin.ts";
import { DerReader, derTag } from "./der.ts";

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
  if (reader.isEmpty) throw new BuiltinError("asn1: syntax error: sequence truncated");
  const { tag, content, element } = reader.any("asn1: syntax error: truncated tag or length");
  if (tag === derTag.sequence) return { reader: new DerReader(content), element };
  const got = `{class:${tag >> 6} tag:${tag & 0x1f} length:${content.length} isCompound:${(tag & 0x20) !== 0}}`;
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
