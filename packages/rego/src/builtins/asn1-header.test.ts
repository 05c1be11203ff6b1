import assert from "node:assert/strict";
import { test } from "node:test";
import { readHeader } from "./asn1-header.ts";

/** Hexadecimal bytes, and `CLASS TAG compound|primitive LENGTH` or the fault. */
const cases: readonly (readonly [bytes: string, wanted: string])[] = [
  ["3003020101", "0 16 compound 3"],
  ["6261", "1 2 compound 97"],
  ["bf8a390a", "2 1337 compound 10"],
  ["30820100", "0 16 compound 256"],
  ["", "asn1: syntax error: sequence truncated"],
  ["30", "asn1: syntax error: truncated tag or length"],
  ["3082ff", "asn1: syntax error: truncated tag or length"],
  ["3080", "asn1: syntax error: indefinite length found (not DER)"],
  ["30850102030405", "asn1: structure error: length too large"],
  ["30820001", "asn1: structure error: superfluous leading zeros in length"],
  ["30817f", "asn1: structure error: non-minimal length"],
  ["1f", "asn1: syntax error: truncated base 128 integer"],
  ["1f1e00", "asn1: syntax error: non-minimal tag"],
  ["1f80", "asn1: syntax error: integer is not minimally encoded"],
  ["1fffffffff7f00", "asn1: structure error: base 128 integer too large"],
  ["1fffffffffff", "asn1: syntax error: truncated base 128 integer"],
  ["1fffffffffff00", "asn1: structure error: base 128 integer too large"],
];

for (const [bytes, wanted] of cases) {
  test(`ASN.1 header: ${bytes}`, () => {
    assert.equal(headerText(bytes), wanted);
  });
}

function headerText(hex: string): string {
  try {
    const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    const header = readHeader(bytes);
    return `${header.class} ${header.tag} ${header.isCompound ? "compound" : "primitive"} ${header.length}`;
  } catch (error) {
    return (error as Error).message;
  }
}
