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
  /** What `--version` tells, of a program that has it. */
  readonly version?: string;
  readonly about: string;
  readonly examples: string;
  readonly entries: readonly Entry[];
}

/** Runs `sallyport GROUP …` as the other program runs its command line; answers the exit code. */
export async function runGroup(group: CommandGroup, line: readonly string[], terminal: Terminal): Promise<number> {
  const { entries } = group;
  const at = commandAt(line);
  const [first, rest] = [line[at], line.toSpliced(at, 1)];
  if (line[0] === undefined || line[0] === "-h" || line[0] === "--help") return say(terminal, groupHelp(group));
  if (group.version !== undefined && (line[0] === "--version" || line[0] === "-v"))
    return say(terminal, `${group.name} version ${group.version}\n`);
  if (first === undefined) return refuse(group, line[0], terminal);
  if (first === "help") return helpOn(group, rest, terminal);
  const entry =
    entries.find(({ name }) => name === `${first} ${rest[at]}`) ?? entries.find(({ name }) => name === first);
  if (entry !== undefined)
    return runCommand(await entry.load(), entry.name === first ? rest : rest.toSpliced(at, 1), terminal);
  const below = entries.filter(({ name }) => name.startsWith(`${first} `));
  if (below.length > 0) return say(terminal, subgroupHelp(group, first, below));
  return refuse(group, first, terminal);
}

/** Where the command is named: flags may stand in front of it, and each takes the next word unless it has a value. */
function commandAt(line: readonly string[]): number {
  let at = 0;
  for (let word = line[at]; word?.startsWith("-") === true; word = line[at])
    at += word === "--" ? line.length : !word.includes("=") && (word.startsWith("--") || word.length === 2) ? 2 : 1;
  return Math.min(at, line.length);
}

/** What there is no help about is said, and no failure. */
function helpOn(
  group: CommandGroup,
  [topic, ...words]: readonly string[],
  terminal: Terminal,
): number | Promise<number> {
  if (topic === undefined) return say(terminal, groupHelp(group));
  const isKnown = group.entries.some(({ name }) => name.split(" ")[0] === topic);
  if (isKnown) return runGroup(group, [topic, ...words, "--help"], terminal);
  terminal.err(`Unknown help topic [\`${topic}\`]\n`);
  return say(terminal, usageText(group));
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

function groupHelp(group: CommandGroup): string {
  return `${group.about}\n\n${usageText(group)}`;
}

function usageText({ name, examples, entries }: CommandGroup): string {
  return `${usageOf(name)}Available Commands:
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
