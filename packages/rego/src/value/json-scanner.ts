// Walks over JSON text in UTF-8 without building anything, behind which a 0 stands. Each function answers the position behind what it read,
// or -1 where the text is no JSON (RFC 8259). Bytes are compared by number, and strings are read in place, as anything else is slower.

/** Deeper documents are left to `JSON.parse`, which has no limit. */
const maxDepth = 512;

/** Ends of the collections around; only used inside one call. */
const ends = new Uint8Array(maxDepth);

export function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  for (let c = bytes[at]; c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09; c = bytes[at]) at++;
  return at;
}

/** Behind a whole value, which may stand behind white space. */
export function skipValue(bytes: Uint8Array, from: number): number {
  let at = from;
  let depth = 0;
  while (true) {
    at = skipSpace(bytes, at);
    const c = bytes[at] as number;
    if (c === 0x22) at = skipString(bytes, at);
    else if (c !== 0x7b && c !== 0x5b) at = skipScalar(bytes, at, c);
    else {
      at = skipSpace(bytes, at + 1);
      if (bytes[at] === c + 2) at++;
      else {
        if (depth === maxDepth) return -1;
        ends[depth++] = c + 2;
        if (c === 0x7b) at = skipKey(bytes, at);
        if (at < 0) return -1;
        continue;
      }
    }
    if (at < 0) return -1;
    // Behind the ends of collections, up to the comma before the next value.
    while (true) {
      if (depth === 0) return at;
      at = skipSpace(bytes, at);
      const end = ends[depth - 1];
      if (bytes[at] === 0x2c) {
        at = end === 0x7d ? skipKey(bytes, at + 1) : at + 1;
        if (at < 0) return -1;
        break;
      }
      if (bytes[at] !== end) return -1;
      at++;
      depth--;
    }
  }
}

/** Behind a key and its colon. */
function skipKey(bytes: Uint8Array, from: number): number {
  const start = skipSpace(bytes, from);
  const end = bytes[start] === 0x22 ? skipString(bytes, start) : -1;
  if (end < 0) return -1;
  const colon = skipSpace(bytes, end);
  return bytes[colon] === 0x3a ? colon + 1 : -1;
}

/** Behind the string whose quote stands at the position. */
export function skipString(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  while (true) {
    const c = bytes[at] as number;
    if (c === 0x22) return at + 1;
    if (c === 0x5c) {
      at = skipEscape(bytes, at + 1);
      if (at < 0) return -1;
    } else if (c >= 0x20) at++;
    else return -1;
  }
}

function skipEscape(bytes: Uint8Array, at: number): number {
  switch (bytes[at]) {
    case 0x22:
    case 0x2f:
    case 0x5c:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return at + 1;
    case 0x75:
      for (let i = 1; i <= 4; i++) if (!isHex(bytes[at + i] as number)) return -1;
      return at + 5;
    default:
      return -1;
  }
}

function isHex(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x66);
}

function skipScalar(bytes: Uint8Array, at: number, c: number): number {
  if (c === 0x74) return skipWord(bytes, at, "true");
  if (c === 0x66) return skipWord(bytes, at, "false");
  return c === 0x6e ? skipWord(bytes, at, "null") : skipNumber(bytes, at);
}

function skipWord(bytes: Uint8Array, at: number, word: string): number {
  for (let i = 1; i < word.length; i++) if (bytes[at + i] !== word.charCodeAt(i)) return -1;
  return at + word.length;
}

function skipNumber(bytes: Uint8Array, from: number): number {
  let at = from;
  if (bytes[at] === 0x2d) at++;
  at = bytes[at] === 0x30 ? at + 1 : skipDigits(bytes, at);
  if (at < 0) return -1;
  if (bytes[at] === 0x2e) {
    at = skipDigits(bytes, at + 1);
    if (at < 0) return -1;
  }
  const c = bytes[at];
  if (c !== 0x65 && c !== 0x45) return at;
  const sign = bytes[at + 1];
  return skipDigits(bytes, sign === 0x2b || sign === 0x2d ? at + 2 : at + 1);
}

/** Behind one digit or more. */
function skipDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  for (let c = bytes[at] as number; c >= 0x30 && c <= 0x39; c = bytes[at] as number) at++;
  return at === from ? -1 : at;
}

/** Numbers as long as this may have more digits than JavaScript's hold. */
const exactLength = 16;

/**
 * True when a number between two positions, outside of strings, is long, has an exponent, or is a fraction with a zero at its end or six
 * behind its point: `JSON.parse` could change it, or it is written in another way than JavaScript writes it. What is no JSON may be taken
 * for either.
 */
export function holdsInexact(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from;
  while (at < to) {
    const c = bytes[at] as number;
    if (c === 0x22) {
      at = skipString(bytes, at);
      if (at < 0) return false;
    } else if (c >= 0x30 && c <= 0x39) {
      const start = at;
      while (isOfNumber(bytes[at] as number)) at++;
      const exponent = bytes[at];
      if (at - start >= exactLength || exponent === 0x65 || exponent === 0x45) return true;
      if (bytes[at - 1] === 0x30 && isLong(bytes, start, at)) return true;
      if (bytes[start + 1] === 0x2e && bytes[start + 7] === 0x30 && isSmall(bytes, start + 2)) return true;
    } else at++;
  }
  return false;
}

/** Of a number that ends with a zero: whether it has a point, or is -0. */
function isLong(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from === 1) return from > 0 && bytes[from - 1] === 0x2d;
  for (let at = to - 2; at > from; at--) if (bytes[at] === 0x2e) return true;
  return false;
}

/** Six zeros. */
function isSmall(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at < from + 6; at++) if (bytes[at] !== 0x30) return false;
  return true;
}

function isOfNumber(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || c === 0x2e;
}
