import type { YAMLError } from "yaml";

/** A fault of a YAML text in the words of Go's yaml, where they are known. */
export function yamlFault({ code, message, linePos, pos }: YAMLError, text: string): string {
  const line = linePos?.[0].line ?? 1;
  const found = flowFault(message, text.slice(0, pos[0])) ?? nodeFault(message);
  if (found !== undefined) return `${placed(parserLine(text, line, pos[0]))}${found}`;
  if (message.startsWith("Implicit map keys")) return `${placed(line + 1)}could not find expected ':'`;
  const place = line > 1 ? placed(line) : "";
  if (code === "TAB_AS_INDENT" || code === "BAD_SCALAR_START")
    return `${place}found character that cannot start any token`;
  if (/Nested mappings|Implicit keys/.test(message)) return `${place}mapping values are not allowed in this context`;
  if (message.startsWith("Missing closing")) return `${place}found unexpected end of stream`;
  if (message.startsWith("Missing directives-end")) return `${place}found unknown directive name`;
  return `${place}${message.split("\n")[0]}`;
}

function placed(line: number): string {
  return line > 0 ? `line ${line}: ` : "";
}

/** The parser counts lines from 0, and the end of the text as a line of its own. */
function parserLine(text: string, line: number, at: number): number {
  const whole = text.trimEnd();
  return at >= whole.length ? whole.split("\n").length : line - 1;
}

/** Flow lists and maps that do not end, or end before they have begun. */
function flowFault(message: string, before: string): string | undefined {
  if (/^Unexpected flow-(seq|map)-end token/.test(message)) return "did not find expected node content";
  const [, kind] = /^Flow (sequence|map)\b.* end with/.exec(message) ?? [];
  if (kind === undefined) return undefined;
  if (/[[{,]\s*$/.test(before)) return "did not find expected node content";
  return `did not find expected ',' or '${kind === "map" ? "}" : "]"}'`;
}

function nodeFault(message: string): string | undefined {
  if (!message.startsWith("Unexpected scalar at node end")) return undefined;
  return message.includes("column 1:") ? "did not find expected '-' indicator" : "did not find expected key";
}
