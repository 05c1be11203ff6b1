import { once } from "node:events";
import { connect } from "node:net";
import type { Duplex, Readable, Writable } from "node:stream";
import { StatusError } from "@sallyport/kube";
import type { ContainerIo, ContainerPlace, KubeletPage, LogEntry, PodPlace, PodRuntime } from "@sallyport/streaming";
import { type RunningProcess, RuntimeFault } from "../runtime/container-runtime.ts";
import type { ContainerRun } from "./container-run.ts";
import type { ContainerWorker } from "./container-worker.ts";
import type { PodWorker } from "./pod-worker.ts";
import { readLog } from "./read-log.ts";

export interface PodStreamsOptions {
  readonly worker: (pod: PodPlace) => PodWorker | undefined;
  readonly logFolder: (worker: PodWorker, container: string) => string;
  /** A connection from within a pod's network namespace, for what listens on its loopback alone. */
  readonly dialInside: (worker: PodWorker, port: number) => Promise<Duplex>;
  readonly page: (path: string) => Promise<KubeletPage | undefined>;
}

/** Clients' streams into the pods of this node: what stands behind a kubelet's doors. */
export class PodStreams implements PodRuntime {
  readonly #options: PodStreamsOptions;

  constructor(options: PodStreamsOptions) {
    this.#options = options;
  }

  readonly page = (path: string): Promise<KubeletPage | undefined> => this.#options.page(path);

  readonly runs = (pod: PodPlace): boolean => this.#options.worker(pod) !== undefined;

  readonly exec = async (place: ContainerPlace, command: readonly string[], io: ContainerIo): Promise<number> => {
    const worker = this.#container(place);
    const run = this.#running(worker, place);
    const spec = run.prepared.process;
    const process = { ...spec, args: command, terminal: io.tty, env: io.tty ? withTerm(spec.env) : spec.env };
    try {
      const running = await run.begin(process, { stdin: io.stdin !== undefined, tty: io.tty });
      io.signal.addEventListener("abort", () => void running.signal("HUP").catch(() => {}), { once: true });
      return await joined(running, io);
    } catch (error) {
      if (error instanceof RuntimeFault) throw new StatusError("InternalError", error.message);
      throw error;
    }
  };

  readonly attach = async (place: ContainerPlace, io: ContainerIo): Promise<number | undefined> => {
    const worker = this.#container(place);
    const run = this.#running(worker, place);
    const process = run.process as RunningProcess;
    if (io.stdin !== undefined) attachInput(io.stdin, process, worker.container.stdinOnce === true);
    io.onResize((size) => process.resize?.(size));
    const write = (name: "stdout" | "stderr", chunk: Buffer) =>
      void (name === "stderr" && !io.tty ? io.stderr : io.stdout)?.write(chunk);
    run.log.on("data", write);
    try {
      const left = once(io.signal, "abort").then(() => undefined);
      return await Promise.race([run.ended.then(({ code }) => code), left]);
    } finally {
      run.log.off("data", write);
    }
  };

  readonly log = (
    place: ContainerPlace,
    {
      previous,
      follow,
      signal,
    }: { readonly previous: boolean; readonly follow: boolean; readonly signal: AbortSignal },
  ): AsyncIterable<LogEntry | "caught up"> => {
    const worker = this.#container(place);
    const { pod, container } = place;
    const pods = this.#options.worker(pod) as PodWorker;
    const newest = worker.attempt;
    const attempt = newest === undefined || !previous ? newest : newest - 1;
    if (attempt === undefined) {
      const { waiting } = worker.status.state;
      const why =
        waiting === undefined ? "is not available" : `is waiting to start: ${waiting.message ?? waiting.reason}`;
      throw new StatusError(
        "BadRequest",
        `container ${JSON.stringify(container)} in pod ${JSON.stringify(pod.name)} ${why}`,
      );
    }
    if (attempt < 0)
      throw new StatusError(
        "BadRequest",
        `previous terminated container ${JSON.stringify(container)} in pod ${JSON.stringify(pod.name)} not found`,
      );
    const run = worker.lastRun as ContainerRun;
    const live = follow && !previous ? { log: run.log, ended: () => run.hasEnded } : undefined;
    return readLog(this.#options.logFolder(pods, container), attempt, live, signal);
  };

  readonly connect = async (pod: PodPlace, port: number): Promise<Duplex> => {
    const worker = this.#options.worker(pod) as PodWorker;
    if (!worker.hasSandbox) throw new Error(`pod ${pod.name} is not running`);
    const socket = connect({ host: worker.podIP, port, allowHalfOpen: true });
    try {
      await once(socket, "connect");
      return socket;
    } catch {
      socket.destroy();
      return this.#options.dialInside(worker, port);
    }
  };

  #container({ pod, container }: ContainerPlace): ContainerWorker {
    const worker = this.#options.worker(pod);
    const [first] = worker?.pod.spec.containers ?? [];
    const name = container === "" ? (first?.name ?? "") : container;
    const found = worker?.container(name);
    if (found === undefined)
      throw new StatusError(
        "NotFound",
        `container ${JSON.stringify(name)} not found in pod ${JSON.stringify(pod.name)}`,
      );
    return found;
  }

  #running(worker: ContainerWorker, { pod }: ContainerPlace): ContainerRun {
    if (worker.run === undefined)
      throw new StatusError(
        "InternalError",
        `container not found (${JSON.stringify(worker.container.name)}): it is not running in pod ${JSON.stringify(pod.name)}`,
      );
    return worker.run;
  }
}

/** A terminal that nobody has named is one of xterm's kind. */
function withTerm(env: readonly string[]): readonly string[] {
  return env.some((each) => each.startsWith("TERM=")) ? env : [...env, "TERM=xterm"];
}

/** A client's streams and a process' of its own; resolves with its exit code. */
async function joined(running: RunningProcess, io: ContainerIo): Promise<number> {
  io.onResize((size) => running.resize?.(size));
  if (io.stdin !== undefined && running.stdin !== undefined) {
    running.stdin.on("error", () => {});
    io.stdin.pipe(running.stdin);
  }
  const copied = [
    copy(running.stdout, io.stdout),
    ...(running.stderr === undefined ? [] : [copy(running.stderr, io.stderr)]),
  ];
  const { code } = await running.exited;
  await Promise.all(copied);
  return code;
}

/** As fast as the client takes it; without one, nothing is kept. */
async function copy(from: Readable, to: Writable | undefined): Promise<void> {
  for await (const chunk of from as AsyncIterable<Buffer>)
    if (to?.writable === true && !to.write(chunk)) await Promise.race([once(to, "drain"), once(to, "close")]);
}

/** What a client sends goes to the container's own process; its end does too where the container wants one client's input alone. */
function attachInput(from: Readable, { stdin }: RunningProcess, isOnce: boolean): void {
  if (stdin === undefined) return;
  from.on("data", (chunk: Buffer) => {
    if (!stdin.write(chunk)) {
      from.pause();
      stdin.once("drain", () => from.resume());
    }
  });
  if (isOnce) from.once("end", () => stdin.end());
}
