/** Levenshtein's distance: how many characters must be put in, taken out or replaced to make one text the other. */
export function editDistance(a: string, b: string): number {
  const left = Array.from(a);
  const right = Array.from(b);
  let row = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (const [i, character] of left.entries()) {
    const next = [i + 1];
    for (const [j, other] of right.entries()) {
      const replaced = (row[j] as number) + (character === other ? 0 : 1);
      next.push(Math.min(replaced, (next[j] as number) + 1, (row[j + 1] as number) + 1));
    }
    row = next;
  }
  return row.at(-1) as number;
}
