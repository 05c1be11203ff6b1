/** A stretch of text that both have (0), only the first (-1), or only the second (1). */
type Piece = [op: -1 | 0 | 1, text: string];

/** Steps of the search before two texts count as all different: each looks at all diagonals. */
const maxSteps = 20_000;

/**
 * What makes one text into the other, character by character, in colours: Myers' algorithm with the shortcuts of diff-match-patch, so that
 * the pieces are the ones that OPA prints. https://neil.fraser.name/writing/diff/
 */
export function coloredDiff(before: string, after: string): string {
  return diff(before, after)
    .map(([op, text]) => (op === 0 ? text : colored(text, op < 0 ? 31 : 32)))
    .join("");
}

function colored(text: string, color: number): string {
  return text
    .split("\n")
    .map((line) => `\u001b[${color}m${line}\u001b[0m`)
    .join("\n");
}

function diff(before: string, after: string): Piece[] {
  if (before === after) return before === "" ? [] : [[0, before]];
  const head = commonPrefix(before, after);
  const [restBefore, restAfter] = [before.slice(head), after.slice(head)];
  const tail = commonSuffix(restBefore, restAfter);
  const pieces = middle(restBefore.slice(0, restBefore.length - tail), restAfter.slice(0, restAfter.length - tail));
  if (head > 0) pieces.unshift([0, before.slice(0, head)]);
  if (tail > 0) pieces.push([0, before.slice(before.length - tail)]);
  return merged(pieces);
}

/** Of two texts that begin and end differently. */
function middle(before: string, after: string): Piece[] {
  if (before === "") return [[1, after]];
  if (after === "") return [[-1, before]];
  const isLonger = before.length > after.length;
  const [long, short] = isLonger ? [before, after] : [after, before];
  const op = isLonger ? -1 : 1;
  const at = long.indexOf(short);
  if (at >= 0)
    return [
      [op, long.slice(0, at)],
      [0, short],
      [op, long.slice(at + short.length)],
    ];
  if (short.length === 1)
    return [
      [-1, before],
      [1, after],
    ];
  const half = halfMatch(before, after);
  if (half === undefined) return bisect(before, after);
  const { common, beforeParts, afterParts } = half;
  return [...diff(beforeParts[0], afterParts[0]), [0, common], ...diff(beforeParts[1], afterParts[1])];
}

interface Half {
  readonly common: string;
  readonly beforeParts: readonly [string, string];
  readonly afterParts: readonly [string, string];
}

/** A common stretch of at least half of the longer text. */
function halfMatch(before: string, after: string): Half | undefined {
  const isLonger = before.length > after.length;
  const [long, short] = isLonger ? [before, after] : [after, before];
  if (long.length < 4 || short.length * 2 < long.length) return undefined;
  const quarter = halfMatchFrom(long, short, Math.ceil(long.length / 4));
  const second = halfMatchFrom(long, short, Math.ceil(long.length / 2));
  const found = (quarter?.common.length ?? 0) > (second?.common.length ?? 0) ? quarter : (second ?? quarter);
  if (found === undefined) return undefined;
  const { common, long: longParts, short: shortParts } = found;
  const [beforeParts, afterParts] = isLonger ? [longParts, shortParts] : [shortParts, longParts];
  return { common, beforeParts, afterParts };
}

function halfMatchFrom(long: string, short: string, start: number) {
  const seed = long.slice(start, start + Math.floor(long.length / 4));
  let best: { common: string; long: readonly [string, string]; short: readonly [string, string] } | undefined;
  for (let at = short.indexOf(seed); at >= 0; at = short.indexOf(seed, at + 1)) {
    const ahead = commonPrefix(long.slice(start), short.slice(at));
    const behind = commonSuffix(long.slice(0, start), short.slice(0, at));
    if ((best?.common.length ?? 0) >= ahead + behind) continue;
    best = {
      common: short.slice(at - behind, at + ahead),
      long: [long.slice(0, start - behind), long.slice(start + ahead)],
      short: [short.slice(0, at - behind), short.slice(at + ahead)],
    };
  }
  return best !== undefined && best.common.length * 2 >= long.length ? best : undefined;
}

/** Searches from both ends for the middle of the shortest way. */
function bisect(before: string, after: string): Piece[] {
  const [rows, columns] = [before.length, after.length];
  const steps = Math.ceil((rows + columns) / 2);
  const size = 2 * steps;
  const forward = new Int32Array(size).fill(-1);
  const backward = new Int32Array(size).fill(-1);
  forward[steps + 1] = 0;
  backward[steps + 1] = 0;
  const delta = rows - columns;
  const meetsForward = delta % 2 !== 0;
  const skip = { forwardStart: 0, forwardEnd: 0, backwardStart: 0, backwardEnd: 0 };
  for (let step = 0; step < Math.min(steps, maxSteps); step++) {
    for (let k = -step + skip.forwardStart; k <= step - skip.forwardEnd; k += 2) {
      const offset = steps + k;
      const below = forward[offset + 1] ?? -1;
      const above = forward[offset - 1] ?? -1;
      let x = k === -step || (k !== step && above < below) ? below : above + 1;
      let y = x - k;
      while (x < rows && y < columns && before[x] === after[y]) {
        x++;
        y++;
      }
      forward[offset] = x;
      if (x > rows) skip.forwardEnd += 2;
      else if (y > columns) skip.forwardStart += 2;
      else if (meetsForward) {
        const other = backward[steps + delta - k] ?? -1;
        const isInside = steps + delta - k >= 0 && steps + delta - k < size && other !== -1;
        if (isInside && x >= rows - other) return split(before, after, x, y);
      }
    }
    for (let k = -step + skip.backwardStart; k <= step - skip.backwardEnd; k += 2) {
      const offset = steps + k;
      const below = backward[offset + 1] ?? -1;
      const above = backward[offset - 1] ?? -1;
      let x = k === -step || (k !== step && above < below) ? below : above + 1;
      let y = x - k;
      while (x < rows && y < columns && before[rows - x - 1] === after[columns - y - 1]) {
        x++;
        y++;
      }
      backward[offset] = x;
      if (x > rows) skip.backwardEnd += 2;
      else if (y > columns) skip.backwardStart += 2;
      else if (!meetsForward) {
        const at = steps + delta - k;
        const other = at >= 0 && at < size ? (forward[at] as number) : -1;
        if (other !== -1 && other >= rows - x) return split(before, after, other, steps + other - at);
      }
    }
  }
  return [
    [-1, before],
    [1, after],
  ];
}

function split(before: string, after: string, x: number, y: number): Piece[] {
  return [...diff(before.slice(0, x), after.slice(0, y)), ...diff(before.slice(x), after.slice(y))];
}

function commonPrefix(a: string, b: string): number {
  const limit = Math.min(a.length, b.length);
  let length = 0;
  while (length < limit && a[length] === b[length]) length++;
  return length;
}

function commonSuffix(a: string, b: string): number {
  const limit = Math.min(a.length, b.length);
  let length = 0;
  while (length < limit && a[a.length - length - 1] === b[b.length - length - 1]) length++;
  return length;
}

/** Joins neighbours, takes what deletions and insertions share out of them, and moves single edits to join equal texts; until nothing changes. */
function merged(pieces: readonly Piece[]): Piece[] {
  let current = joined(pieces);
  for (;;) {
    const moved = shifted(current);
    if (moved === undefined) return current;
    current = joined(moved);
  }
}

function joined(pieces: readonly Piece[]): Piece[] {
  const out: Piece[] = [];
  let removed = "";
  let added = "";
  const equal = (text: string): void => {
    const last = out.at(-1);
    if (text === "") return;
    if (last?.[0] === 0) last[1] += text;
    else out.push([0, text]);
  };
  const flush = (next: string): void => {
    let rest = next;
    if (removed !== "" && added !== "") {
      const head = commonPrefix(added, removed);
      equal(added.slice(0, head));
      [added, removed] = [added.slice(head), removed.slice(head)];
      const tail = commonSuffix(added, removed);
      rest = added.slice(added.length - tail) + rest;
      [added, removed] = [added.slice(0, added.length - tail), removed.slice(0, removed.length - tail)];
    }
    if (removed !== "") out.push([-1, removed]);
    if (added !== "") out.push([1, added]);
    removed = added = "";
    equal(rest);
  };
  for (const [op, text] of pieces) {
    if (op < 0) removed += text;
    else if (op > 0) added += text;
    else if (text !== "") flush(text);
  }
  flush("");
  return out;
}

/** An edit between two equal texts that ends or begins as one of them is moved over it; undefined when there is none. */
function shifted(pieces: readonly Piece[]): Piece[] | undefined {
  const out = pieces.map(([op, text]): Piece => [op, text]);
  let isChanged = false;
  for (let i = 1; i < out.length - 1; i++) {
    const [before, edit, after] = [out[i - 1], out[i], out[i + 1]] as [Piece, Piece, Piece];
    if (before[0] !== 0 || after[0] !== 0) continue;
    if (edit[1].endsWith(before[1])) {
      edit[1] = before[1] + edit[1].slice(0, edit[1].length - before[1].length);
      after[1] = before[1] + after[1];
      out.splice(i - 1, 1);
      isChanged = true;
    } else if (edit[1].startsWith(after[1])) {
      before[1] += after[1];
      edit[1] = edit[1].slice(after[1].length) + after[1];
      out.splice(i + 1, 1);
      isChanged = true;
    }
  }
  return isChanged ? out : undefined;
}
