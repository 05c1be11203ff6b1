import { PassThrough } from "node:stream";
import type { ContainerRuntime, ProcessExit, RunningProcess, RuntimeFault } from "../runtime/container-runtime.ts";
import type { KubeletClock, PreparedContainer, WaitingFault } from "./context.ts";
import type { KubeletContainer, Pod, PodStatus } from "./pod.ts";
import { PodWorker } from "./pod-worker.ts";

/** Time that moves when a test says so. */
export class ManualClock implements KubeletClock {
  #now = Date.parse("2026-01-02T03:04:05Z");
  readonly #sleeps = new Set<{ readonly until: number; readonly wake: () => void }>();

  readonly now = () => this.#now;

  readonly sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (ms <= 0 || signal.aborted) return resolve();
      const wake = () => {
        this.#sleeps.delete(sleep);
        resolve();
      };
      const sleep = { until: this.#now + ms, wake };
      this.#sleeps.add(sleep);
      signal.addEventListener("abort", sleep.wake, { once: true });
    });

  /** Moves on, second by second, and lets what wakes do its work. */
  async advance(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.#now += 1000;
      for (const { until, wake } of [...this.#sleeps]) if (until <= this.#now) wake();
      await settled();
    }
  }
}

/** Lets promises and streams that are ready go on. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 12; i++) await new Promise((done) => setImmediate(done));
}

/** One process of a container that a test ends. */
export interface PlayedProcess {
  readonly id: string;
  readonly end: (code: number, more?: Partial<ProcessExit>) => void;
  readonly signals: string[];
  readonly stdout: PassThrough;
}

/** A node on which a test decides what containers and images do. */
export class PodWorld {
  readonly clock = new ManualClock();
  readonly events: string[] = [];
  readonly statuses: PodStatus[] = [];
  readonly processes: PlayedProcess[] = [];
  readonly commands: string[][] = [];
  /** Whose processes each container was to share. */
  readonly targets: (number | undefined)[] = [];
  forgotten = 0;
  removed = 0;
  /** What asking for an image, a bundle, a sandbox or a start comes to, while it is set. */
  faults: { image?: WaitingFault; bundle?: WaitingFault; sandbox?: WaitingFault; start?: RuntimeFault } = {};
  /** What making a sandbox, fetching an image, preparing a bundle or beginning a process waits for, while it is set. */
  gates: { image?: Promise<void>; bundle?: Promise<void>; sandbox?: Promise<void>; start?: Promise<void> } = {};
  /** Bundles that were prepared and not yet discarded. */
  bundles = 0;
  /** Containers that do not end when they are asked to. */
  deaf = new Set<string>();
  /** What commands in containers end with. */
  commandCode = 0;

  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  start(pod: Pod): PodWorker {
    return new PodWorker(pod, {
      clock: this.clock,
      hostIP: "192.0.2.1",
      tell: (_pod, type, reason, message, path) => {
        this.events.push([type, reason, message, path ?? ""].join(" | "));
      },
      makeSandbox: async () => {
        await this.gates.sandbox;
        if (this.faults.sandbox !== undefined) throw this.faults.sandbox;
        return {
          runtime: this.#runtime,
          podIP: "10.244.0.2",
          ensureImage: async () => {
            await this.gates.image;
            if (this.faults.image !== undefined) throw this.faults.image;
          },
          prepare: async (container, attempt, target) => {
            this.targets.push(target);
            await this.gates.bundle;
            const prepared = this.#prepare(container, attempt);
            this.bundles++;
            return prepared;
          },
          discard: async () => void this.bundles--,
          remove: async () => void this.removed++,
        };
      },
      writeStatus: async (_pod, status) => void this.statuses.push(status),
      forget: async () => void this.forgotten++,
      logFolder: (_pod, container) => `${this.folder}/${container}`,
      refusal: () => undefined,
    });
  }

  /** Resolves when it holds: files are read in between. Rejects after a while. */
  async until(holds: (world: PodWorld) => boolean): Promise<void> {
    for (let tries = 0; !holds(this); tries++) {
      if (tries > 2000) throw new Error(`never came to be: ${holds}`);
      await new Promise((done) => setTimeout(done, 2));
    }
    await settled();
  }

  /** How a container is now: `running`, or why it waits or has ended. */
  state(name = "c"): string {
    const { status } = this;
    const all = [status.initContainerStatuses, status.containerStatuses, status.ephemeralContainerStatuses].flat();
    const state = all.find((each) => each?.name === name)?.state;
    return state?.running === undefined ? (state?.terminated?.reason ?? state?.waiting?.reason ?? "") : "running";
  }

  get status(): PodStatus {
    return this.statuses.at(-1) ?? {};
  }

  /** The newest process of a container. */
  process(name: string): PlayedProcess {
    const found = this.processes.findLast(({ id }) => id.startsWith(`${name}-`));
    if (found === undefined) throw new Error(`${name} has not begun`);
    return found;
  }

  #prepare(container: KubeletContainer, attempt: number): PreparedContainer {
    if (this.faults.bundle !== undefined) throw this.faults.bundle;
    return {
      id: `${container.name}-${attempt}`,
      bundle: "/nowhere",
      process: {} as never,
      image: container.image,
      imageID: "sha256:1",
      config: {},
      terminationLog: `${this.folder}/absent`,
    };
  }

  readonly #runtime: ContainerRuntime = {
    handler: "played",
    version: "1",
    limits: [],
    traits: { pidsFloor: 0, hasOwnKernel: false, unknownCapabilities: [] },
    run: async ({ id }) => {
      await this.gates.start;
      if (this.faults.start !== undefined) throw this.faults.start;
      return this.#begin(id);
    },
    exec: async (_id, { args }) => {
      this.commands.push([...args]);
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      stdout.end();
      stderr.end("no\n");
      const exited = Promise.resolve({ code: this.commandCode });
      return { pid: 1, stdout, stderr, exited, signal: async () => {} };
    },
    kill: async (id, signal) => {
      const process = this.processes.findLast((each) => each.id === id);
      process?.signals.push(signal);
      const name = id.replace(/-\d+$/, "");
      if (signal === "SIGKILL") process?.end(137);
      else if (!this.deaf.has(name)) process?.end(143);
    },
    delete: async () => {},
    list: async () => [],
  };

  #begin(id: string): RunningProcess {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const { promise, resolve } = Promise.withResolvers<ProcessExit>();
    const end = (code: number, more: Partial<ProcessExit> = {}) => {
      stdout.end();
      stderr.end();
      resolve({ code, ...more });
    };
    const signals: string[] = [];
    this.processes.push({ id, end, signals, stdout });
    return { pid: 1, stdout, stderr, exited: promise, signal: async () => {} };
  }
}

export function podOf(spec: object, metadata: object = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "a", uid: "u", generation: 1, ...metadata },
    spec: { containers: [{ name: "c", image: "i" }], ...spec },
  };
}

export function deleted(pod: Pod, seconds: number): Pod {
  const metadata = { ...pod.metadata, deletionTimestamp: "2026-01-02T03:05:00Z", deletionGracePeriodSeconds: seconds };
  return { ...pod, metadata };
}
