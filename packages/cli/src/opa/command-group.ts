import { type OpaCommand, runCommand, type Terminal } from "./command.ts";
import { nearNames } from "./near-names.ts";

/** A command of a group; its code is loaded when it is asked for. */
interface Entry {
  /** One word, or two where a command lies below another. */
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<OpaCommand>;
}

/** The commands of a program that we stand in for. */
export interface CommandGroup {
  /** `opa`: what follows `sallyport`. */
  readonly name: string;
  readonly about: string;
  readonly examples: string;
  readonly entries: readonly Entry[];
}

/** Runs `sallyport GROUP …` as the other program runs its command line; answers the exit code. */
export async function runGroup(group: CommandGroup, line: readonly string[], terminal: Terminal): Promise<number> {
  const { entries } = group;
  const [first, ...rest] = line;
  if (first === undefined || first === "-h" || first === "--help") return say(terminal, groupHelp(group));
  if (first === "help")
    return rest.length === 0 ? say(terminal, groupHelp(group)) : runGroup(group, [...rest, "--help"], terminal);
  const entry = entries.find(({ name }) => name === first || name === `${first} ${rest[0]}`);
  if (entry !== undefined) return runCommand(await entry.load(), line.slice(entry.name.split(" ").length), terminal);
  const below = entries.filter(({ name }) => name.startsWith(`${first} `));
  if (below.length > 0) return say(terminal, subgroupHelp(group, first, below));
  return refuse(group, first, terminal);
}

function say(terminal: Terminal, text: string): number {
  terminal.out(text);
  return 0;
}

function refuse({ name: program, entries }: CommandGroup, first: string, terminal: Terminal): number {
  const isFlag = first.startsWith("-");
  const near = isFlag ? [] : nearNames(first, [...new Set(entries.map(({ name }) => name.split(" ")[0] as string))]);
  const hint = near.length === 0 ? "" : `\nDid you mean this?\n${near.map((name) => `\t${name}\n`).join("")}\n`;
  const fault = isFlag ? flagFault(first) : `unknown command ${JSON.stringify(first)} for ${JSON.stringify(program)}`;
  const help = isFlag ? usageOf(program) : `Run 'sallyport ${program} --help' for usage.\n`;
  terminal.err(`Error: ${fault}\n${hint}${help}`);
  return 1;
}

function flagFault(flag: string): string {
  return flag.startsWith("--") ? `unknown flag: ${flag}` : `unknown shorthand flag: '${flag[1]}' in ${flag}`;
}

function usageOf(program: string): string {
  return `Usage:\n  sallyport ${program} [command]\n\n`;
}

function groupHelp({ name, about, examples, entries }: CommandGroup): string {
  return `${about}

${usageOf(name)}Available Commands:
${listText(entries.filter((each) => !each.name.includes(" ")))}
Examples:
${examples.replace(/^\n+|\s+$/g, "")}

Use "sallyport ${name} [command] --help" for more information about a command.
`;
}

function subgroupHelp(group: CommandGroup, name: string, below: readonly Entry[]): string {
  const commands = below.map((entry) => ({ ...entry, name: entry.name.slice(name.length + 1) }));
  return `Usage:\n  sallyport ${group.name} ${name} [command]\n\nAvailable Commands:\n${listText(commands)}`;
}

function listText(commands: readonly Pick<Entry, "name" | "summary">[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return commands.map(({ name, summary }) => `  ${name.padEnd(width)} ${summary}\n`).join("");
}
