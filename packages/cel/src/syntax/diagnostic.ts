/** A fault of an expression: where, and what. */
export interface Diagnostic {
  /** One-based line. */
  readonly line: number;
  /** Zero-based column, in code points; `formatDiagnostics` prints it one-based, as cel-go does. */
  readonly column: number;
  readonly message: string;
}

/** An expression's text, with its lines found once. */
export class Source {
  readonly text: string;
  readonly description: string;
  readonly #starts: readonly number[];

  constructor(text: string, description = "<input>") {
    this.text = text;
    this.description = description;
    const starts = [0];
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
    this.#starts = starts;
  }

  /** The diagnostic of a message at an offset in UTF-16 units. */
  fault(offset: number, message: string): Diagnostic {
    let line = this.#starts.length;
    while (line > 1 && (this.#starts[line - 1] as number) > offset) line--;
    const start = this.#starts[line - 1] as number;
    return { line, column: [...this.text.slice(start, offset)].length, message };
  }

  line(number: number): string | undefined {
    const start = this.#starts[number - 1];
    if (start === undefined) return undefined;
    const end = this.#starts[number];
    return this.text.slice(start, end === undefined ? undefined : end - 1);
  }
}

/** Faults as cel-go writes them: `ERROR: <input>:1:5: message`, then the line, then a caret; in the order of their places. */
export function formatDiagnostics(source: Source, faults: readonly Diagnostic[]): string {
  const sorted = faults.toSorted((a, b) => a.line - b.line || a.column - b.column);
  return sorted.map((fault) => formatDiagnostic(source, fault)).join("\n");
}

function formatDiagnostic(source: Source, { line, column, message }: Diagnostic): string {
  // A text without any letter has no first column.
  if (source.text === "") return `ERROR: ${source.description}:1:0: ${message}`;
  const head = `ERROR: ${source.description}:${line}:${column + 1}: ${message}`;
  const text = source.line(line);
  if (text === undefined) return head;
  const before = [...text].slice(0, column);
  const dots = before.map((letter) => (isWide(letter) ? "．" : ".")).join("");
  const next = [...text][column];
  const caret = next !== undefined && isWide(next) ? "＾" : "^";
  return `${head}\n | ${text.replaceAll("\t", " ")}\n | ${dots}${caret}`;
}

/** Letters of more than one byte are marked with full-width signs, so that the caret stands below its letter. */
function isWide(letter: string): boolean {
  return (letter.codePointAt(0) as number) > 127;
}
