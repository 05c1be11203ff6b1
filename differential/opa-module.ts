import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { parseJson } from "@sallyport/rego";
import { buildGo } from "../scripts/build-peer.ts";
import type { Answer } from "./answer.ts";
import type { Peer } from "./peer.ts";
import type { Program } from "./program.ts";

/** A line of the program in `peer-opa/`. None of the fields: the document is undefined. */
interface Line {
  /** Codes of errors, one for each. */
  readonly refused?: readonly string[];
  readonly isCut?: boolean;
  readonly failed?: string;
  /** The error, if it is one. */
  readonly told?: string;
  /** Errors of rules that are asked alone. */
  readonly others?: readonly string[];
  readonly result?: unknown;
  /** Why OPA itself broke, or that it gave no answer in time. */
  readonly broke?: string;
}

interface Asked {
  readonly line: string;
  readonly answer: (answer: Answer | undefined) => void;
}

/** OPA's Go module in a process of its own. */
export class OpaModule implements Peer {
  readonly #file: string;
  /** Not yet answered, in the order in which they were sent. */
  #asked: Asked[] = [];
  #process: ChildProcessByStdio<Writable, Readable, null>;

  private constructor(file: string) {
    this.#file = file;
    this.#process = this.#launch();
  }

  /** `later`: of a version that came after the one whose answers count. */
  static start(version: "peer" | "later" = "peer"): OpaModule | { readonly skipped: string } {
    const modfile = version === "later" ? "later.mod" : "go.mod";
    const built = buildGo(join(import.meta.dirname, "peer-opa"), version, ".", modfile);
    return "skipped" in built ? built : new OpaModule(built.file);
  }

  answers(programs: readonly Program[]): Promise<readonly (Answer | undefined)[]> {
    return Promise.all(programs.map((program) => this.#ask(requestText(program))));
  }

  stop(): void {
    this.#process.removeAllListeners("close");
    this.#process.kill("SIGKILL");
  }

  #ask(line: string): Promise<Answer | undefined> {
    return new Promise((answer) => {
      this.#asked.push({ line, answer });
      this.#process.stdin.write(line);
    });
  }

  #launch(): ChildProcessByStdio<Writable, Readable, null> {
    const child = spawn(this.#file, { stdio: ["pipe", "pipe", "ignore"] });
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (isWhole(line)) this.#asked.shift()?.answer(answerOf(line));
    });
    // What is written while it dies is asked again.
    child.stdin.on("error", () => {});
    child.on("close", () => this.#relaunch());
    return child;
  }

  /** It dies where Go cannot recover, as of a stack without end: of the first program without an answer. */
  #relaunch(): void {
    const [first, ...rest] = this.#asked;
    this.#asked = rest;
    this.#process = this.#launch();
    first?.answer(undefined);
    for (const { line } of rest) this.#process.stdin.write(line);
  }
}

function requestText({ module, library, regoVersion, strict, input, data }: Program): string {
  const modules = [...(library === undefined ? [] : [{ file: "lib", text: library }]), { file: "p", text: module }];
  return `${JSON.stringify({ modules, regoVersion, strict, input, data })}\n`;
}

/** False for what was left of an answer when the process died. */
function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function answerOf(text: string): Answer | undefined {
  const line = JSON.parse(text) as Line;
  if (line.broke !== undefined) return undefined;
  const told = line.told === undefined ? {} : { told: line.told };
  if (line.refused !== undefined)
    return { refused: [...new Set(line.refused)].sort(), ...(line.isCut === true ? { isCut: true } : {}), ...told };
  if (line.failed !== undefined) return { failed: line.failed, others: line.others ?? [], ...told };
  // The text itself: numbers are more exact than JavaScript's.
  const result = /^\{"result":(.*)\}$/.exec(text)?.[1];
  return { result: result === undefined ? undefined : parseJson(result) };
}
