const escapes: { readonly [char: string]: string } = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
};

/** Go's unicode.IsPrint. */
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

export function isPrintable(rune: string): boolean {
  return printable.test(rune);
}

/** Go's strconv.Quote, and `%q` of fmt; with `ascii`, `%+q`. https://pkg.go.dev/strconv#Quote */
export function goQuote(text: string, ascii = false): string {
  // Most texts need no escape.
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  let result = '"';
  for (const rune of text) result += rune === '"' ? '\\"' : escapeRune(rune, ascii);
  return `${result}"`;
}

/** Go's strconv.QuoteRune, and `%q` of integers. */
export function goQuoteRune(rune: string, ascii = false): string {
  return `'${rune === "'" ? "\\'" : escapeRune(rune, ascii)}'`;
}

function escapeRune(rune: string, ascii: boolean): string {
  const known = escapes[rune];
  if (known !== undefined) return known;
  const code = rune.codePointAt(0) as number;
  if (printable.test(rune) && (!ascii || code < 0x80)) return rune;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  // A lone surrogate is no character: Go has the replacement in its place.
  if (code >= 0xd800 && code <= 0xdfff) return ascii ? "\\ufffd" : "\ufffd";
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, "0");
}
