import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** No program of the machine takes longer. */
const timeoutMs = 60_000;

/** Ten seconds in all: what is waited for comes in one or two. */
const maxRetries = 20;
const retryMs = 500;

/** A line that did not do what the script says. */
class ScriptFault extends Error {}

/** Surroundings of a program that a script runs. */
export interface Surroundings {
  readonly stdin: string;
  readonly env: { readonly [name: string]: string | undefined };
}

/** What it left. */
export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** A program in this process, in place of one of the machine's. */
export type Program = (folder: string, args: readonly string[], surroundings: Surroundings) => Promise<Outcome>;

/** Runs scripts as Go's testscript does: one command a line, `!` before what must fail. https://pkg.go.dev/github.com/rogpeppe/go-internal/testscript */
export class Script {
  readonly #folder: string;
  /** As in testscript, `WORK` is the script's folder. */
  readonly #env: { [name: string]: string };
  /** Programs of the script, by their names: `exec $NAME`, or `NAME` as a command. */
  readonly #programs: { readonly [name: string]: Program };
  /** Whether a condition holds, beside those of the platform. */
  readonly #holds: (condition: string) => boolean;
  #stdin = "";
  #stdout = "";
  #stderr = "";

  constructor(
    folder: string,
    programs: { readonly [name: string]: Program },
    holds: (condition: string) => boolean = () => false,
  ) {
    this.#folder = folder;
    this.#env = { WORK: folder };
    this.#programs = programs;
    this.#holds = holds;
  }

  /** Why the script fails, with its line; undefined when it passes. */
  async run(script: string): Promise<string | undefined> {
    for (const [i, line] of script.split("\n").entries()) {
      const text = line.trim();
      if (text === "" || text.startsWith("#")) continue;
      try {
        await this.#line(text);
      } catch (error) {
        if (!(error instanceof ScriptFault)) throw error;
        return `line ${i + 1}: ${text}: ${error.message}`;
      }
    }
    return undefined;
  }

  async #line(line: string): Promise<void> {
    const [, condition, rest = line] = /^\[(!?[\w.]+)\]\s+(.*)$/.exec(line) ?? [];
    if (condition !== undefined && !this.#isMet(condition)) return;
    const isNegated = rest.startsWith("!");
    const [command = "", ...args] = this.#split(isNegated ? rest.slice(1).trim() : rest);
    const isDone = await this.#command(command, args, isNegated);
    if (isDone === isNegated)
      throw new ScriptFault(`${isNegated ? "succeeded" : "failed"}: ${this.#stderr || this.#stdout}`);
  }

  #isMet(condition: string): boolean {
    const name = condition.replace(/^!/, "");
    const isHere = name === process.platform || (name === "windows" && process.platform === "win32");
    return (isHere || this.#holds(name)) !== condition.startsWith("!");
  }

  /** Answers whether it succeeded. */
  async #command(command: string, args: readonly string[], isNegated: boolean): Promise<boolean> {
    switch (command) {
      case "exec":
        return this.#exec(args);
      case "kube-retry":
        return this.#retry(args);
      case "stdin":
        this.#stdin = this.#read(args[0] as string);
        return true;
      case "stdout":
        return matches(args[0] as string, this.#stdout);
      case "stderr":
        return matches(args[0] as string, this.#stderr);
      case "cmp":
        return this.#compare(args[0] as string, args[1] as string, isNegated);
      case "env":
        for (const arg of args) this.#env[arg.slice(0, arg.indexOf("="))] = arg.slice(arg.indexOf("=") + 1);
        return true;
      default:
        if (Object.hasOwn(this.#programs, command)) return this.#exec([`$${command}`, ...args]);
        throw new ScriptFault(`unknown command ${command}`);
    }
  }

  async #exec([file = "", ...args]: readonly string[]): Promise<boolean> {
    const surroundings = { stdin: this.#stdin, env: { ...process.env, ...this.#env } };
    const program = file.startsWith("$") ? this.#programs[file.slice(1)] : undefined;
    const run = program ?? ((folder, words) => spawned(folder, [file, ...words], surroundings));
    const { status, out, err } = await run(this.#folder, args, surroundings);
    this.#stdin = "";
    this.#stdout = out;
    this.#stderr = err;
    return status === 0;
  }

  /** A command that is repeated until it succeeds: what it looks at takes a while to come about. */
  async #retry([command = "", ...args]: readonly string[]): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      if (await this.#command(command, args, false)) return true;
      if (tries >= maxRetries) return false;
      await new Promise((done) => setTimeout(done, retryMs));
    }
  }

  #compare(left: string, right: string, isNegated: boolean): boolean {
    const [a, b] = [this.#read(left), this.#read(right)];
    if (a !== b && !isNegated) throw new ScriptFault(`differ:\n${a}\n---\n${b}`);
    return a === b;
  }

  #read(name: string): string {
    if (name === "stdout") return this.#stdout;
    return name === "stderr" ? this.#stderr : readFileSync(join(this.#folder, name), "utf8");
  }

  /** Words, quoted by single quotes; `$NAME` is replaced, but for names of programs. */
  #split(line: string): readonly string[] {
    const words = [...line.matchAll(/'((?:[^']|'')*)'|(\S+)/g)];
    return words.map(([, quoted, plain = ""]) => {
      if (quoted !== undefined) return quoted.replaceAll("''", "'");
      if (plain.startsWith("$") && Object.hasOwn(this.#programs, plain.slice(1))) return plain;
      return plain.replace(/\$\{?(\w+)\}?/g, (_, name: string) => this.#env[name] ?? "");
    });
  }
}

async function spawned(
  cwd: string,
  [file = "", ...args]: readonly string[],
  { stdin, env }: Surroundings,
): Promise<Outcome> {
  const run = spawnSync(file, args, { cwd, input: stdin, encoding: "utf8", timeout: timeoutMs, env });
  if (run.error !== undefined) throw new ScriptFault(run.error.message);
  return { status: run.status ?? 1, out: run.stdout, err: run.stderr };
}

/** A regular expression of Go's, of lines. */
function matches(pattern: string, text: string): boolean {
  return new RegExp(pattern, "m").test(text);
}
