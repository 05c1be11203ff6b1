import type { Location } from "./ast.ts";

/** A text with its name; knows where lines begin. */
export class Source {
  readonly file: string;
  readonly text: string;
  #lineStarts: readonly number[] | undefined;
  /** The line that was asked for last: places are asked for in the order of the text, mostly. */
  #line: Line = { row: 1, start: 0, end: -1 };
  #hasPairs: boolean | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  /** True when characters above U+FFFF may be in it, which take two units each. */
  get hasPairs(): boolean {
    this.#hasPairs ??= /[\ud800-\udfff]/.test(this.text);
    return this.#hasPairs;
  }

  /** The line that holds `offset`. */
  lineOf(offset: number): Line {
    if (offset < this.#line.start || offset >= this.#line.end) this.#line = this.#find(offset);
    return this.#line;
  }

  #find(offset: number): Line {
    this.#lineStarts ??= findLineStarts(this.text);
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    const end = this.#lineStarts[low + 1] ?? Number.POSITIVE_INFINITY;
    return { row: low + 1, start: this.#lineStarts[low] as number, end };
  }
}

/** A line's 1-based number, its offset and that of the next one. */
interface Line {
  readonly row: number;
  readonly start: number;
  readonly end: number;
}

/** True for the second of the two units of a character above U+FFFF. */
function isSecondHalf(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (unit < 0xdc00 || unit > 0xdfff) return false;
  const before = text.charCodeAt(at - 1);
  return before >= 0xd800 && before <= 0xdbff;
}

function findLineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** A stretch of a source. Row, column and text are computed when asked for: most nodes never are. */
export class SourceLocation implements Location {
  // Every token and node has one of these. With `declare` these are not defined before they get their values.
  declare readonly offset: number;
  declare readonly end: number;
  readonly #source: Source;
  /** OPA's text of some nodes begins elsewhere than their place: `(x)` stands where `x` does, `[1][0]` has the text `][0]`. */
  readonly #textStart: number;

  constructor(source: Source, offset: number, end: number, textStart: number = offset) {
    this.#source = source;
    this.offset = offset;
    this.end = end;
    this.#textStart = textStart;
  }

  get file(): string {
    return this.#source.file;
  }

  /** A line break belongs to the line behind it, as in OPA. */
  get row(): number {
    return this.#source.lineOf(this.offset).row + (this.#isBreak() ? 1 : 0);
  }

  /** In code points, as OPA counts: the end of the text is where its last character is. */
  get col(): number {
    if (this.#isBreak()) return 0;
    const { text } = this.#source;
    const { start } = this.#source.lineOf(this.offset);
    let column = this.offset < text.length ? 1 : 0;
    if (!this.#source.hasPairs) return column + this.offset - start;
    for (let at = start; at < this.offset; at++) if (!isSecondHalf(text, at)) column++;
    return column;
  }

  get text(): string {
    return this.#source.text.slice(this.#textStart, this.end);
  }

  /** From the beginning of this to the end of `last`. */
  to(last: Location): SourceLocation {
    return new SourceLocation(this.#source, this.offset, last.end);
  }

  /** The same place with the text between two offsets. */
  withText(start: number, end: number): SourceLocation {
    return new SourceLocation(this.#source, this.offset, end, start);
  }

  #isBreak(): boolean {
    return this.#source.text.charCodeAt(this.offset) === 0x0a;
  }
}
