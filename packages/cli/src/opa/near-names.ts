/** How many letters a name may differ and still be meant, as in Go's cobra. */
const maxDistance = 2;

/** Names that someone may have meant: few letters differ, or they begin with what was written. */
export function nearNames(written: string, names: readonly string[]): readonly string[] {
  const word = written.toLowerCase();
  return names.filter((name) => distance(word, name) <= maxDistance || name.startsWith(word));
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
