import { editDistance } from "../../syntax/edit-distance.ts";

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
  const [left, right] = [a.toLowerCase(), b.toLowerCase()];
  return left === right ? 1 : editDistance(left, right);
}
