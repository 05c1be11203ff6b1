import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { HandlerTraits } from "../bundle/machine.ts";
import type { ContainerRuntime, ProcessExit, ProcessIo, RunningProcess, RunRequest } from "./container-runtime.ts";
import { OciProgram, type StartedProcess } from "./oci-program.ts";
import type { OciProcess, OciSpec } from "./oci-spec.ts";
import { OomLog, type OomMark } from "./oom-log.ts";

export interface OciRuntimeOptions {
  readonly handler: string;
  readonly version: string;
  readonly limits: readonly string[];
  readonly traits: HandlerTraits;
  /** The program, with what wraps it and its own flags before a subcommand. */
  readonly command: readonly string[];
  /** Absolute, and no symlink. */
  readonly folder: string;
}

/** A runtime over a program in the manner of runc. */
export class OciRuntime implements ContainerRuntime {
  readonly handler: string;
  readonly version: string;
  readonly limits: readonly string[];
  readonly traits: HandlerTraits;
  readonly #program: OciProgram;
  readonly #oom = new OomLog();

  constructor({ handler, version, limits, traits, command, folder }: OciRuntimeOptions) {
    this.handler = handler;
    this.version = version;
    this.limits = limits;
    this.traits = traits;
    this.#program = new OciProgram({ command, folder, handler });
  }

  async run({ id, bundle, io }: RunRequest): Promise<RunningProcess> {
    const mark = await this.#oom.mark();
    const { linux } = JSON.parse(await readFile(join(bundle, "config.json"), "utf8")) as OciSpec;
    const args = ["run", "--bundle", bundle, id];
    const started = await this.#program.start({ args, io, reason: "RunContainerError" });
    const exited = started.exited.then((exit) => this.#withMemory(exit, linux.cgroupsPath, mark));
    return running(started, exited, (name) => this.kill(id, name));
  }

  async exec(id: string, process: OciProcess, io: ProcessIo): Promise<RunningProcess> {
    const input = { flag: "--process", text: JSON.stringify({ ...process, terminal: io.tty }) };
    const started = await this.#program.start({ args: ["exec", id], io, reason: "ExecError", input });
    return running(started, started.exited, async (name) => signalProcess(started.pid, name));
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
    ...(resize === undefined ? {} : { resize }),
    exited,
    signal,
  };
}

function signalProcess(pid: number, name: string): void {
  try {
    process.kill(pid, name as NodeJS.Signals);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
