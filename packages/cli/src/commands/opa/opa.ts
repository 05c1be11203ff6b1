import type { OpaCommand, Terminal } from "../../opa/command.ts";
import { runCommand } from "../../opa/command.ts";
import { nearNames } from "../../opa/near-names.ts";

/** A command of the group; its code is loaded when it is asked for. */
interface Entry {
  /** One word, or two where a command lies below another. */
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<OpaCommand>;
}

const entries: readonly Entry[] = [
  {
    name: "bench",
    summary: "Benchmark a Rego query",
    load: async () => (await import("./bench.ts")).benchCommand,
  },
  {
    name: "build",
    summary: "Build a bundle of policies and data",
    load: async () => (await import("./build.ts")).buildCommand,
  },
  {
    name: "capabilities",
    summary: "Print the capabilities of this engine",
    load: async () => (await import("./capabilities.ts")).capabilitiesCommand,
  },
  {
    name: "check",
    summary: "Check Rego sources for errors",
    load: async () => (await import("./check.ts")).checkCommand,
  },
  {
    name: "deps",
    summary: "Analyze Rego query dependencies",
    load: async () => (await import("./deps.ts")).depsCommand,
  },
  {
    name: "eval",
    summary: "Evaluate a Rego query",
    load: async () => (await import("./eval.ts")).evalCommand,
  },
  {
    name: "exec",
    summary: "Execute against input files",
    load: async () => (await import("./exec.ts")).execCommand,
  },
  {
    name: "fmt",
    summary: "Format Rego source files",
    load: async () => (await import("./fmt.ts")).fmtCommand,
  },
  {
    name: "inspect",
    summary: "Inspect a bundle",
    load: async () => (await import("./inspect.ts")).inspectCommand,
  },
  {
    name: "parse",
    summary: "Parse a Rego source file",
    load: async () => (await import("./parse.ts")).parseCommand,
  },
  {
    name: "run",
    summary: "Start an interactive shell",
    load: async () => (await import("./run.ts")).runCommand,
  },
  {
    name: "sign",
    summary: "Write the signature of bundles",
    load: async () => (await import("./sign.ts")).signCommand,
  },
  {
    name: "test",
    summary: "Run Rego's unit tests",
    load: async () => (await import("./test.ts")).testCommand,
  },
  {
    name: "version",
    summary: "Print the version",
    load: async () => (await import("./version.ts")).versionCommand,
  },
];

/** Runs `sallyport opa …`: the arguments, outputs and exit codes of `opa`. */
export async function runOpa(line: readonly string[], terminal: Terminal): Promise<number> {
  const [first, ...rest] = line;
  if (first === undefined || first === "-h" || first === "--help") return say(terminal, groupHelp());
  if (first === "help") return rest.length === 0 ? say(terminal, groupHelp()) : runOpa([...rest, "--help"], terminal);
  const entry = entries.find(({ name }) => name === first || name === `${first} ${rest[0]}`);
  if (entry !== undefined) return runCommand(await entry.load(), line.slice(entry.name.split(" ").length), terminal);
  const below = entries.filter(({ name }) => name.startsWith(`${first} `));
  if (below.length > 0) return say(terminal, subgroupHelp(first, below));
  return refuse(first, terminal);
}

function say(terminal: Terminal, text: string): number {
  terminal.out(text);
  return 0;
}

function refuse(first: string, terminal: Terminal): number {
  const isFlag = first.startsWith("-");
  const near = isFlag ? [] : nearNames(first, [...new Set(entries.map(({ name }) => name.split(" ")[0] as string))]);
  const hint = near.length === 0 ? "" : `\nDid you mean this?\n${near.map((name) => `\t${name}\n`).join("")}\n`;
  const fault = isFlag ? flagFault(first) : `unknown command ${JSON.stringify(first)} for "opa"`;
  terminal.err(`Error: ${fault}\n${hint}${isFlag ? usage : "Run 'sallyport opa --help' for usage.\n"}`);
  return 1;
}

function flagFault(flag: string): string {
  return flag.startsWith("--") ? `unknown flag: ${flag}` : `unknown shorthand flag: '${flag[1]}' in ${flag}`;
}

const usage = `Usage:
  sallyport opa [command]

`;

function groupHelp(): string {
  return `Rego on the command line: the arguments, outputs and exit codes of \`opa\`.

${usage}Available Commands:
${listText(entries.filter(({ name }) => !name.includes(" ")))}
Examples:
  sallyport opa eval -d policy.rego -i input.json data.example.allow
  sallyport opa eval -f pretty 'x := [1, 2, 3][_]; x > 1'

Use "sallyport opa [command] --help" for more information about a command.
`;
}

function subgroupHelp(name: string, below: readonly Entry[]): string {
  const commands = below.map((entry) => ({ ...entry, name: entry.name.slice(name.length + 1) }));
  return `Usage:\n  sallyport opa ${name} [command]\n\nAvailable Commands:\n${listText(commands)}`;
}

function listText(commands: readonly Pick<Entry, "name" | "summary">[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return commands.map(({ name, summary }) => `  ${name.padEnd(width)} ${summary}\n`).join("");
}
