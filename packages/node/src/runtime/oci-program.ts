import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { type ProcessExit, type ProcessIo, RuntimeFault } from "./container-runtime.ts";
import { closeEnd, Pipes } from "./pipes.ts";
import { loggedFault, oneLine } from "./program-log.ts";
import { openTerminal, type TerminalSize } from "./terminal.ts";
import { withUsualCoreDumps } from "./usual-core-dumps.ts";

export interface ProgramOptions {
  /** The program with what goes before its subcommand, and what wraps it. */
  readonly command: readonly string[];
  /** Its own: states, pipes, and files of calls that run. */
  readonly folder: string;
  readonly handler: string;
  /** How long a call may take that does not wait for a container, and a container to start. */
  readonly seconds?: { readonly call: number; readonly start: number };
}

/** A process of a container that runs, and the child of ours that waits for it. */
export interface StartedProcess {
  readonly pid: number;
  /** On the container's own kernel, where `innerPidFlag` was given. */
  readonly innerPid: number | undefined;
  readonly stdin: Writable | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable | undefined;
  readonly resize: ((size: TerminalSize) => void) | undefined;
  readonly exited: Promise<ProcessExit>;
}

export interface StartRequest {
  readonly args: readonly string[];
  readonly io: ProcessIo;
  /** Of the fault, when it does not start. */
  readonly reason: string;
  /** Where the file with the process' number comes before the process runs: whether it does by now. */
  readonly isRunning?: () => Promise<boolean>;
  /** What is to be done when the program was killed: it may have left the process behind. */
  readonly abandon?: () => Promise<void>;
  /** Before the file for its number on a kernel of the container's own. */
  readonly innerPidFlag?: string;
  /** A file that the program reads, with its flag. */
  readonly input?: { readonly flag: string; readonly text: string };
}

/**
 * No runtime takes so long for a call, also on a machine that does much else; gVisor's kernel starts in half a second, and needs more under
 * load.
 */
const usualSeconds = { call: 20, start: 60 };
/** What a program that has ended still says comes at once; others may hold the pipe. */
const lastWordsMs = 500;
/** Between looks for the file that tells that a process runs, in milliseconds. */
const pidInterval = 3;

/** One program in the manner of runc. Every call ends within a bounded time: what hangs is killed with its children. */
export class OciProgram {
  readonly #options: ProgramOptions;
  readonly #pipes: Pipes;
  readonly #seconds: { readonly call: number; readonly start: number };

  constructor(options: ProgramOptions) {
    this.#options = options;
    this.#seconds = options.seconds ?? usualSeconds;
    this.#pipes = new Pipes(join(options.folder, "pipes"));
  }

  /** Runs a subcommand that ends by itself, and answers what it prints. */
  async call(args: readonly string[]): Promise<string> {
    return this.#inFolder(async (folder) => {
      const log = join(folder, "log");
      const child = this.#spawn(log, args, ["ignore", "pipe", "pipe"]);
      const [out, err] = [collected(child, "stdout"), collected(child, "stderr")];
      const { code, hung } = await ended(child, this.#seconds.call);
      if (code === 0) return out();
      throw new RuntimeFault(
        "RuntimeError",
        hung
          ? `${this.#options.handler} ${args[0]}: no end after ${this.#seconds.call} s`
          : `${this.#options.handler} ${args[0]}: ${(await loggedFault(log)) ?? oneLine(err() || `status ${code}`)}`,
      );
    });
  }

  /** Runs a subcommand that stays for as long as the process it starts: resolves once that one runs. */
  async start(request: StartRequest): Promise<StartedProcess> {
    const folder = this.#makeFolder();
    const remove = () => rm(folder, { recursive: true, force: true });
    try {
      const started = await this.#started(folder, request);
      started.exited.then(remove, remove);
      return started;
    } catch (error) {
      await remove();
      throw error;
    }
  }

  async #started(folder: string, request: StartRequest): Promise<StartedProcess> {
    const { args, io, reason, input, isRunning, innerPidFlag, abandon } = request;
    const [log, pidFile, innerFile] = [join(folder, "log"), join(folder, "pid"), join(folder, "inner-pid")];
    if (input !== undefined) writeFileSync(join(folder, "input"), input.text, { mode: 0o600 });
    const given = input === undefined ? [] : [input.flag, join(folder, "input")];
    const inner = innerPidFlag === undefined ? [] : [innerPidFlag, innerFile];
    const line = [args[0] as string, "--pid-file", pidFile, ...inner, ...given, ...args.slice(1)];
    const { child, ...streams } = io.tty
      ? openTerminal(this.#line(log, line), io)
      : await this.#withPipes(log, line, io);
    const exited = exitOf(child);
    const hasStarted = async () => readPid(pidFile) !== undefined && (isRunning === undefined || isRunning());
    await Promise.race([waitFor(hasStarted, child, this.#seconds.start), exited]);
    const pid = readPid(pidFile);
    // One that has ended may have run, but not where the program tells of an error.
    if (pid === undefined || hasEnded(child)) {
      const fault = await this.#whyNot(child, { log, hasRun: pid !== undefined, stderr: streams.stderr });
      if (fault !== undefined) {
        for (const each of [streams.stdin, streams.stdout, streams.stderr]) each?.destroy();
        if (child.signalCode !== null) await abandon?.();
        throw new RuntimeFault(reason, fault);
      }
    }
    return { pid: pid as number, innerPid: readPid(innerFile), ...streams, exited };
  }

  /** Takes away what no call uses. */
  async close(): Promise<void> {
    await this.#pipes.remove();
  }

  #line(log: string, args: readonly string[]): readonly string[] {
    return [...this.#options.command, "--log", log, "--log-format", "json", ...args];
  }

  #spawn(log: string, args: readonly string[], stdio: readonly ("ignore" | "pipe" | number)[]): ChildProcess {
    const [program = "", ...rest] = this.#line(log, args);
    // Away from our own terminal, whose interrupts would reach containers. A session costs a busy machine's scheduler some 30 ms: what
    // lasts for a moment has none.
    return withUsualCoreDumps(() => spawn(program, rest, { stdio: [...stdio], detached: args[0] === "run" }));
  }

  async #withPipes(log: string, args: readonly string[], io: ProcessIo) {
    const stdin = io.stdin ? await this.#pipes.input() : undefined;
    const [stdout, stderr] = [await this.#pipes.output(), await this.#pipes.output()];
    const child = this.#spawn(log, args, [stdin?.child ?? "ignore", stdout.child, stderr.child]);
    for (const each of [stdin, stdout, stderr]) if (each !== undefined) closeEnd(each.child);
    return { child, stdin: stdin?.own, stdout: stdout.own, stderr: stderr.own, resize: undefined };
  }

  async #whyNot(
    child: ChildProcess,
    { log, hasRun, stderr }: { readonly log: string; readonly hasRun: boolean; readonly stderr: Readable | undefined },
  ): Promise<string | undefined> {
    const { handler } = this.#options;
    const told = await loggedFault(log);
    if (told !== undefined || hasRun) return told;
    if (child.signalCode === "SIGKILL")
      return `${handler}: the container did not start within ${this.#seconds.start} s`;
    const said = stderr === undefined ? "" : oneLine(await Promise.race([text(stderr), delay(lastWordsMs, "")]));
    return said === "" ? `${handler} ended with status ${child.exitCode} before the container ran` : said;
  }

  // These are quicker than the way to another thread and back, on a machine that is busy above all.
  #makeFolder(): string {
    const calls = join(this.#options.folder, "calls");
    mkdirSync(calls, { recursive: true, mode: 0o700 });
    return mkdtempSync(join(calls, "call-"));
  }

  async #inFolder<Value>(use: (folder: string) => Promise<Value>): Promise<Value> {
    const folder = this.#makeFolder();
    try {
      return await use(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Until the child's process runs, or the child ends; a child that lets us wait for too long is killed. */
async function waitFor(hasStarted: () => Promise<boolean>, child: ChildProcess, seconds: number): Promise<void> {
  const until = Date.now() + seconds * 1000;
  while (!hasEnded(child)) {
    if (await hasStarted()) return;
    if (Date.now() > until) killTree(child.pid);
    await delay(pidInterval);
  }
}

function readPid(file: string): number | undefined {
  if (!existsSync(file)) return undefined;
  const pid = Number.parseInt(readFileSync(file, "utf8"), 10);
  return pid > 0 ? pid : undefined;
}

/** With all that it started. */
function killTree(pid: number | undefined): void {
  if (pid === undefined) return;
  const list = `/proc/${pid}/task/${pid}/children`;
  const children = existsSync(list) ? readFileSync(list, "utf8").trim() : "";
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
  for (const each of children.split(" ")) if (each !== "") killTree(Number(each));
}

/** Waits for the end, and kills what does not come to it. */
function ended(child: ChildProcess, seconds: number): Promise<{ readonly code: number; readonly hung: boolean }> {
  return new Promise((resolve, reject) => {
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      killTree(child.pid);
    }, seconds * 1000);
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(new RuntimeFault("RuntimeError", spawnFault(error)));
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, hung });
    });
  });
}

function spawnFault(error: Error): string {
  const { code, path } = error as NodeJS.ErrnoException;
  return code === "ENOENT" ? `${path}: not installed on this machine` : error.message;
}

/** A runtime ends as its container does: by 128 and a signal's number where that was killed. */
function exitOf(child: ChildProcess): Promise<ProcessExit> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new RuntimeFault("RuntimeError", spawnFault(error))));
    child.once("exit", (code) => resolve({ code: code ?? 137 }));
  });
}

/** More than any call of ours prints. */
const maxOutput = 4 * 1024 * 1024;

function collected(child: ChildProcess, name: "stdout" | "stderr"): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  child[name]?.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxOutput) chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString("utf8");
}
