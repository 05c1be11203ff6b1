/** Characters that encodings use, from the smallest; how many there are; and how long a value must be to tell anything. */
const charsets: readonly (readonly [pattern: RegExp, size: number, least: number])[] = [
  [/^[0-9]+$/, 10, Number.POSITIVE_INFINITY],
  [/^(?:[0-9a-f]+|[0-9A-F]+)$/, 16, 16],
  [/^[A-Z2-7]+=*$/, 32, 20],
  [/^(?:[a-z0-9]+|[A-Z0-9]+)$/, 36, 16],
  [/^[A-Za-z0-9]+$/, 62, 16],
  [/^[A-Za-z0-9+/_-]+={0,2}$/, 64, 16],
  [/^[\x21-\x7e]+$/, 94, 16],
];

/** Shannon's, in bits per character. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  return -[...counts.values()].reduce((sum, count) => sum + (count / text.length) * Math.log2(count / text.length), 0);
}

/**
 * Whether it looks drawn at random rather than written: as varied as random text of its length and characters is, up to a fifth, and
 * not made of words. Texts too short to tell are not.
 */
export function isRandom(text: string): boolean {
  const [, size = 94, least = Number.POSITIVE_INFINITY] = charsets.find(([pattern]) => pattern.test(text)) ?? [];
  if (text.length < least || isWordy(text)) return false;
  return entropyOf(text) >= expectedEntropy(text.length, size) * 0.85;
}

/** Of random text: Shannon's entropy of a sample is less than of what it is drawn from, by (size - 1) / (2 n ln 2) while n is larger, by Miller and Madow. */
function expectedEntropy(length: number, size: number): number {
  const most = Math.log2(size);
  const bias = (size - 1) / (2 * length * Math.LN2);
  return Math.max(most - bias, Math.min(Math.log2(length), most) * 0.88);
}

/** Names, paths, host names and sentences are letters in words; random text changes between digits, capitals and the rest all the time. */
function isWordy(text: string): boolean {
  if (/^[a-zA-Z]+$/.test(text))
    return /^[a-z]+$|^[A-Z]+$|^[A-Z]?[a-z]+(?:[A-Z][a-z]{2,})*$/.test(text) || text.length < 20;
  if (!/[0-9]/.test(text) && !/[^A-Za-z0-9_./:-]/.test(text)) {
    const words = text.split(/[_./:-]|(?<=[a-z])(?=[A-Z])/);
    return words.every((word) => word.length < 14);
  }
  if (isCamelCase(text)) return true;
  const parts = text.split(/[^A-Za-z0-9]/).filter(Boolean);
  const words = parts.filter((part) =>
    /^(?:[a-z]+|[A-Z]+|[A-Z][a-z]+|[0-9]{1,4}|v[0-9]+|[a-z]{2,}[0-9]{1,3})$/.test(part),
  );
  return parts.length > 1 && words.length * 3 >= parts.length * 2;
}

/** Capitals and small letters in words of three and more, for the most part: of random text a third is so, by chance. */
function isCamelCase(text: string): boolean {
  if (!/[A-Z]/.test(text) || !/[a-z]/.test(text)) return false;
  const inWords = [...text.matchAll(/[A-Z]?[a-z]{2,}/g)].filter(([word]) => word.length > 2);
  return inWords.reduce((sum, [word]) => sum + word.length, 0) >= text.length * 0.65;
}
