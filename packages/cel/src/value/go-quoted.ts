/** What Go escapes by a letter. */
export const escapes: { readonly [letter: string]: string } = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

/** Go's `%q`: what does not print is told by its number. */
export function goQuoted(text: string): string {
  const escaped = text.replaceAll(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (letter) => {
    const code = letter.codePointAt(0) as number;
    const hex = code.toString(16);
    return (
      escapes[letter] ??
      (code < 0x80
        ? `\\x${hex.padStart(2, "0")}`
        : code < 0x10000
          ? `\\u${hex.padStart(4, "0")}`
          : `\\U${hex.padStart(8, "0")}`)
    );
  });
  return `"${escaped}"`;
}
