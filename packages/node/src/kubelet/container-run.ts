import type { ProcessExit, ProcessIo, RunningProcess, RuntimeFault } from "../runtime/container-runtime.ts";
import type { OciProcess } from "../runtime/oci-spec.ts";
import { type Answer, ask } from "./ask.ts";
import { ContainerLog } from "./container-log.ts";
import type { PodContext, PreparedContainer } from "./context.ts";
import type { Handler, KubeletContainer, Probe } from "./pod.ts";
import { runProbe } from "./probe-worker.ts";

/** After it, a container that does not end is killed. core/v1's default is the API server's. */
const defaultGraceSeconds = 30;
/** A container that was killed is gone by then, or its runtime hangs. */
const killedMs = 10_000;

export interface RunEvents {
  /** `ready` or `started` has changed. */
  readonly onChange: () => void;
  /** A probe or a hook has it that the container must begin anew. */
  readonly onUnhealthy: (message: string, graceSeconds: number | undefined) => void;
}

/** One life of a container: its process, its probes and hooks, until it ends. */
export class ContainerRun {
  readonly prepared: PreparedContainer;
  readonly log: ContainerLog;
  readonly startedAt: number;
  readonly #container: KubeletContainer;
  readonly #context: PodContext;
  readonly #events: RunEvents;
  readonly #begun = Promise.withResolvers<void>();
  readonly #ended = new AbortController();
  #process: RunningProcess | undefined;
  #isReady: boolean;
  #isStarted: boolean;
  #stopped: Promise<void> | undefined;
  #written: Promise<unknown> = Promise.resolve();
  #resolveExit: (exit: ProcessExit) => void = () => {};
  readonly #exit = new Promise<ProcessExit>((resolve) => {
    this.#resolveExit = resolve;
  });

  constructor(
    container: KubeletContainer,
    attempt: number,
    prepared: PreparedContainer,
    context: PodContext,
    events: RunEvents,
  ) {
    this.#container = container;
    this.prepared = prepared;
    this.#context = context;
    this.#events = events;
    this.startedAt = context.clock.now();
    this.log = new ContainerLog(context.logFolder(container.name), attempt, context.clock.now);
    this.#isStarted = container.startupProbe === undefined && container.lifecycle?.postStart === undefined;
    this.#isReady = this.#isStarted && container.readinessProbe === undefined;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  get hasEnded(): boolean {
    return this.#ended.signal.aborted;
  }

  get process(): RunningProcess | undefined {
    return this.hasEnded ? undefined : this.#process;
  }

  /** Begins its process. Rejects with a RuntimeFault. */
  async start(): Promise<void> {
    const runtime = this.#context.runtime();
    const { id, bundle } = this.prepared;
    const { stdin = false, tty = false } = this.#container;
    try {
      this.#process = await runtime.run({ id, bundle, io: { stdin, tty } });
    } catch (error) {
      this.#ended.abort();
      throw error;
    } finally {
      this.#begun.resolve();
    }
    const { stdout, stderr } = this.#process;
    const streams = [
      this.log.take("stdout", stdout),
      ...(stderr === undefined ? [] : [this.log.take("stderr", stderr)]),
    ];
    this.#written = Promise.all(streams).catch(() => {});
  }

  /** After `start`: runs hook and probes; resolves with how the container ended. */
  async untilEnd(): Promise<ProcessExit> {
    const process = this.#process as RunningProcess;
    void this.#accompany();
    const exit = await process.exited;
    this.#ended.abort();
    this.#resolveExit(exit);
    await this.#written;
    await this.log.close();
    return exit;
  }

  /** How it ended, whenever that will be. */
  get ended(): Promise<ProcessExit> {
    return this.#exit;
  }

  /** Begins another process in the container. Rejects with a RuntimeFault. */
  begin(process: OciProcess, io: ProcessIo): Promise<RunningProcess> {
    return this.#context.runtime().exec(this.prepared.id, process, io);
  }

  /** Runs a command beside the container's process, and answers what it printed. */
  async exec(command: readonly string[], signal: AbortSignal): Promise<Answer> {
    try {
      const process = { ...this.prepared.process, args: command, terminal: false };
      const running = await this.begin(process, { stdin: false, tty: false });
      signal.addEventListener("abort", () => void running.signal("KILL").catch(() => {}), { once: true });
      const output = textOf(running);
      const { code } = await running.exited;
      return { isOk: code === 0, output: await output };
    } catch (error) {
      return { isOk: false, output: (error as RuntimeFault).message };
    }
  }

  /** Hook, signal, and after the grace period the end of it. The same promise when it is asked twice; a shorter grace counts. */
  stop(graceSeconds = defaultGraceSeconds): Promise<void> {
    const { clock } = this.#context;
    const deadline = clock.sleep(graceSeconds * 1000, this.#ended.signal).then(() => this.#kill());
    this.#stopped ??= this.#askToStop();
    return Promise.race([this.#stopped.then(() => this.#untilEnded()), deadline]);
  }

  #untilEnded(): Promise<void> {
    if (this.hasEnded) return Promise.resolve();
    return new Promise((done) => this.#ended.signal.addEventListener("abort", () => done(), { once: true }));
  }

  async #askToStop(): Promise<void> {
    const { lifecycle } = this.#container;
    // Before, there is nobody to ask.
    await this.#begun.promise;
    if (this.hasEnded) return;
    if (lifecycle?.preStop !== undefined) {
      const { isOk } = await this.#ask(lifecycle.preStop, undefined);
      // What it printed may be secret.
      if (!isOk) this.#tell("Warning", "FailedPreStopHook", "PreStopHook failed");
    }
    if (this.hasEnded) return;
    const signal = lifecycle?.stopSignal ?? this.prepared.config.StopSignal ?? "SIGTERM";
    await this.#context
      .runtime()
      .kill(this.prepared.id, signal)
      .catch(() => {});
  }

  async #kill(): Promise<void> {
    if (this.hasEnded) return;
    await this.#context
      .runtime()
      .kill(this.prepared.id, "SIGKILL", { all: true })
      .catch(() => {});
    await Promise.race([this.#untilEnded(), this.#context.clock.sleep(killedMs, this.#ended.signal)]);
    if (!this.hasEnded)
      await this.#context
        .runtime()
        .delete(this.prepared.id)
        .catch(() => {});
  }

  /** The hook first; then the startup probe; then the others. */
  async #accompany(): Promise<void> {
    const { lifecycle, startupProbe, livenessProbe, readinessProbe, name } = this.#container;
    const { signal } = this.#ended;
    if (lifecycle?.postStart !== undefined) {
      const { isOk } = await this.#ask(lifecycle.postStart, undefined);
      if (signal.aborted) return;
      if (!isOk) {
        this.#tell("Warning", "FailedPostStartHook", "PostStartHook failed");
        this.#events.onUnhealthy("FailedPostStartHook", undefined);
        return;
      }
    }
    if (startupProbe !== undefined && !(await this.#startup(startupProbe))) return;
    if (signal.aborted) return;
    this.#isStarted = true;
    this.#isReady = readinessProbe === undefined;
    this.#events.onChange();
    if (readinessProbe !== undefined)
      void this.#probe("Readiness", readinessProbe, (isOk) => {
        this.#isReady = isOk;
        this.#events.onChange();
      });
    if (livenessProbe !== undefined)
      void this.#probe("Liveness", livenessProbe, (isOk) => {
        const message = `Container ${name} failed liveness probe, will be restarted`;
        if (!isOk) this.#events.onUnhealthy(message, livenessProbe.terminationGracePeriodSeconds);
      });
  }

  async #startup(probe: Probe): Promise<boolean> {
    let hasStarted = false;
    await this.#probe("Startup", probe, (isOk) => {
      hasStarted = isOk;
      const message = `Container ${this.#container.name} failed startup probe, will be restarted`;
      if (!isOk) this.#events.onUnhealthy(message, probe.terminationGracePeriodSeconds);
    });
    return hasStarted;
  }

  #probe(kind: string, probe: Probe, onResult: (isOk: boolean) => void): Promise<void> {
    const { clock } = this.#context;
    return runProbe(
      {
        probe,
        clock,
        ask: (seconds) => this.#ask(probe, seconds),
        onFault: (output) => this.#tell("Warning", "Unhealthy", `${kind} probe failed: ${output}`),
        onResult,
        isOnce: kind === "Startup",
      },
      this.#ended.signal,
    );
  }

  #ask(handler: Handler, seconds: number | undefined): Promise<Answer> {
    const place = {
      container: this.#container,
      ip: this.#context.ip(),
      exec: (command: readonly string[], signal: AbortSignal) => this.exec(command, signal),
    };
    return ask(handler, place, seconds);
  }

  #tell(type: "Normal" | "Warning", reason: string, message: string): void {
    const { pod, tell } = this.#context;
    tell(pod(), type, reason, message, `spec.containers{${this.#container.name}}`);
  }
}

/** More of what a probe prints nobody reads. */
const maxOutput = 10 * 1024;

async function textOf({ stdout, stderr }: RunningProcess): Promise<string> {
  let text = "";
  const take = (chunk: Buffer) => {
    if (text.length < maxOutput) text += chunk.toString("utf8");
  };
  const streams = stderr === undefined ? [stdout] : [stdout, stderr];
  await Promise.all(
    streams.map(
      (stream) =>
        new Promise<void>((done) => {
          stream.on("data", take);
          stream.on("close", () => done());
          stream.on("error", () => done());
        }),
    ),
  );
  return text.trimEnd();
}
