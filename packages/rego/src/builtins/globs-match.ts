import { overLimit } from "../run/errors.ts";
import { BuiltinError } from "./builtin.ts";

/** One place of a regex-like glob, `.`, `[a-z]` or a character, with `+` or `*` behind it. */
interface Part {
  /** Undefined for `.`, which is any. */
  readonly runes: ReadonlySet<string> | undefined;
  readonly flag: "" | "+" | "*";
}

interface Rune {
  readonly rune: string;
  readonly escaped: boolean;
  /** Where the next one begins. */
  readonly next: number;
}

/** Sets are written out; larger ones are mistakes. */
const maxSetSize = 70_000;

/**
 * True when some text matches both, as github.com/yashtewari/glob-intersection decides it: greedily, which OPA's answers
 * follow. Throws on globs that cannot be read.
 */
export function globsIntersect(left: string, right: string): boolean {
  const [a, b] = [simplify(new GlobReader(left).read()), simplify(new GlobReader(right).read())];
  const trimmed = trim(a, b);
  return trimmed !== undefined && intersect(trimmed[0], trimmed[1]);
}

class GlobReader {
  readonly #input: readonly string[];
  #at = 0;

  constructor(input: string) {
    this.#input = [...input];
  }

  read(): Part[] {
    const parts: Part[] = [];
    while (this.#at < this.#input.length) parts.push(this.#part());
    return parts;
  }

  #fault(at: number, message: string): BuiltinError {
    return new BuiltinError(`input:${this.#input.join("")}, pos:${at}, ${message}: the input provided is invalid`);
  }

  /** Undefined at the end. */
  #rune(at: number): Rune | undefined {
    const rune = this.#input[at];
    if (rune === undefined) return undefined;
    if (rune !== "\\") return { rune, escaped: false, next: at + 1 };
    const escaped = this.#input[at + 1];
    if (escaped === undefined) throw this.#fault(at, "input ends with a \\ (escape) character");
    return { rune: escaped, escaped: true, next: at + 2 };
  }

  #part(): Part {
    const { rune, escaped, next } = this.#rune(this.#at) as Rune;
    this.#at = next;
    let runes: ReadonlySet<string> | undefined = new Set([rune]);
    if (!escaped) {
      if (rune === "]") throw this.#fault(next, "set-close ']' with no preceding '['");
      if (rune === "+" || rune === "*") throw this.#fault(next, `flag '${rune}' must be preceded by a non-flag`);
      if (rune === ".") runes = undefined;
      if (rune === "[") runes = this.#set();
    }
    return { runes, flag: this.#flag() };
  }

  #flag(): "" | "+" | "*" {
    const found = this.#rune(this.#at);
    if (found === undefined || found.escaped || (found.rune !== "+" && found.rune !== "*")) return "";
    this.#at = found.next;
    return found.rune;
  }

  #set(): ReadonlySet<string> {
    const runes = new Set<string>();
    let previous: string | undefined;
    for (let found = this.#rune(this.#at); found !== undefined; found = this.#rune(this.#at)) {
      this.#at = found.next;
      if (!found.escaped && found.rune === "]") return runes;
      if (!found.escaped && found.rune === "-") {
        this.#range(runes, previous);
        previous = undefined;
      } else {
        runes.add(found.rune);
        previous = found.rune;
      }
    }
    throw this.#fault(this.#at, "found [ without matching ]");
  }

  #range(runes: Set<string>, from: string | undefined): void {
    const at = this.#at;
    if (from === undefined) throw this.#fault(at, "range character '-' must be preceded by a Unicode character");
    if (at >= this.#input.length - 1)
      throw this.#fault(at, "range character '-' must be followed by a Unicode character");
    const { rune, escaped, next } = this.#rune(at) as Rune;
    this.#at = next;
    if (!escaped && (rune === "]" || rune === "-"))
      throw this.#fault(next, "range character '-' cannot be followed by a special symbol");
    const [first, last] = [from.codePointAt(0) as number, rune.codePointAt(0) as number];
    if (last < first) throw this.#fault(next, `range is out of order: '${rune}' comes before '${from}' in Unicode`);
    if (last - first + runes.size > maxSetSize) throw overLimit(`a set of more than ${maxSetSize} characters`);
    for (let code = first; code <= last; code++) runes.add(String.fromCodePoint(code));
  }
}

function isSame(a: Part, b: Part): boolean {
  if (a.runes === undefined || b.runes === undefined) return a.runes === b.runes;
  return a.runes.size === b.runes.size && [...a.runes].every((rune) => b.runes?.has(rune));
}

function matches(a: Part, b: Part): boolean {
  if (a.runes === undefined || b.runes === undefined) return true;
  const [small, large] = a.runes.size < b.runes.size ? [a.runes, b.runes] : [b.runes, a.runes];
  for (const rune of small) if (large.has(rune)) return true;
  return false;
}

/** `a*a+` is `a+`: equal parts with flags become one. */
function simplify(parts: readonly Part[]): Part[] {
  const result: Part[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (last === undefined || last.flag === "" || part.flag === "" || !isSame(last, part)) result.push(part);
    else result[result.length - 1] = { ...last, flag: last.flag === "+" || part.flag === "+" ? "+" : "*" };
  }
  return result;
}

/** Drops what has no flags from both ends, but for one part each; undefined when there is a mismatch. */
function trim(a: readonly Part[], b: readonly Part[]): readonly [readonly Part[], readonly Part[]] | undefined {
  const isPlain = (i: number, j: number) => a[i]?.flag === "" && b[j]?.flag === "";
  let left = 0;
  for (; isPlain(left, left); left++) if (!matches(a[left] as Part, b[left] as Part)) return undefined;
  if (left > 0) left--;
  let [endA, endB] = [a.length - 1, b.length - 1];
  for (; endA >= left && endB >= left && isPlain(endA, endB); endA--, endB--)
    if (!matches(a[endA] as Part, b[endB] as Part)) return undefined;
  if (endA < a.length - 1) {
    endA++;
    endB++;
  }
  return [a.slice(left, endA + 1), b.slice(left, endB + 1)];
}

function intersect(a: readonly Part[], b: readonly Part[]): boolean {
  return new Intersection(a, b).normal(0, 0, false);
}

/** Two flagged parts may each swallow the other, so the search can double with every part. */
const maxSteps = 1_000_000;

/** Positions instead of copies; `swapped` exchanges the sides. */
class Intersection {
  readonly #sides: readonly [readonly Part[], readonly Part[]];
  #steps = 0;

  constructor(a: readonly Part[], b: readonly Part[]) {
    this.#sides = [a, b];
  }

  normal(i: number, j: number, swapped: boolean): boolean {
    const [a, b] = swapped ? [this.#sides[1], this.#sides[0]] : this.#sides;
    let [at, other] = [i, j];
    for (; at < a.length && other < b.length; at++, other++) {
      const [x, y] = [a[at] as Part, b[other] as Part];
      if (x.flag !== "") return this.#flagged(at, other, swapped);
      if (y.flag !== "") return this.#flagged(other, at, !swapped);
      if (!matches(x, y)) return false;
    }
    return at === a.length && other === b.length;
  }

  #flagged(i: number, j: number, swapped: boolean): boolean {
    if (++this.#steps > maxSteps) throw overLimit(`globs take more than ${maxSteps} steps to compare`);
    const [a, b] = swapped ? [this.#sides[1], this.#sides[0]] : this.#sides;
    const [part, other] = [a[i] as Part, b[j] as Part];
    if (part.flag === "*") return this.#starred(i, j, swapped);
    if (!matches(part, other)) return false;
    return this.#starred(i, j + 1, swapped) || (other.flag !== "" && this.normal(i + 1, j, swapped));
  }

  /** Swallows what matches the starred part, until the rest fits the rest. */
  #starred(i: number, from: number, swapped: boolean): boolean {
    const [a, b] = swapped ? [this.#sides[1], this.#sides[0]] : this.#sides;
    const [star, next] = [a[i] as Part, a[i + 1]];
    for (let j = from; j < b.length; j++) {
      const part = b[j] as Part;
      if (next !== undefined && matches(part, next) && this.normal(i + 1, j, swapped)) return true;
      if (!matches(part, star)) return false;
    }
    return next === undefined;
  }
}
