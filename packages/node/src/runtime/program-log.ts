import { readFile } from "node:fs/promises";

/** Longer than what runtimes say; nobody reads on. */
const maxCharacters = 500;

/** The error that a runtime wrote to its `--log` of format JSON, in one line; undefined where it wrote none. */
export async function loggedFault(file: string): Promise<string | undefined> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text
    .split("\n")
    .map(loggedLine)
    .findLast((each) => each !== undefined);
}

/** The same of one line; undefined where it tells no error. */
export function loggedLine(line: string): string | undefined {
  const { level, msg } = entryOf(line);
  return msg !== undefined && (level === "error" || level === "fatal") ? oneLine(msg) : undefined;
}

/** Of a message of several lines, the words in one. */
export function oneLine(text: string): string {
  const line = text.trim().replace(/\s*\n\s*/g, " ");
  return line.length > maxCharacters ? `${line.slice(0, maxCharacters)}…` : line;
}

function entryOf(line: string): { readonly level?: string; readonly msg?: string } {
  try {
    return (JSON.parse(line) ?? {}) as { readonly level?: string; readonly msg?: string };
  } catch {
    return {};
  }
}
