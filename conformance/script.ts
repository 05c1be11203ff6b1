import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BackgroundProcesses } from "./background-processes.ts";

/** No program of the machine takes longer. */
const timeoutMs = 60_000;

/** Ten seconds in all: what is waited for comes in one or two. */
const maxRetries = 20;
const retryMs = 500;

/** A line that did not do what the script says. */
export class ScriptFault extends Error {}

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

/** What a command of a suite may know of its script. */
export interface ScriptView {
  readonly folder: string;
  /** The text of a file, or of `stdout` and `stderr`. */
  readonly read: (name: string) => string;
  readonly setEnv: (name: string, value: string) => void;
  /** Is done when the script has ended. */
  readonly atEnd: (close: () => Promise<void>) => void;
}

/** A command that only one suite has. Resolves to whether it succeeded; throws `ScriptFault`. */
export type Command = (script: ScriptView, args: readonly string[]) => Promise<boolean>;

export interface ScriptOptions {
  /** Whether a condition holds, beside those of the platform. */
  readonly holds?: (condition: string) => boolean;
  readonly commands?: { readonly [name: string]: Command };
  /** The words that start a program as a process of its own: in the background, or where it is no program of this process. */
  readonly processes?: { readonly [program: string]: readonly string[] };
}

/** Runs scripts as Go's testscript does: one command a line, `!` before what must fail. https://pkg.go.dev/github.com/rogpeppe/go-internal/testscript */
export class Script {
  readonly #folder: string;
  /** As in testscript, `WORK` is the script's folder. */
  readonly #env: { [name: string]: string };
  /** Programs of the script, by their names: `exec $NAME`, `exec NAME`, or `NAME` as a command. */
  readonly #programs: { readonly [name: string]: Program };
  readonly #options: ScriptOptions;
  readonly #background = new BackgroundProcesses();
  readonly #atEnd: (() => Promise<void>)[] = [];
  #stdin = "";
  #stdout = "";
  #stderr = "";

  constructor(folder: string, programs: { readonly [name: string]: Program }, options: ScriptOptions = {}) {
    this.#folder = folder;
    this.#env = { WORK: folder };
    this.#programs = programs;
    this.#options = options;
  }

  /** Why the script fails, with its line; undefined when it passes. Nothing that it has started goes on behind it. */
  async run(script: string): Promise<string | undefined> {
    try {
      return await this.#lines(script);
    } finally {
      await this.#background.close();
      for (const close of this.#atEnd) await close();
    }
  }

  async #lines(script: string): Promise<string | undefined> {
    for (const [i, line] of script.split("\n").entries()) {
      const text = line.trim();
      if (text === "" || text.startsWith("#")) continue;
      try {
        await this.#line(text);
      } catch (error) {
        if (!(error instanceof ScriptFault)) throw error;
        return `line ${i + 1}: ${text}: ${error.message}${this.#background.said}`;
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
    return (isHere || this.#options.holds?.(name) === true) !== condition.startsWith("!");
  }

  /** Answers whether it succeeded. */
  async #command(command: string, args: readonly string[], isNegated: boolean): Promise<boolean> {
    switch (command) {
      case "exec":
        return this.#exec(args);
      case "kube-retry":
      case "retry":
        return this.#retry(args);
      case "kill":
        return this.#kill(args);
      case "wait":
        return this.#wait(args[0] as string);
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
        if (Object.hasOwn(this.#programs, command)) return this.#exec([command, ...args]);
        return this.#ownCommand(command, args);
    }
  }

  #ownCommand(command: string, args: readonly string[]): Promise<boolean> {
    const own = this.#options.commands?.[command];
    if (own === undefined) throw new ScriptFault(`unknown command ${command}`);
    const view: ScriptView = {
      folder: this.#folder,
      read: (name) => this.#read(name),
      setEnv: (name, value) => {
        this.#env[name] = value;
      },
      atEnd: (close) => void this.#atEnd.push(close),
    };
    return own(view, args);
  }

  /** `exec WORD…`, or `exec WORD… &name&` for a process that goes on beside the script. */
  async #exec(words: readonly string[]): Promise<boolean> {
    const [, background] = /^&(\w+)&$/.exec(words.at(-1) ?? "") ?? [];
    if (background !== undefined) return this.#start(background, words.slice(0, -1));
    const [file = "", ...args] = words;
    const surroundings = { stdin: this.#stdin, env: { ...process.env, ...this.#env } };
    const program = this.#programs[file.replace(/^\$/, "")];
    const run = program ?? ((folder, rest) => spawned(folder, [...this.#wordsOf(file), ...rest], surroundings));
    const { status, out, err } = await run(this.#folder, args, surroundings);
    this.#stdin = "";
    this.#stdout = out;
    this.#stderr = err;
    return status === 0;
  }

  #start(name: string, [file = "", ...args]: readonly string[]): boolean {
    const env = { ...process.env, ...this.#env };
    return faulty(() => this.#background.start(name, [...this.#wordsOf(file), ...args], this.#folder, env));
  }

  #isProgram(name: string): boolean {
    return Object.hasOwn(this.#programs, name) || Object.hasOwn(this.#options.processes ?? {}, name);
  }

  #wordsOf(file: string): readonly string[] {
    return this.#options.processes?.[file.replace(/^\$/, "")] ?? [file];
  }

  /** `kill [-SIGNAL] NAME`. */
  #kill(args: readonly string[]): boolean {
    const [signal = "-KILL", name = ""] = args.length > 1 ? args : [undefined, ...args];
    return faulty(() => this.#background.kill(name, `SIG${signal.slice(1)}` as NodeJS.Signals));
  }

  /** What the process has told is then `stdout` and `stderr`. */
  async #wait(name: string): Promise<boolean> {
    const ended = await this.#background.wait(name).catch(({ message }: Error) => {
      throw new ScriptFault(message);
    });
    this.#stdout = ended.out;
    this.#stderr = ended.err;
    return ended.status === 0;
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
      if (plain.startsWith("$") && this.#isProgram(plain.slice(1))) return plain;
      return plain.replace(/\$\{?(\w+)\}?/g, (_, name: string) => this.#env[name] ?? "");
    });
  }
}

/** What cannot be done fails the line. */
function faulty(act: () => void): true {
  try {
    act();
    return true;
  } catch (error) {
    throw new ScriptFault((error as Error).message);
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
