import type { Term } from "./ast.ts";
import type { Cursor } from "./cursor.ts";

/** What the size of a number's exponent may be: beyond it, arithmetic takes too long. */
const maxExponent = 30_000;

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
  if (/[^\0-\x7f]/.test(text)) return cursor.illegal("invalid float");
  const [, exponent = "0"] = text.toLowerCase().split("e");
  if (Math.abs(Number(exponent)) > maxExponent) return cursor.report("number too big");
  cursor.advance();
  return { kind: "number", loc, text: prefix.replace(".", "0.") + text };
}
