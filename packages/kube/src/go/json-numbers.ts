/** Texts, which are passed over, and numbers. */
const token = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;

/** The numbers of a JSON text as they are written, which JSON.parse forgets. */
function* writtenNumbers(json: string): Iterable<string> {
  for (const [text] of json.matchAll(token)) if (!text.startsWith('"')) yield text;
}

/** How the first number of a JSON text is written that Go would show as `shown`; itself where none is. */
export function writtenNumber(json: string, shown: string): string {
  for (const written of writtenNumbers(json)) if (String(Number(written)) === shown) return written;
  return shown;
}

/** The first number of a JSON text that no float64 can hold, as it is written; undefined where all fit. Go refuses such. */
export function unboundedNumber(json: string): string | undefined {
  // An exponent of three digits, or a number of as many: nearly no text has one.
  if (!/[eE]\+?\d{3}|\d{300}/.test(json)) return undefined;
  for (const written of writtenNumbers(json)) if (!Number.isFinite(Number(written))) return written;
  return undefined;
}
