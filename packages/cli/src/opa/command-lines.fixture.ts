import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Outcome, runIn } from "./opa.fixture.ts";

/**
 * Command lines with what OPA answered, one file per command. A line is what follows `opa`: words, in single quotes where they hold
 * spaces; `< FILE` gives standard input; `&&` joins lines that run in the same folder, whose answers are put together.
 */
export interface AnsweredLine extends Outcome {
  readonly line: string;
  /** Why Sallyport answers something else, where it does. */
  readonly differs?: string;
}

/** What runs one command line in a folder. */
export type Runner = (folder: string, words: readonly string[], stdin: string) => Promise<Outcome>;

const testdata = join(import.meta.dirname, "../../testdata/opa");

/** The commands of which there are recorded lines. */
export function recordedCommands(): readonly string[] {
  return readdirSync(testdata)
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => name.slice(0, -".jsonl".length));
}

export function readLines(command: string): readonly AnsweredLine[] {
  const text = readFileSync(linesFile(command), "utf8");
  return text
    .split("\n")
    .filter((row) => row !== "")
    .map((row) => JSON.parse(row) as AnsweredLine);
}

export function writeLines(command: string, lines: readonly AnsweredLine[]): void {
  writeFileSync(linesFile(command), lines.map((each) => `${JSON.stringify(each)}\n`).join(""));
}

function linesFile(command: string): string {
  return join(testdata, `${command}.jsonl`);
}

/** Runs command lines in a folder that holds the files of `world.json`: a new one for lines that write. */
export class World {
  readonly #run: Runner;
  readonly #longest: number;
  #folder: string | undefined;

  /** Answers longer than `longest` characters become a hash. */
  constructor(run: Runner, { longest = longestRecorded }: { readonly longest?: number } = {}) {
    this.#run = run;
    this.#longest = longest;
  }

  /** What differs from run to run is masked. `typed` is standard input, where the line names none. */
  async answer(line: string, typed = ""): Promise<Outcome> {
    const parts = splitLine(line);
    this.#folder ??= createFolder();
    const folder = this.#folder;
    let whole: Outcome = { status: 0, out: "", err: "" };
    for (const { words, input } of parts) {
      const stdin = input === undefined ? typed : readFileSync(join(folder, input), "utf8");
      const { status, out, err } = await this.#run(folder, words, stdin);
      whole = { status, out: whole.out + out, err: whole.err + err };
    }
    if (parts.some(({ words }) => isWriting(words))) this.close();
    return { status: whole.status, out: this.#shortened(masked(whole.out, folder)), err: masked(whole.err, folder) };
  }

  #shortened(text: string): string {
    if (text.length <= this.#longest) return text;
    return `${text.length} characters, sha256 ${createHash("sha256").update(text).digest("hex")}`;
  }

  close(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }
}

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-lines-"));
  fillWorld(folder);
  return folder;
}

function isWriting([command = "", ...words]: readonly string[]): boolean {
  return ["build", "sign", "run"].includes(command) || (command === "fmt" && words.includes("-w"));
}

/** Sallyport, in this process. */
export const runSallyport: Runner = (folder, words, stdin) => runIn(folder, words, { stdin });

/** A line that takes longer is ended, and has no status. */
const longestRun = 20_000;

/** A real OPA. */
export function runOpaBinary(file: string): Runner {
  return (cwd, words, stdin) =>
    new Promise((resolve, reject) => {
      const child = spawn(file, words, { cwd, env: { PATH: "", HOME: cwd }, timeout: longestRun });
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      child.stdout.on("data", (chunk: Buffer) => void out.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => void err.push(chunk));
      child.on("error", reject);
      child.on("close", (status) => resolve({ status: status ?? -1, out: textOf(out), err: textOf(err) }));
      // Who reads nothing may have ended before all was written.
      child.stdin.on("error", () => {});
      child.stdin.end(stdin);
    });
}

function textOf(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString("utf8");
}

function fillWorld(folder: string): void {
  const files = JSON.parse(readFileSync(join(testdata, "world.json"), "utf8")) as { readonly [name: string]: string };
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    if (!existsSync(dirname(file))) mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

function splitLine(line: string): readonly { readonly words: readonly string[]; readonly input: string | undefined }[] {
  return line.split(" && ").map((part) => {
    const words = [...part.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? (plain as string));
    const at = words.indexOf("<");
    return at < 0 ? { words, input: undefined } : { words: words.slice(0, at), input: words[at + 1] };
  });
}

const longestRecorded = 3000;

/** Those of one entry of a log, which OPA writes in any order. */
function sortedLines(fields: string): string {
  return fields
    .split(/(?<=\n)/)
    .sort()
    .join("");
}

/** Times, temporary places and the sentences of help are not compared; OPA's log has an entry twice now and then. */
function masked(text: string, folder: string): string {
  const plain = text
    .replaceAll(`/private${folder}`, "DIR")
    .replaceAll(folder, "DIR")
    .replace(/\nUsage:\n[\s\S]*?(?=\nError: |$)/g, "\n")
    .replaceAll("sallyport opa", "opa")
    .replace(/^(OPA \S+) \(commit .*\)$/m, "$1")
    .replace(/^Run 'help' to see a list of commands.*$/m, "Run 'help' to see a list of commands")
    .replace(/^((?:Build (?:Commit|Timestamp|Hostname)|Go Version):).*$/gm, "$1")
    .replace(/\b[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[\da-f]{4}-[\da-f]{12}\b/g, "UUID")
    .replace(/\b\d+(\.\d+)?(ns|µs|ms|s)\b/g, "TIME")
    .replace(/("(?:\d[\d.]*%|max|mean|median|min|stddev)": )[\d.]+/g, "$1N")
    .replace(/("(?:timer_\w+_ns|total_time_ns|duration)": ?)\d+/g, "$1TIME")
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g, "TIMESTAMP")
    .replace(/^(\{"level":"error".*\n)\1+/gm, "$1")
    .replace(/^(\[ERROR\] .*\n)((?: {2}\S.*\n)+)/gm, (_, title: string, fields: string) => title + sortedLines(fields))
    .replace(/^(\[ERROR\] .*\n(?: {2}\S.*\n)+\n)\1+/gm, "$1");
  return /[│|] timer_|TIME +[│|]/.test(plain)
    ? plain
        .replace(/\b\d+(?= +[│|])/g, "N")
        .replace(/ {2,}/g, " ")
        .replace(/[-─]{2,}/g, "--")
    : plain;
}
