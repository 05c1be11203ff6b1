import type { Location } from "../syntax/ast.ts";

/** Wider places make a trace hard to read. */
const idealWidth = 64;

/** What stands for the file of a query. */
const queryWidth = "query".length;

/** How files are shown: what all long paths have in common becomes `...`. */
export function shortenPaths(locations: readonly (Location | undefined)[]): ReadonlyMap<string, string> {
  const paths = new Set<string>();
  let widest = 0;
  for (const location of locations) {
    if (location === undefined) continue;
    if (location.file !== "") paths.add(location.file);
    widest = Math.max(widest, (location.file.length || queryWidth) + String(location.row).length + 1);
  }
  const plain = new Map([...paths].map((path) => [path, path]));
  if (paths.size === 0 || widest <= idealWidth) return plain;
  const common = trimmed(longestCommon([...paths].map(belowFirst)), widest);
  return common.length <= 3 ? plain : new Map([...paths].map((path) => [path, path.replace(common, "...")]));
}

/** No more is left out than the width asks for; the right end tells most. */
function trimmed(common: string, widest: number): string {
  const spare = idealWidth - (widest - common.length + 3);
  return spare <= 0 ? common : common.slice(0, Math.max(0, common.length - spare));
}

/** A path's folder without its first part. */
function belowFirst(path: string): string {
  const folder = (path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".").replace(/^\//, "");
  const first = folder.indexOf("/");
  return first > 0 ? folder.slice(first + 1) : folder;
}

function longestCommon([first = "", ...others]: readonly string[]): string {
  for (let length = first.length; length > 0; length--)
    for (let start = 0; start + length <= first.length; start++) {
      const part = first.slice(start, start + length);
      if (others.every((other) => other.includes(part))) return part;
    }
  return "";
}
