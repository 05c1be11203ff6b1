import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { HandlerTraits } from "../bundle/machine.ts";
import type { ContainerRuntime, ProcessExit, ProcessIo, RunningProcess, RunRequest } from "./container-runtime.ts";
import { OciProgram, type StartedProcess } from "./oci-program.ts";
import type { OciProcess, OciSpec } from "./oci-spec.ts";
import { OomLog, type OomMark } from "./oom-log.ts";
import { setSize, type TerminalSize } from "./terminal.ts";

export interface OciRuntimeOptions {
  readonly handler: string;
  readonly version: string;
  readonly limits: readonly string[];
  readonly traits: HandlerTraits;
  /** The program, with what wraps it and its own flags before a subcommand. */
  readonly command: readonly string[];
  /** Absolute, and no symlink. */
  readonly folder: string;
  /** Where the program tells of a container before it runs: whether it does by now. */
  readonly isRunning?: (id: string) => Promise<boolean>;
  /** Processes run on a kernel of the container's own. */
  readonly inner?: {
    /** Before the file for the number of one that `exec` begins. */
    readonly pidFlag: string;
    /** What signals that one. */
    readonly kill: (id: string, pid: number, signal: string) => readonly string[];
  };
}

/** A runtime over a program in the manner of runc. */
export class OciRuntime implements ContainerRuntime {
  readonly handler: string;
  readonly version: string;
  readonly limits: readonly string[];
  readonly traits: HandlerTraits;
  /** The program with its own flags, and what wraps it. */
  readonly command: readonly string[];
  readonly #program: OciProgram;
  readonly #options: OciRuntimeOptions;
  readonly #oom = new OomLog();

  constructor(options: OciRuntimeOptions) {
    const { handler, version, limits, traits, command, folder } = options;
    this.#options = options;
    this.handler = handler;
    this.version = version;
    this.limits = limits;
    this.traits = traits;
    this.command = command;
    this.#program = new OciProgram({ command, folder, handler });
  }

  async run({ id, bundle, io }: RunRequest): Promise<RunningProcess> {
    const mark = await this.#oom.mark();
    const { linux } = JSON.parse(readFileSync(join(bundle, "config.json"), "utf8")) as OciSpec;
    const args = ["run", "--bundle", bundle, id];
    const { isRunning } = this.#options;
    const started = await this.#program.start({
      args,
      io,
      reason: "RunContainerError",
      abandon: () => this.delete(id),
      ...(isRunning === undefined ? {} : { isRunning: () => isRunning(id) }),
    });
    const exited = started.exited.then((exit) => this.#withMemory(exit, linux.cgroupsPath, mark));
    return running(started, exited, (name) => this.kill(id, name));
  }

  async exec(id: string, process: OciProcess, io: ProcessIo): Promise<RunningProcess> {
    const input = { flag: "--process", text: JSON.stringify({ ...process, terminal: io.tty }) };
    const { inner } = this.#options;
    const flag = inner === undefined ? {} : { innerPidFlag: inner.pidFlag };
    const started = await this.#program.start({ args: ["exec", id], io, reason: "ExecError", input, ...flag });
    return running(started, started.exited, async (name) => {
      if (inner === undefined) signalProcess(started.pid, name);
      // One that has ended is no fault, and the program does not tell it from others.
      else await this.#program.call(inner.kill(id, started.innerPid ?? 0, name)).catch(() => {});
    });
  }

  async kill(id: string, signal: string, { all = false }: { readonly all?: boolean } = {}): Promise<void> {
    const args = ["kill", ...(all ? ["--all"] : []), id, signal];
    await this.#program.call(args).catch(async (error: unknown) => {
      if (await this.#isRunning(id)) throw error;
    });
  }

  async delete(id: string): Promise<void> {
    await this.#program.call(["delete", "--force", id]).catch(async (error: unknown) => {
      if ((await this.list()).includes(id)) throw error;
    });
  }

  async list(): Promise<readonly string[]> {
    const text = await this.#program.call(["list", "--quiet"]);
    return text.split("\n").filter((each) => each !== "");
  }

  async #isRunning(id: string): Promise<boolean> {
    const text = await this.#program.call(["state", id]).catch(() => "{}");
    return (JSON.parse(text) as { readonly status?: string }).status === "running";
  }

  async #withMemory(exit: ProcessExit, cgroup: string, mark: OomMark): Promise<ProcessExit> {
    return (await this.#oom.hasKilled(cgroup, mark, exit.code === 137)) ? { ...exit, isOutOfMemory: true } : exit;
  }
}

function running(
  { pid, stdin, stdout, stderr, resize }: StartedProcess,
  exited: Promise<ProcessExit>,
  signal: (name: string) => Promise<void>,
): RunningProcess {
  return {
    pid,
    stdout,
    ...(stdin === undefined ? {} : { stdin }),
    ...(stderr === undefined ? {} : { stderr }),
    ...(resize === undefined ? {} : { resize: (size) => resizeBoth(size, resize, pid) }),
    exited,
    signal,
  };
}

/** crun copies no size from its own terminal to the container's: that one is set too, by the process that has it. */
function resizeBoth(size: TerminalSize, resize: (size: TerminalSize) => void, pid: number): void {
  resize(size);
  setSize(`/proc/${pid}/fd/0`, size);
}

function signalProcess(pid: number, name: string): void {
  try {
    process.kill(pid, name as NodeJS.Signals);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
