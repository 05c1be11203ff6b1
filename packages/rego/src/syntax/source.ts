import type { Location } from "./ast.ts";

/** A text with its name; knows where lines begin. */
export class Source {
  readonly file: string;
  readonly text: string;
  #lineStarts: readonly number[] | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  /** Offset of the line that holds `offset`, and its 1-based number. */
  lineOf(offset: number): { readonly row: number; readonly start: number } {
    this.#lineStarts ??= findLineStarts(this.text);
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return { row: low + 1, start: this.#lineStarts[low] as number };
  }
}

function findLineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** A stretch of a source. Row, column and text are computed when asked for: most nodes never are. */
export class SourceLocation implements Location {
  readonly offset: number;
  readonly end: number;
  readonly #source: Source;

  constructor(source: Source, offset: number, end: number) {
    this.#source = source;
    this.offset = offset;
    this.end = end;
  }

  get file(): string {
    return this.#source.file;
  }

  get row(): number {
    return this.#source.lineOf(this.offset).row;
  }

  /** In code points, as OPA counts. */
  get col(): number {
    const { start } = this.#source.lineOf(this.offset);
    let column = 1;
    for (const _ of this.#source.text.slice(start, this.offset)) column++;
    return column;
  }

  get text(): string {
    return this.#source.text.slice(this.offset, this.end);
  }

  /** From the beginning of this to the end of `last`. */
  to(last: Location): SourceLocation {
    return new SourceLocation(this.#source, this.offset, last.end);
  }
}
