/** ` Did you mean "a", "b", or "c"?`, or nothing without items. */
export function suggestion(prefix: string, items: readonly string[], quoted = true): string {
  if (items.length === 0) return "";
  return ` ${prefix} ${orList(items.map((item) => (quoted ? `"${item}"` : item)))}?`;
}

/** At most five items. */
function orList(items: readonly string[]): string {
  const shown = items.slice(0, 5);
  if (shown.length < 3) return shown.join(" or ");
  return `${shown.slice(0, -1).join(", ")}, or ${shown.at(-1)}`;
}

/** The options that look like what was typed, the likest first. */
export function similar(typed: string, options: readonly string[]): string[] {
  const most = Math.floor(new TextEncoder().encode(typed).length * 0.4) + 1;
  return options
    .map((option) => ({ option, distance: distance(typed, option) }))
    .filter((each) => each.distance <= most)
    .sort((a, b) => a.distance - b.distance)
    .map(({ option }) => option);
}

/** Levenshtein's, where any change of case counts one. */
function distance(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [Array.from(a.toLowerCase()), Array.from(b.toLowerCase())];
  if (left.join("") === right.join("")) return 1;
  let row = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (const [i, rune] of left.entries()) {
    const next = [i + 1];
    for (const [j, other] of right.entries()) {
      const replaced = (row[j] as number) + (rune === other ? 0 : 1);
      next.push(Math.min(replaced, (next[j] as number) + 1, (row[j + 1] as number) + 1));
    }
    row = next;
  }
  return row.at(-1) as number;
}
