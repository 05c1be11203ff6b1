import type { Answer } from "./lane.ts";

const headEnd = "\r\n\r\n";
const lineFeed = 10;

/** A longer head is no answer of ours or of kube-apiserver's. */
const maxHeadBytes = 16_384;

/** Reads answers of HTTP/1.1, one after another, as they come in pieces, and keeps nothing of them but status and size. */
export class AnswerReader {
  readonly #onAnswer: (answer: Answer) => void;
  #onHead: ((code: number) => void) | undefined;
  #onBody: ((bytes: Buffer) => void) | undefined;
  /** Of a head, or of the line before a chunk, that has not come whole. */
  #part = "";
  #state: "head" | "body" | "chunkSize" | "chunk" | "chunkEnd" | "lastEnd" = "head";
  /** Of the body, or of the chunk with the end of its line. */
  #left = 0;
  #code = 0;
  #bytes = 0;

  constructor(onAnswer: (answer: Answer) => void) {
    this.#onAnswer = onAnswer;
  }

  /** Has the next answer's status told when its head is there, and its body as it comes; `bytes` are good until the next read. */
  follow(onHead: (code: number) => void, onBody: (bytes: Buffer) => void): void {
    this.#onHead = onHead;
    this.#onBody = onBody;
  }

  read(buffer: Buffer, length: number): void {
    let at = 0;
    while (at < length) at = this.#step(buffer, at, length);
  }

  /** Takes what belongs together, and answers where the next begins. */
  #step(buffer: Buffer, at: number, length: number): number {
    if (this.#state === "head") return this.#head(buffer, at, length);
    if (this.#state === "body" || this.#state === "chunk") return this.#body(buffer, at, length);
    return this.#line(buffer, at, length);
  }

  #head(buffer: Buffer, at: number, length: number): number {
    const before = this.#part.length;
    const text = this.#part + buffer.toString("latin1", at, Math.min(length, at + maxHeadBytes));
    const end = text.indexOf(headEnd);
    if (end < 0) {
      if (text.length > maxHeadBytes) throw new Error("an answer's head has no end");
      this.#part = text;
      return length;
    }
    this.#part = "";
    this.#begin(text.slice(0, end));
    return at + end + headEnd.length - before;
  }

  #begin(head: string): void {
    this.#code = Number(head.slice(9, 12));
    this.#bytes = 0;
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    this.#onHead?.(this.#code);
    this.#left = Number(length ?? 0);
    this.#state = length === undefined ? "chunkSize" : "body";
    if (this.#state === "body" && this.#left === 0) this.#done();
  }

  #body(buffer: Buffer, at: number, length: number): number {
    const size = Math.min(this.#left, length - at);
    this.#left -= size;
    this.#bytes += size;
    this.#onBody?.(buffer.subarray(at, at + size));
    if (this.#left === 0 && this.#state === "body") this.#done();
    else if (this.#left === 0) this.#state = "chunkEnd";
    return at + size;
  }

  /** The line that tells a chunk's size, and that which ends a chunk, or all of them. */
  #line(buffer: Buffer, at: number, length: number): number {
    const found = buffer.indexOf(lineFeed, at);
    const end = found < 0 || found >= length ? length : found + 1;
    this.#part += buffer.toString("latin1", at, end);
    if (!this.#part.endsWith("\n")) return end;
    const line = this.#part;
    this.#part = "";
    if (this.#state === "lastEnd") this.#done();
    else if (this.#state === "chunkEnd") this.#state = "chunkSize";
    else this.#beginChunk(Number.parseInt(line, 16));
    return end;
  }

  #beginChunk(size: number): void {
    this.#left = size;
    this.#state = size === 0 ? "lastEnd" : "chunk";
  }

  #done(): void {
    this.#state = "head";
    this.#onAnswer({ code: this.#code, bytes: this.#bytes });
  }
}
