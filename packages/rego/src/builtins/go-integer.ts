import { goQuoteRune, isPrintable } from "./go-quote.ts";
import { pad, padWithSpaces, type Verb } from "./go-verb.ts";

const bases: { readonly [letter: string]: number } = { d: 10, v: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };

/** Go's fmt of an integer of 64 bits; undefined for a verb that integers do not know. */
export function formatInteger(value: bigint, verb: Verb): string | undefined {
  const base = bases[verb.letter];
  if (base !== undefined) return padWithSpaces(integerText(value, base, verb), verb);
  switch (verb.letter) {
    case "c":
      return pad(runeOf(value), verb);
    case "q":
      return pad(goQuoteRune(runeOf(value), verb.plus), verb);
    case "U":
      return padWithSpaces(codePoint(value, verb), verb);
    default:
      return undefined;
  }
}

function integerText(value: bigint, base: number, verb: Verb): string {
  if (verb.precision === 0 && value === 0n) return "";
  const sign = signOf(value, verb);
  const digits = digitsOf(value, base, verb.letter).padStart(leastDigits(verb, sign), "0");
  return sign + prefixOf(digits, base, verb) + digits;
}

function digitsOf(value: bigint, base: number, letter: string): string {
  const digits = (value < 0n ? -value : value).toString(base);
  return letter === "X" ? digits.toUpperCase() : digits;
}

/** By the precision, or else by a width to be filled with zeros, of which the sign takes one: a prefix takes none. */
function leastDigits({ zero, minus, width, precision }: Verb, sign: string): number {
  if (precision !== undefined) return precision;
  return zero && !minus && width !== undefined ? width - sign.length : 0;
}

function prefixOf(digits: string, base: number, { sharp, letter }: Verb): string {
  const zero = sharp && base === 8 && !digits.startsWith("0") ? "0" : "";
  if (letter === "O") return `0o${zero}`;
  if (!sharp || base === 10) return "";
  return base === 2 ? "0b" : base === 16 ? `0${letter}` : zero;
}

function signOf(value: bigint, { plus, space }: Verb): string {
  return value < 0n ? "-" : plus ? "+" : space ? " " : "";
}

/** What is no code point is U+FFFD. */
function runeOf(value: bigint): string {
  const isRune = value >= 0n && value <= 0x10ffffn && (value < 0xd800n || value > 0xdfffn);
  return isRune ? String.fromCodePoint(Number(value)) : "\ufffd";
}

function codePoint(value: bigint, { sharp, precision = 0 }: Verb): string {
  const code = digitsOf(BigInt.asUintN(64, value), 16, "X").padStart(Math.max(precision, 4), "0");
  const isShown = sharp && value >= 0n && value <= 0x10ffffn && isPrintable(runeOf(value));
  return `U+${code}${isShown ? ` '${runeOf(value)}'` : ""}`;
}

/** An integer beyond 64 bits prints itself, and does it another way: https://pkg.go.dev/math/big#Int.Format */
export function formatBigInteger(value: bigint, verb: Verb): string {
  const { letter, precision, width = 0, minus, zero } = verb;
  const base = letter === "s" ? 10 : bases[letter];
  if (base === undefined) return `%!${letter}(big.Int=${value})`;
  const digits = digitsOf(value, base, letter);
  const sign = signOf(value, { ...verb, plus: verb.plus || verb.plusV });
  const prefix = bigPrefix(verb);
  const least = precision ?? (zero && !minus ? width - sign.length - prefix.length : 0);
  return padWithSpaces(sign + prefix + digits.padStart(least, "0"), verb);
}

function bigPrefix({ letter, sharp, sharpV }: Verb): string {
  if (letter === "O") return "0o";
  if (!sharp && !sharpV) return "";
  return letter === "o" ? "0" : "bxX".includes(letter) ? `0${letter}` : "";
}
