// Go maps each character to one character, whatever stands beside it: neither ß to SS nor the last sigma of a word to ς.

/** Go's strings.ToUpper. https://pkg.go.dev/strings#ToUpper */
export function upper(text: string): string {
  return isAscii(text) ? text.toUpperCase() : mapped(text, upperRune);
}

/** Go's strings.ToLower. https://pkg.go.dev/strings#ToLower */
export function lower(text: string): string {
  return isAscii(text) ? text.toLowerCase() : mapped(text, lowerRune);
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

function mapped(text: string, map: (rune: string) => string): string {
  let result = "";
  for (const rune of text) result += map(rune);
  return result;
}

/** Greek letters with an iota below, which have a capital of their own 8 or 9 places further. */
const iotas: readonly (readonly [from: number, to: number, further: number])[] = [
  [0x1f80, 0x1f87, 8],
  [0x1f90, 0x1f97, 8],
  [0x1fa0, 0x1fa7, 8],
  [0x1fb3, 0x1fb3, 9],
  [0x1fc3, 0x1fc3, 9],
  [0x1ff3, 0x1ff3, 9],
];

function upperRune(rune: string): string {
  const code = rune.codePointAt(0) as number;
  for (const [from, to, further] of iotas) if (code >= from && code <= to) return String.fromCodePoint(code + further);
  return single(rune.toUpperCase(), rune);
}

function lowerRune(rune: string): string {
  return rune === "\u0130" ? "i" : single(rune.toLowerCase(), rune);
}

function single(mapping: string, rune: string): string {
  return [...mapping].length === 1 ? mapping : rune;
}
