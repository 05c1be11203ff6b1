import type { Term } from "./ast.ts";
import type { Cursor } from "./cursor.ts";

/** As OPA's, in powers of two: beyond it, arithmetic takes too long. */
const maxExponent = 100_000;

/** What Go reads the digits of a number into; with more its text is none. */
const goExponents = { min: -(2 ** 31), max: 2 ** 31 - 1 };

/** Number : [ "-" ] [ "." ] digits — white space may stand between. */
export function parseNumber(cursor: Cursor): Term | undefined {
  const { loc } = cursor.token;
  let prefix = "";
  for (const sign of ["-", "."]) {
    if (!cursor.is(sign)) continue;
    cursor.advance();
    prefix += sign;
    const isNumber = cursor.token.kind === "number" || (sign === "-" && cursor.is("."));
    if (!isNumber) return cursor.illegal("expected number");
  }
  const { text } = cursor.token;
  if (/^0[^.eE]/.test(text) && !prefix.endsWith(".")) return cursor.illegal("expected number without leading zero");
  if (/[^\0-\x7f]/.test(text) || (prefix.endsWith(".") && text.includes("."))) return cursor.illegal("invalid float");
  const { log2, tens } = sizeOf(prefix.endsWith(".") ? `.${text}` : text);
  const exponent = Math.floor(log2 + tens) + 1;
  if (exponent < goExponents.min || exponent > goExponents.max) return cursor.illegal("invalid float");
  if (Math.abs(Math.floor(log2 + tens * Math.log2(10)) + 1) > maxExponent) return cursor.report("number too big");
  cursor.advance();
  return { kind: "number", loc, text: prefix.replace(".", "0.") + text };
}

/** Of a number as digits times a power of ten: the binary logarithm of the digits, and the power. */
function sizeOf(text: string): { readonly log2: number; readonly tens: number } {
  const [mantissa = "", exponent = "0"] = text.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return { log2: 0, tens: 0 };
  // A double has no place for more.
  const leading = digits.slice(0, 15);
  const log2 = Math.log2(Number(leading)) + (digits.length - leading.length) * Math.log2(10);
  return { log2, tens: Number(exponent) - fraction.length };
}
