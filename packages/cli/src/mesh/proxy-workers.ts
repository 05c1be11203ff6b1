import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { WatchedSource, WorkloadCertificate } from "@sallyport/mesh/identity";
import { hostPortOf, type MeshProxy, type MeshProxyOptions, readConfig, serveMetrics, sourceOf } from "./mesh-proxy.ts";
import type { FromWorker, SentCertificate, ToWorker } from "./proxy-worker.ts";
import { summedMetrics } from "./summed-metrics.ts";
import { workerVariable } from "./worker-variable.ts";

/** This program, as it was called. */
export interface ProxyCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** Of Node; those of this process unless said. */
  readonly execArgv?: readonly string[];
}

/** A worker that ended by itself is followed by another one, but not at once: it may end again. */
const againMs = 1_000;
/** Metrics of a worker that is busy for longer are an error, and not a sum without it. */
const metricsMs = 5_000;

/** As many proxies as there should be, each a process at the same ports: the kernel shares connections out. Rejects as `openMeshProxy`. */
export async function openProxyWorkers(
  options: MeshProxyOptions,
  count: number,
  command: ProxyCommand,
): Promise<Omit<MeshProxy, "metrics">> {
  await readConfig(options.config);
  const door = options.metrics === undefined ? undefined : hostPortOf(options.metrics);
  const source = (await sourceOf(options))();
  const workers = Array.from({ length: count }, () => new ProxyWorker(command, source, options.say));
  try {
    const [doors = []] = await Promise.all(workers.map((worker) => worker.ready));
    const metrics = async () => summedMetrics(await Promise.all(workers.map((worker) => worker.metrics())));
    const server = door === undefined ? undefined : await serveMetrics(door, metrics, source);
    const shared = doors.map((each) => `${each}, ${count} workers`);
    return {
      doors: door === undefined ? shared : [...shared, `health and metrics at ${options.metrics}`],
      drain: async (ms) => {
        await Promise.all(workers.map((worker) => worker.drain(ms)));
        server?.close();
        server?.closeAllConnections();
        source.close();
      },
    };
  } catch (error) {
    await Promise.all(workers.map((worker) => worker.drain(0)));
    source.close();
    throw error;
  }
}

class ProxyWorker {
  readonly #command: ProxyCommand;
  readonly #source: WatchedSource;
  readonly #say: (text: string) => void;
  readonly #unsubscribe: () => void;
  readonly #asked = new Map<number, (text: string) => void>();
  readonly #ready = Promise.withResolvers<readonly string[]>();
  #process: ChildProcess;
  #lastId = 0;
  #isEnding = false;

  constructor(command: ProxyCommand, source: WatchedSource, say: (text: string) => void) {
    [this.#command, this.#source, this.#say] = [command, source, say];
    this.#ready.promise.catch(() => {});
    this.#process = this.#start();
    this.#unsubscribe = source.onChange((certificate) =>
      this.#tell({ kind: "certificate", certificate: sent(certificate) }),
    );
  }

  /** Where it listens. Rejects where it cannot. */
  get ready(): Promise<readonly string[]> {
    return this.#ready.promise;
  }

  async metrics(): Promise<string> {
    const id = ++this.#lastId;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error("a worker does not answer")), metricsMs);
    try {
      const text = new Promise<string>((resolve) => this.#asked.set(id, resolve));
      this.#tell({ kind: "metrics", id });
      return await Promise.race([text, late.promise]);
    } finally {
      clearTimeout(timer);
      this.#asked.delete(id);
    }
  }

  async drain(ms: number): Promise<void> {
    this.#isEnding = true;
    this.#unsubscribe();
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#tell({ kind: "drain", ms });
    await ended;
  }

  #start(): ChildProcess {
    const { file, args, execArgv = process.execArgv } = this.#command;
    const env = { ...process.env, [workerVariable]: "1" };
    const child = fork(file, args, { env, execArgv: [...execArgv] });
    child.on("message", (message: FromWorker) => this.#take(message));
    // Told by its end.
    child.on("error", () => {});
    child.once("exit", (status, signal) => this.#ended(status ?? signal ?? 0));
    const { current } = this.#source;
    if (current !== undefined) child.send({ kind: "certificate", certificate: sent(current) } satisfies ToWorker);
    return child;
  }

  #take(message: FromWorker): void {
    if (message.kind === "ready") this.#ready.resolve(message.doors);
    else if (message.kind === "fault") {
      this.#say(`a worker: ${message.message}`);
      this.#ready.reject(new Error(message.message));
    } else this.#asked.get(message.id)?.(message.text);
  }

  #ended(status: number | string): void {
    this.#ready.reject(new Error(`a worker ended (${status})`));
    if (this.#isEnding) return;
    this.#say(`a worker ended (${status}); another one takes its place`);
    setTimeout(() => {
      if (!this.#isEnding) this.#process = this.#start();
    }, againMs).unref();
  }

  #tell(message: ToWorker): void {
    if (this.#process.connected) this.#process.send(message, () => {});
  }
}

function sent({ bundles, ...certificate }: WorkloadCertificate): SentCertificate {
  return { ...certificate, bundles: [...bundles] };
}
