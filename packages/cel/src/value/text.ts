const surrogate = /[\ud800-\udfff]/;

/** How many code points a text has; a pair of surrogates is one. */
export function codePointCount(text: string): number {
  let count = text.length;
  // Of most texts this is known at once: one that has a byte for each letter is not even looked at.
  if (!surrogate.test(text)) return count;
  for (let index = 0; index < text.length - 1; index++) {
    if ((text.charCodeAt(index) & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) {
      count--;
      index++;
    }
  }
  return count;
}

/** The text's code points; when there are no surrogates its units serve as they are. */
export function codePoints(text: string): readonly string[] {
  return Array.from(text);
}

export function utf8Bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The text of UTF-8 bytes; undefined when they are none. */
export function textFromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
