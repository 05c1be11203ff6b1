/** Lines that do not differ which are shown around those that do. */
const context = 3;

/** Texts of more lines are compared as a whole: the time to find what they share grows with their product. */
const maxLines = 20_000;

/** Lines of one text that are the same as those of another: where each begins, and how many. */
interface Match {
  readonly a: number;
  readonly b: number;
  readonly size: number;
}

/**
 * The unified diff of two texts without the lines that name files, by the longest runs of lines that both have (Ratcliff and
 * Obershelp), as Python's difflib and its like in Go make it. Empty when they are the same.
 */
export function unifiedDiff(before: string, after: string): string {
  if (before === after) return "";
  const [a, b] = [linesOf(before), linesOf(after)];
  return hunksOf(matchesOf(a, b), a.length, b.length)
    .map((hunk) => hunkText(hunk, a, b))
    .join("");
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").map((line) => `${line}\n`);
}

/** All runs in common, in order, with an empty one at the end. */
function matchesOf(a: readonly string[], b: readonly string[]): readonly Match[] {
  const end = { a: a.length, b: b.length, size: 0 };
  if (a.length > maxLines || b.length > maxLines) return [end];
  const places = placesOf(b);
  const found: Match[] = [];
  const todo: [number, number, number, number][] = [[0, a.length, 0, b.length]];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const [aLow, aHigh, bLow, bHigh] = next;
    const match = extended(longest(a, places, next), a, b, next);
    if (match.size === 0) continue;
    found.push(match);
    todo.push([aLow, match.a, bLow, match.b], [match.a + match.size, aHigh, match.b + match.size, bHigh]);
  }
  found.sort((left, right) => left.a - right.a || left.b - right.b);
  return [...joined(found), end];
}

/** Where each line stands. Lines that are everywhere in a long text find no match of their own. */
function placesOf(lines: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  for (const [at, line] of lines.entries()) {
    const found = places.get(line);
    if (found === undefined) places.set(line, [at]);
    else found.push(at);
  }
  const popular = lines.length >= 200 ? Math.floor(lines.length / 100) + 1 : Number.POSITIVE_INFINITY;
  return new Map([...places].filter(([, found]) => found.length <= popular));
}

type Window = readonly [aLow: number, aHigh: number, bLow: number, bHigh: number];

function longest(
  a: readonly string[],
  places: ReadonlyMap<string, readonly number[]>,
  [aLow, aHigh, bLow, bHigh]: Window,
): Match {
  let best: Match = { a: aLow, b: bLow, size: 0 };
  let lengths = new Map<number, number>();
  for (let i = aLow; i < aHigh; i++) {
    const next = new Map<number, number>();
    for (const j of places.get(a[i] as string) ?? []) {
      if (j < bLow) continue;
      if (j >= bHigh) break;
      const size = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
    }
    lengths = next;
  }
  return best;
}

/** With the lines on both sides of it that are the same, too: popular ones. */
function extended(match: Match, a: readonly string[], b: readonly string[], window: Window): Match {
  const [aLow, aHigh, bLow, bHigh] = window;
  let { a: i, b: j, size } = match;
  while (i > aLow && j > bLow && a[i - 1] === b[j - 1]) [i, j, size] = [i - 1, j - 1, size + 1];
  while (i + size < aHigh && j + size < bHigh && a[i + size] === b[j + size]) size++;
  return { a: i, b: j, size };
}

/** Runs that follow each other without a gap are one. */
function joined(matches: readonly Match[]): readonly Match[] {
  const result: Match[] = [];
  for (const match of matches) {
    const last = result.at(-1);
    if (last !== undefined && last.a + last.size === match.a && last.b + last.size === match.b)
      result[result.length - 1] = { ...last, size: last.size + match.size };
    else result.push(match);
  }
  return result;
}

/** Lines of both texts that are the same, or that stand in for each other. */
interface Part {
  readonly isSame: boolean;
  readonly a: readonly [from: number, to: number];
  readonly b: readonly [from: number, to: number];
}

/** Parts that are shown together: those that differ, with the lines around them. */
function hunksOf(matches: readonly Match[], aLength: number, bLength: number): readonly (readonly Part[])[] {
  const hunks: Part[][] = [];
  let hunk: Part[] = [];
  for (const part of partsOf(matches)) {
    if (!part.isSame) {
      hunk.push(part);
      continue;
    }
    const [[aFrom, aTo], [bFrom, bTo]] = [part.a, part.b];
    const isLast = aTo === aLength && bTo === bLength;
    const before: Part = {
      isSame: true,
      a: [aFrom, Math.min(aTo, aFrom + context)],
      b: [bFrom, Math.min(bTo, bFrom + context)],
    };
    const after: Part = {
      isSame: true,
      a: [Math.max(aFrom, aTo - context), aTo],
      b: [Math.max(bFrom, bTo - context), bTo],
    };
    if (hunk.length === 0) hunk = [after];
    else if (!isLast && aTo - aFrom <= 2 * context) hunk.push(part);
    else {
      hunks.push([...hunk, before]);
      hunk = [after];
    }
  }
  if (hunk.some(({ isSame }) => !isSame)) hunks.push(hunk);
  return hunks;
}

function* partsOf(matches: readonly Match[]): Iterable<Part> {
  let [i, j] = [0, 0];
  for (const { a, b, size } of matches) {
    if (i < a || j < b) yield { isSame: false, a: [i, a], b: [j, b] };
    if (size > 0) yield { isSame: true, a: [a, a + size], b: [b, b + size] };
    [i, j] = [a + size, b + size];
  }
}

function hunkText(parts: readonly Part[], a: readonly string[], b: readonly string[]): string {
  const [first, last] = [parts[0] as Part, parts.at(-1) as Part];
  const lines = parts.flatMap((part) =>
    part.isSame
      ? a.slice(...part.a).map((line) => ` ${line}`)
      : [...a.slice(...part.a).map((line) => `-${line}`), ...b.slice(...part.b).map((line) => `+${line}`)],
  );
  return `@@ -${rangeText(first.a[0], last.a[1])} +${rangeText(first.b[0], last.b[1])} @@\n${lines.join("")}`;
}

function rangeText(from: number, to: number): string {
  const length = to - from;
  if (length === 1) return String(from + 1);
  return `${length === 0 ? from : from + 1},${length}`;
}
