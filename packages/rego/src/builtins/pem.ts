import { decodeBase64 } from "./encoding.ts";
import { trimEnd } from "./trim-end.ts";

export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY`… */
  readonly type: string;
  readonly bytes: Uint8Array;
  /** Lines with a colon stand before its content. */
  readonly hasHeaders: boolean;
}

const endMark = "\n-----END ";
const beginMark = "-----BEGIN ";
const dashes = "-----";

/**
 * The first block of a PEM text (RFC 7468) and what follows it; undefined when there is none. As lenient as Go's
 * `pem.Decode`: text around blocks, headers and malformed blocks are passed over.
 */
export function decodePem(text: string): { readonly block: PemBlock; readonly rest: string } | undefined {
  for (let from = 0; ; ) {
    const end = text.indexOf(endMark, from);
    if (end < 0) return undefined;
    const found = blockAt(text, from, end);
    if (found !== undefined) return found;
    from = end + endMark.length;
  }
}

/** All blocks of a text, in order. */
export function pemBlocks(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  for (let found = decodePem(text); found !== undefined; found = decodePem(found.rest)) blocks.push(found.block);
  return blocks;
}

/** The block whose last line starts at `end`, unless it is malformed. */
function blockAt(text: string, from: number, end: number): { block: PemBlock; rest: string } | undefined {
  const begin = text.slice(from, end).lastIndexOf(beginMark);
  if (begin < 0 || (begin > 0 && text[from + begin - 1] !== "\n")) return undefined;
  const first = lineAt(text, from + begin);
  if (!first.line.endsWith(dashes)) return undefined;
  const type = first.line.slice(beginMark.length, -dashes.length);
  const body = afterHeaders(text, first.next);
  if (body > first.next && body > end) return undefined;
  const last = lineAt(text, end + endMark.length);
  if (last.line !== type + dashes) return undefined;
  try {
    const bytes = decodeBase64(text.slice(body, Math.max(body, end)).replace(/[ \t]/g, ""));
    return { block: { type, bytes, hasHeaders: body > first.next }, rest: text.slice(last.next) };
  } catch {
    return undefined;
  }
}

/** A line without the blanks at its end, and where the next one starts. */
function lineAt(text: string, at: number): { readonly line: string; readonly next: number } {
  const feed = text.indexOf("\n", at);
  const end = feed < 0 ? text.length : feed;
  return { line: trimEnd(text.slice(at, end), /[ \t\r]/), next: feed < 0 ? end : feed + 1 };
}

/** Headers are the lines with a colon. */
function afterHeaders(text: string, start: number): number {
  let at = start;
  for (let { line, next } = lineAt(text, at); line.includes(":") && next > at; { line, next } = lineAt(text, at))
    at = next;
  return at;
}
