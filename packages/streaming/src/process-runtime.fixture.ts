import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Readable } from "node:stream";
import { StatusError } from "@sallyport/kube";
import type { ContainerIo, ContainerPlace, LogEntry, PodPlace, PodRuntime, TerminalSize } from "./pod-runtime.ts";

/**
 * Runs containers as plain processes of the machine, for tests of streams alone: nothing is isolated. A container's process is begun
 * when it is first asked for.
 */
export class ProcessRuntime implements PodRuntime {
  /** All sizes of terminals that clients told. */
  readonly sizes: TerminalSize[] = [];
  readonly #mains = new Map<string, Main>();

  readonly #commands: { readonly [container: string]: readonly string[] };

  /** The commands of the containers of every pod that it is asked for. */
  constructor(commands: { readonly [container: string]: readonly string[] }) {
    this.#commands = commands;
  }

  readonly runs = (_pod: PodPlace): boolean => true;

  readonly exec = async (place: ContainerPlace, command: readonly string[], io: ContainerIo): Promise<number> => {
    this.#demand(place);
    const [program = "", ...rest] = command;
    if (program === "missing")
      throw new StatusError("InternalError", `exec: "missing": executable file not found in $PATH`);
    const words = io.tty ? ["script", "-qefc", command.map(quoted).join(" "), "/dev/null"] : [program, ...rest];
    const child = spawn(words[0] as string, words.slice(1));
    return this.#joined(child, io);
  };

  readonly attach = async (place: ContainerPlace, io: ContainerIo): Promise<number | undefined> => {
    const main = this.#main(place);
    const left = once(io.signal, "abort").then(() => undefined);
    return Promise.race([this.#joined(main.child, io), left]);
  };

  async *log(
    place: ContainerPlace,
    { follow, previous, signal }: Parameters<PodRuntime["log"]>[1],
  ): AsyncGenerator<LogEntry | "caught up"> {
    if (previous)
      throw new StatusError(
        "BadRequest",
        `previous terminated container "${place.container}" in pod "${place.pod.name}" not found`,
      );
    const main = this.#main(place);
    let told = 0;
    for (; told < main.entries.length; told++) yield main.entries[told] as LogEntry;
    yield "caught up" as const;
    while (follow && !signal.aborted) {
      for (; told < main.entries.length; told++) yield main.entries[told] as LogEntry;
      if (main.child.exitCode !== null) return;
      await Promise.race([main.changed(), once(signal, "abort")]);
    }
  }

  readonly connect = async (_pod: PodPlace, port: number): Promise<Socket> => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    await once(socket, "connect");
    return socket;
  };

  /** Ends what still runs. */
  stop(): void {
    for (const { child } of this.#mains.values()) child.kill("SIGKILL");
  }

  async #joined(child: ChildProcess, io: ContainerIo): Promise<number> {
    io.onResize((size) => this.sizes.push(size));
    io.signal.addEventListener("abort", () => child.kill());
    if (io.stdin !== undefined && child.stdin !== null) io.stdin.pipe(child.stdin).on("error", () => {});
    const copied = [
      [child.stdout, io.stdout],
      [child.stderr, io.tty ? io.stdout : io.stderr],
    ].map(async ([from, to]) => {
      for await (const chunk of (from ?? []) as Readable) to && (to as NodeJS.WritableStream).write(chunk as Buffer);
    });
    const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
    await Promise.all(copied);
    return code ?? (signal === "SIGKILL" ? 137 : 143);
  }

  #demand({ container }: ContainerPlace): readonly string[] {
    const command = this.#commands[container];
    if (command === undefined) throw new StatusError("NotFound", `container not found (${JSON.stringify(container)})`);
    return command;
  }

  #main(place: ContainerPlace): Main {
    const { pod, container } = place;
    const key = `${pod.namespace}/${pod.name}/${container}`;
    const known = this.#mains.get(key);
    if (known !== undefined) return known;
    const made = new Main(this.#demand(place));
    this.#mains.set(key, made);
    return made;
  }
}

/** The process of a container, and what it wrote. */
class Main {
  readonly child: ChildProcess;
  readonly entries: LogEntry[] = [];
  #wake: () => void = () => {};

  constructor([program = "", ...rest]: readonly string[]) {
    this.child = spawn(program, rest);
    for (const stream of ["stdout", "stderr"] as const)
      this.child[stream]?.on("data", (chunk: Buffer) => {
        for (const line of chunk.toString("utf8").split(/(?<=\n)/))
          this.entries.push({ time: Date.now(), stream, text: Buffer.from(line) });
        this.#wake();
      });
    this.child.once("close", () => this.#wake());
  }

  /** Resolves when more was written, or nothing will be. */
  changed(): Promise<void> {
    return new Promise((done) => {
      this.#wake = done;
    });
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
