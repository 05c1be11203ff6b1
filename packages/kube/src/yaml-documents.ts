import { type Document, LineCounter, parseAllDocuments, type Tags } from "yaml";
import { goScalars, goYaml } from "./go/yaml-scalars.ts";

/** Repairs in one text; a file that needs more is no manifest. */
const maxRepairs = 100;

/** A text's documents as Go's YAML reads them, kubectl's unless told otherwise; faults of syntax are in each document's `errors`, places in `lines`. */
export function parseYamlDocuments(
  text: string,
  scalars: (tags: Tags) => Tags = goScalars,
): {
  readonly documents: readonly Document.Parsed[];
  readonly lines: LineCounter;
} {
  let current = text;
  for (let repairs = 0; ; repairs++) {
    const lines = new LineCounter();
    const parsed = parseAllDocuments(current, { ...goYaml, lineCounter: lines, customTags: scalars });
    const documents = Array.isArray(parsed) ? parsed : [];
    const repaired = repairs < maxRepairs ? withIndentedQuote(current, firstFault(documents)) : undefined;
    if (repaired === undefined) return { documents, lines };
    current = repaired;
  }
}

function firstFault(documents: readonly Document.Parsed[]): Document.Parsed["errors"][number] | undefined {
  return documents.flatMap(({ errors }) => errors)[0];
}

/**
 * Go takes quoted texts whose further lines stand no deeper than what is around them, as gatekeeper-library has one. How deep they stand
 * is no part of the text, so they are moved: answers undefined where that is not what is wrong.
 */
function withIndentedQuote(text: string, fault: Document.Parsed["errors"][number] | undefined): string | undefined {
  const quote = fault?.code === "MISSING_CHAR" ? /^Missing closing (["'])quote/.exec(fault.message)?.[1] : undefined;
  if (fault === undefined || quote === undefined) return undefined;
  const start = beginOf(text, fault.pos[0], quote);
  const end = start === undefined ? undefined : endOf(text, start, quote);
  if (start === undefined || end === undefined) return undefined;
  const quoted = text.slice(start, end);
  const deeper = quoted.replace(/\n(?=[^\n])/g, `\n${" ".repeat(columnOf(text, start) + 1)}`);
  return deeper === quoted ? undefined : text.slice(0, start) + deeper + text.slice(end);
}

/** Where the quote begins whose end was missed at an offset: the last one before it that stands where a text can begin. */
function beginOf(text: string, offset: number, quote: string): number | undefined {
  const before = text.slice(0, offset + 1);
  const found = [...before.matchAll(new RegExp(`(?:^|[:\\-,\\[{])[ \\t]*${quote}`, "gm"))].at(-1);
  return found && found.index + found[0].length - 1;
}

function endOf(text: string, start: number, quote: string): number | undefined {
  for (let i = start + 1; i < text.length; i++) {
    if (quote === '"' && text[i] === "\\") i++;
    else if (text[i] === quote && quote === "'" && text[i + 1] === quote) i++;
    else if (text[i] === quote) return i + 1;
  }
  return undefined;
}

function columnOf(text: string, offset: number): number {
  return offset - text.lastIndexOf("\n", offset - 1) - 1;
}
