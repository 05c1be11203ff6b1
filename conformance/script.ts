import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** No command of a script takes longer. */
const timeoutMs = 60_000;

/** A line that did not do what the script says. */
class ScriptFault extends Error {}

/** Runs scripts as Go's testscript does: one command a line, `!` before what must fail. https://pkg.go.dev/github.com/rogpeppe/go-internal/testscript */
export class Script {
  readonly #folder: string;
  readonly #env: { [name: string]: string } = {};
  /** Variables that stand for several words. */
  readonly #words: { readonly [name: string]: readonly string[] };
  #stdin = "";
  #stdout = "";
  #stderr = "";

  constructor(folder: string, words: { readonly [name: string]: readonly string[] }) {
    this.#folder = folder;
    this.#words = words;
  }

  /** Why the script fails, with its line; undefined when it passes. */
  run(script: string): string | undefined {
    for (const [i, line] of script.split("\n").entries()) {
      const text = line.trim();
      if (text === "" || text.startsWith("#")) continue;
      try {
        this.#line(text);
      } catch (error) {
        if (!(error instanceof ScriptFault)) throw error;
        return `line ${i + 1}: ${text}: ${error.message}`;
      }
    }
    return undefined;
  }

  #line(line: string): void {
    const [, condition, rest = line] = /^\[(!?\w+)\]\s+(.*)$/.exec(line) ?? [];
    if (condition !== undefined && !holds(condition)) return;
    const isNegated = rest.startsWith("!");
    const [command = "", ...args] = this.#split(isNegated ? rest.slice(1).trim() : rest);
    const isDone = this.#command(command, args, isNegated);
    if (isDone === isNegated)
      throw new ScriptFault(`${isNegated ? "succeeded" : "failed"}: ${this.#stderr || this.#stdout}`);
  }

  /** Answers whether it succeeded. */
  #command(command: string, args: readonly string[], isNegated: boolean): boolean {
    switch (command) {
      case "exec":
        return this.#exec(args);
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
        throw new ScriptFault(`unknown command ${command}`);
    }
  }

  #exec([file = "", ...args]: readonly string[]): boolean {
    const result = spawnSync(file, args, {
      cwd: this.#folder,
      input: this.#stdin,
      encoding: "utf8",
      timeout: timeoutMs,
      env: { ...process.env, ...this.#env },
    });
    this.#stdin = "";
    this.#stdout = result.stdout ?? "";
    this.#stderr = result.stderr ?? "";
    if (result.error !== undefined) throw new ScriptFault(result.error.message);
    return result.status === 0;
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

  /** Words, quoted by single quotes; `$NAME` is replaced. */
  #split(line: string): readonly string[] {
    const words = [...line.matchAll(/'((?:[^']|'')*)'|(\S+)/g)];
    return words.flatMap(([, quoted, plain = ""]) => {
      if (quoted !== undefined) return [quoted.replaceAll("''", "'")];
      const several = plain.startsWith("$") ? this.#words[plain.slice(1)] : undefined;
      return several ?? [plain.replace(/\$\{?(\w+)\}?/g, (_, name: string) => this.#env[name] ?? "")];
    });
  }
}

function holds(condition: string): boolean {
  const name = condition.replace(/^!/, "");
  const isHere = name === process.platform || (name === "windows" && process.platform === "win32");
  return isHere !== condition.startsWith("!");
}

/** A regular expression of Go's, of lines. */
function matches(pattern: string, text: string): boolean {
  return new RegExp(pattern, "m").test(text);
}
