import { isMetadata } from "../syntax/annotations.ts";
import type { Comment, Location } from "../syntax/ast.ts";

/** Two comments that belong at the end of one line: what is being written stays as its author wrote it. */
export class CommentCollision extends Error {
  constructor() {
    super("two comments at the end of one line");
    this.name = "CommentCollision";
  }
}

/** What a writer has done, to go back to. */
interface Draft {
  readonly length: number;
  readonly comments: readonly Comment[];
  readonly level: number;
  readonly isInLine: boolean;
}

/** Text with indentation, and the comments that are still to be placed: each goes before or behind the line of code it stood at. */
export class Writer {
  protected comments: readonly Comment[] = [];
  protected isInLine = false;
  /** The comments behind what is left as it was are still to be placed: a body follows. */
  protected keepsLastComments = false;
  #text = "";
  #level = 0;
  #lineEnd: Comment | undefined;
  #delay = false;

  get text(): string {
    return this.#text;
  }

  protected write(text: string): void {
    this.#text += text;
  }

  protected startLine(): void {
    this.isInLine = true;
    this.#text += "\t".repeat(this.#level);
  }

  protected startLineUnlessIn(): void {
    if (!this.isInLine) this.startLine();
  }

  /** Ends the line with the comment that belongs there. */
  protected endLine(): void {
    this.isInLine = false;
    if (this.#lineEnd !== undefined && !this.#delay) {
      this.#text += ` ${commentText(this.#lineEnd)}`;
      this.#lineEnd = undefined;
    }
    this.#delay = false;
    this.lineBreak();
  }

  protected writeLine(text: string): void {
    this.startLineUnlessIn();
    this.write(text);
    this.endLine();
  }

  protected blankLine(): void {
    this.lineBreak();
  }

  /** At most one blank line in a row, and none at the beginning. (What was written by its author, as a raw string, has its own.) */
  protected lineBreak(): void {
    if (this.#text !== "" && !this.#text.endsWith("\n\n")) this.#text += "\n";
  }

  protected up(): void {
    this.#level++;
  }

  protected down(): void {
    this.#level--;
  }

  /** What follows is written on lines of its own, one level deeper; the comment of this line goes to the end of it all. */
  protected startLines(): void {
    this.#delay = true;
    this.endLine();
    this.up();
    this.startLine();
  }

  protected draft(): Draft {
    const { comments, isInLine } = this;
    return { length: this.#text.length, comments, isInLine, level: this.#level };
  }

  protected takeBack({ length, comments, level, isInLine }: Draft): void {
    this.#text = this.#text.slice(0, length);
    this.comments = comments;
    this.isInLine = isInLine;
    this.#level = level;
  }

  /** Puts parentheses around what was written since `start`, if that begins with a brace, perhaps behind comments. */
  protected wrapFromBrace(start: number): void {
    const written = this.#text.slice(start);
    if (/^(?:\s*#.*\n)*\s*\{/.test(written)) this.#text = `${this.#text.slice(0, start)}(${written})`;
  }

  /** Writes the comments that stand above a row, and keeps the one in it for the end of the line. */
  protected placeComments(row: number): void {
    const before = this.comments.filter(({ loc }) => loc.row < row);
    const at = this.comments.findLast(({ loc }) => loc.row === row);
    if (before.length === 0 && at === undefined) return;
    this.comments = this.comments.filter(({ loc }) => loc.row > row);
    this.writeComments(before);
    const last = before.at(-1);
    if (last !== undefined && row - last.loc.row > 1) this.blankLine();
    this.keepForLineEnd(at);
  }

  /** The comments above a row, which are placed herewith. */
  protected takeBefore(row: number): readonly Comment[] {
    const before = this.comments.filter(({ loc }) => loc.row < row);
    this.comments = this.comments.filter(({ loc }) => loc.row >= row);
    return before;
  }

  protected get hasLineEnd(): boolean {
    return this.#lineEnd !== undefined;
  }

  /** One waits for the end of this line, or stood above the row. */
  protected hasCommentBefore(row: number): boolean {
    return this.#lineEnd !== undefined || this.comments.some(({ loc }) => loc.row < row);
  }

  protected keepForLineEnd(comment: Comment | undefined): void {
    if (comment === undefined) return;
    if (this.#lineEnd !== undefined) {
      this.#lineEnd = undefined;
      throw new CommentCollision();
    }
    this.#lineEnd = comment;
  }

  /** Ends the line here if a comment waits for it. */
  protected flushLineEnd(): void {
    if (this.#lineEnd === undefined) return;
    this.endLine();
    this.startLine();
  }

  protected writeComments(comments: readonly Comment[]): void {
    let hasMetadata = false;
    for (const [i, comment] of comments.entries()) {
      const beginsBlock = isMetadata(comment);
      const isApart = i > 0 && comment.loc.row - (comments[i - 1] as Comment).loc.row > 1;
      if (isApart || (beginsBlock && hasMetadata)) this.blankLine();
      hasMetadata = beginsBlock || (hasMetadata && !isApart);
      this.writeLine(commentText(comment));
    }
  }

  /** The source text as it is; the comments inside it are part of it. */
  protected writeUnformatted(loc: Location): void {
    this.write(loc.text);
    if (this.#lineEnd !== undefined && this.#lineEnd.loc.row >= loc.row) this.#lineEnd = undefined;
    const lastRow = loc.row + loc.text.split("\n").length - 1;
    const keepsLast = this.keepsLastComments;
    const last = this.comments.filter((comment) => comment.loc.row === lastRow);
    if (!keepsLast) for (const comment of last) this.write(` ${commentText(comment)}`);
    this.comments = this.comments.filter(({ loc: { row } }) => row > lastRow || (keepsLast && row === lastRow));
  }
}

/** A comment as it was written, without white space at its end. */
export function commentText(comment: Comment): string {
  return `#${comment.text}`.trimEnd();
}
