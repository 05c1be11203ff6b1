const simple: { readonly [letter: string]: string } = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};

const escapes = /\\(?:([abfnrtv\\'"])|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|[\s\S]?)/g;

/**
 * The text that a Go literal stands for, without its quotes of that kind; undefined where it has an escape that there is none of. Bytes that
 * are no UTF-8 become U+FFFD. https://pkg.go.dev/strconv#Unquote
 */
export function goUnquote(inside: string, quote: '"' | "'"): string | undefined {
  if (!inside.includes("\\")) return inside;
  const bytes: number[] = [];
  let from = 0;
  for (const found of inside.matchAll(escapes)) {
    const escaped = escapeOf(found, quote);
    if (escaped === undefined) return undefined;
    for (const byte of utf8(inside.slice(from, found.index))) bytes.push(byte);
    if (typeof escaped === "number") bytes.push(escaped);
    else for (const byte of utf8(escaped)) bytes.push(byte);
    from = found.index + found[0].length;
  }
  for (const byte of utf8(inside.slice(from))) bytes.push(byte);
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

interface Rune {
  readonly code: number;
  /** Of what stands for it. */
  readonly length: number;
}

/** The first character within single quotes; undefined where it is none. https://pkg.go.dev/strconv#UnquoteChar */
export function goUnquoteRune(inside: string): Rune | undefined {
  const [found] = inside.matchAll(escapes);
  if (found?.index !== 0) {
    const code = inside.codePointAt(0);
    return code === undefined ? undefined : { code, length: code > 0xffff ? 2 : 1 };
  }
  const escaped = escapeOf(found, "'");
  if (escaped === undefined) return undefined;
  return { code: typeof escaped === "number" ? escaped : (escaped.codePointAt(0) as number), length: found[0].length };
}

/** A character, or the value of a byte. */
function escapeOf(found: RegExpMatchArray, quote: string): string | number | undefined {
  const [, letter, byte, short, long, octal] = found;
  if (letter !== undefined) return "'\"".includes(letter) && letter !== quote ? undefined : (simple[letter] ?? letter);
  if (byte !== undefined) return Number.parseInt(byte, 16);
  if (octal !== undefined) return octal > "377" ? undefined : Number.parseInt(octal, 8);
  const code = Number.parseInt(short ?? long ?? "110000", 16);
  return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? undefined : String.fromCodePoint(code);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
