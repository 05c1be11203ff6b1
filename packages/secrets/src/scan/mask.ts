/** Of shorter values, each character that is shown helps to guess the others. */
const shownFrom = 20;

/** What may be printed of a secret: the first four characters of a long one, which tell its kind, and how long it is; of a short one nothing. */
export function masked(value: string): string {
  if (/^-----BEGIN/.test(value)) return `${value.slice(0, value.indexOf("-----", 10) + 5)}…`;
  if (value.length < shownFrom) return "…";
  return `${value.slice(0, 4).replace(/[^\x21-\x7e]/g, ".")}… (${value.length} characters)`;
}
