import type { OpaCommand } from "./command.ts";
import type { FlagSpec } from "./flags.ts";

/** What `--help` prints: the summary, the description and the usage. */
export function helpText(command: OpaCommand): string {
  const { summary, description } = command;
  const about = description === undefined ? `${summary}.` : `${summary}.\n\n${description.trim()}`;
  return `${about}\n\n${usageText(command)}`;
}

/** Usage, examples and flags, as they follow an error too. */
export function usageText({ program = "opa", name, usage, examples, flags }: OpaCommand): string {
  const shown = examples === undefined ? "" : `\nExamples:\n${examples.replace(/^\n+|\s+$/g, "")}\n`;
  return `Usage:\n  sallyport ${program} ${name} ${usage}\n${shown}\nFlags:\n${flagsText([...flags, helpFlag(name)])}`;
}

/** Every command has it. */
export function helpFlag(name: string): FlagSpec {
  return { name: "help", short: "h", kind: "bool", usage: `help for ${name.split(" ").at(-1)}` };
}

function flagsText(flags: readonly FlagSpec[]): string {
  const shown = flags.filter(({ hidden }) => hidden !== true).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const rows = shown.map((spec) => {
    const short = spec.short === undefined ? "    " : `-${spec.short}, `;
    const type = typeText(spec);
    return [`  ${short}--${spec.name}${type === "" ? "" : ` ${type}`}`, `${spec.usage}${defaultText(spec)}`] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}   ${right}\n`).join("");
}

function typeText({ kind, type, values = [] }: FlagSpec): string {
  if (type !== undefined) return type;
  return {
    bool: "",
    string: "string",
    int: "int",
    duration: "duration",
    enum: `{${values.join()}}`,
    list: "string",
    commaList: "strings",
  }[kind];
}

function defaultText({ kind, default: text = "", shownDefault }: FlagSpec): string {
  if (shownDefault !== undefined) return ` (default ${shownDefault})`;
  if (text === "" || text === "0" || text === "false") return "";
  if (kind === "string") return ` (default ${JSON.stringify(text)})`;
  return kind === "list" || kind === "commaList" ? ` (default [${text}])` : ` (default ${text})`;
}
