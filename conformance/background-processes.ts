import { type ChildProcess, spawn } from "node:child_process";

/** What a process has left; `status` is 1 where a signal has ended it. */
export interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** A process that was asked to end has so long; the slowest flush what they hold. */
const endMs = 30_000;

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has told on its error stream. */
  readonly said: () => string;
}

/** Processes that run beside a script, by the names that it gives them: testscript's `&name&`, `kill` and `wait`. */
export class BackgroundProcesses {
  readonly #running = new Map<string, Running>();

  /** Starts one. Throws for a name that runs already. */
  start(name: string, [file = "", ...args]: readonly string[], cwd: string, env: NodeJS.ProcessEnv): void {
    if (this.#running.has(name)) throw new Error(`background process ${name} runs already`);
    const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => void (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => void (err += text));
    const ended = new Promise<Ended>((resolve) => {
      child.once("error", ({ message }) => resolve({ status: 1, out, err: `${err}${message}` }));
      child.once("close", (code) => resolve({ status: code ?? 1, out, err }));
    });
    this.#running.set(name, { child, ended, said: () => err });
  }

  kill(name: string, signal: NodeJS.Signals): void {
    this.#find(name).child.kill(signal);
  }

  /** Resolves when it has ended. Rejects when it does not in time. */
  async wait(name: string): Promise<Ended> {
    const { ended } = this.#find(name);
    const late = new Promise<undefined>((resolve) => void setTimeout(() => resolve(undefined), endMs).unref());
    const left = await Promise.race([ended, late]);
    if (left === undefined) throw new Error(`background process ${name} has not ended after ${endMs / 1000} s`);
    this.#running.delete(name);
    return left;
  }

  /** What those that are left have told on their error streams. */
  get said(): string {
    return [...this.#running].map(([name, { said }]) => `${name}: ${said()}`).join("");
  }

  /** Ends all that are left. */
  async close(): Promise<void> {
    for (const { child } of this.#running.values()) child.kill("SIGKILL");
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
    this.#running.clear();
  }

  #find(name: string): Running {
    const found = this.#running.get(name);
    if (found === undefined) throw new Error(`no background process ${name}`);
    return found;
  }
}
