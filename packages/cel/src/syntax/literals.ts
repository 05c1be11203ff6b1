const escapes: { readonly [letter: string]: number } = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  "\\": 92,
  "'": 39,
  '"': 34,
  "`": 96,
  "?": 63,
};

const parts =
  /\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([abfnrtv\\'"`?]))|\\|[^\\]+/g;

/** The value of a string literal as written, or what is wrong with it. */
export function readString(literal: string): string | { readonly fault: string } {
  const { body, isRaw } = unquote(literal);
  if (isRaw || !body.includes("\\")) return body.replaceAll(/\r\n?/g, "\n");
  let text = "";
  for (const [part, ...codes] of body.replaceAll(/\r\n?/g, "\n").matchAll(parts)) {
    if (!part.startsWith("\\")) {
      text += part;
      continue;
    }
    const code = codeOf(codes);
    if (code === undefined) return { fault: "unable to unescape string" };
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return { fault: "invalid unicode code point" };
    text += String.fromCodePoint(code);
  }
  return text;
}

/** The value of a bytes literal: escapes by number are octets, all else its UTF-8. */
export function readBytes(literal: string): Uint8Array | { readonly fault: string } {
  const { body, isRaw } = unquote(literal);
  const encoder = new TextEncoder();
  if (isRaw || !body.includes("\\")) return encoder.encode(body);
  const bytes: number[] = [];
  for (const [part, ...codes] of body.matchAll(parts)) {
    const code = codeOf(codes);
    if (!part.startsWith("\\")) bytes.push(...encoder.encode(part));
    else if (code === undefined || codes[1] !== undefined || codes[2] !== undefined) {
      return { fault: "unable to unescape string" };
    } else bytes.push(code);
  }
  return Uint8Array.from(bytes);
}

function unquote(literal: string): { body: string; isRaw: boolean } {
  const prefix = /^[rRbB]*/.exec(literal)?.[0] ?? "";
  const quoted = literal.slice(prefix.length);
  const width = quoted.length >= 6 && /^("""|''')/.test(quoted) ? 3 : 1;
  return { body: quoted.slice(width, -width), isRaw: /[rR]/.test(prefix) };
}

function codeOf([hex, unicode, long, octal, letter]: (string | undefined)[]): number | undefined {
  const digits = hex ?? unicode ?? long;
  if (digits !== undefined) return Number.parseInt(digits, 16);
  if (octal !== undefined) return Number.parseInt(octal, 8);
  return letter === undefined ? undefined : escapes[letter];
}
