import { join } from "node:path";
import { isSameJson, timestampOf } from "@sallyport/kube";
import type { ContainerRuntime } from "../runtime/container-runtime.ts";
import type { PodPlaces, SandboxPlaces } from "../stats/pod-usage.ts";
import { ContainerWorker } from "./container-worker.ts";
import { type KubeletClock, type PodContext, type PreparedContainer, type Tell, WaitingFault } from "./context.ts";
import {
  type ContainerStatus,
  isSidecar,
  type KubeletContainer,
  type Pod,
  type PodStatus,
  type Terminated,
} from "./pod.ts";
import { ownConditions, type PodFacts, podStatus } from "./pod-status.ts";
import { BackOff, firstBackOffMs, restarts } from "./restart.ts";

/** A pod's namespaces, address and volumes, and what makes containers within them. */
export interface Sandbox {
  readonly runtime: ContainerRuntime;
  /** Absent where the pod is of the node's network. */
  readonly podIP?: string;
  readonly ensureImage: PodContext["ensureImage"];
  /** `target` is the process on this machine whose numbers of processes it shares. */
  readonly prepare: (container: KubeletContainer, attempt: number, target?: number) => Promise<PreparedContainer>;
  readonly discard: (prepared: PreparedContainer) => Promise<void>;
  /** Where what it uses is measured; absent where nothing runs. */
  readonly places?: () => SandboxPlaces;
  /** Takes all of it away. */
  readonly remove: () => Promise<void>;
}

export interface PodWorkerOptions {
  readonly clock: KubeletClock;
  readonly tell: Tell;
  readonly hostIP: string;
  /** Rejects with a WaitingFault whose reason is the event's: `FailedMount`, `FailedCreatePodSandBox`. */
  readonly makeSandbox: (pod: () => Pod, signal: AbortSignal) => Promise<Sandbox>;
  /** Writes what the pod is now; called one after another, and only the newest. */
  readonly writeStatus: (pod: Pod, status: PodStatus) => Promise<void>;
  /** Takes the pod from the API server, when it was deleted and all of it has ended. */
  readonly forget: (pod: Pod) => Promise<void>;
  readonly logFolder: (pod: Pod, container: string) => string;
  /** Why this node does not take the pod at all. */
  readonly refusal: (pod: Pod) => { readonly reason: string; readonly message: string } | undefined;
}

/** As long as a pod is asked to end that says nothing itself. */
const defaultGraceSeconds = 30;
/** As kubelet's immediateEvictionGracePeriodSeconds. */
const evictionGraceSeconds = 1;

/** Lives a pod: from its assignment to this node until nothing of it is left. */
export class PodWorker {
  #pod: Pod;
  readonly #options: PodWorkerOptions;
  readonly #startTime: string;
  readonly #end = new AbortController();
  readonly #workers = new Map<string, ContainerWorker>();
  readonly #init: ContainerWorker[] = [];
  readonly #main: ContainerWorker[] = [];
  readonly #ephemeral: ContainerWorker[] = [];
  readonly #lives: Promise<Terminated | undefined>[] = [];
  #sandbox: Sandbox | undefined;
  #making: Promise<Sandbox | undefined> | undefined;
  /** Nothing more of it begins. */
  readonly #noMore = new AbortController();
  #ended: PodFacts["ended"];
  #isOver = false;
  #giveUp: () => void = () => {};
  readonly #givenUp = new Promise<void>((resolve) => {
    this.#giveUp = resolve;
  });
  #graceSeconds: number | undefined;
  #status: PodStatus;
  /** The last that was written; undefined again when the API server has another. */
  #written: PodStatus = {};
  #writing: Promise<void> | undefined;
  #isStale = false;
  /** Resolves when nothing of the pod runs or lies about any more. */
  readonly done: Promise<void>;

  constructor(pod: Pod, options: PodWorkerOptions) {
    this.#pod = pod;
    this.#options = options;
    this.#startTime = pod.status?.startTime ?? timestampOf(options.clock.now());
    this.#status = pod.status ?? {};
    this.done = this.#live();
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** The worker of a container, whatever its list. */
  container(name: string): ContainerWorker | undefined {
    return this.#workers.get(name);
  }

  get podIP(): string {
    return this.#sandbox?.podIP ?? this.#options.hostIP;
  }

  /** Where what it uses is measured, while it runs. */
  get places(): PodPlaces | undefined {
    const found = this.#sandbox?.places?.();
    if (found === undefined) return undefined;
    const containers = [...this.#workers.values()].flatMap(({ run, container: { name } }) => {
      if (run === undefined) return [];
      const { id, bundle } = run.prepared;
      const logs = this.#options.logFolder(this.#pod, name);
      return [{ name, id, layer: join(bundle, "upper"), logs, startedAt: run.startedAt }];
    });
    return { ...found, pod: this.#pod, containers };
  }

  get hasSandbox(): boolean {
    return this.#sandbox !== undefined;
  }

  /** The pod as the API server has it now. */
  update(pod: Pod): void {
    this.#pod = pod;
    this.#status = mergedStatus(pod.status ?? {}, this.#status);
    this.#written = {};
    if (pod.metadata.deletionTimestamp) this.terminate(pod.metadata.deletionGracePeriodSeconds);
    else for (const container of pod.spec.ephemeralContainers ?? []) this.#begin(container, this.#ephemeral, "Never");
    for (const worker of this.#workers.values()) worker.nudge();
    this.#changed();
  }

  /** Ends all of it. Asked again with less, it ends sooner. */
  terminate(graceSeconds = this.#pod.spec.terminationGracePeriodSeconds ?? defaultGraceSeconds): void {
    if (this.#graceSeconds !== undefined && graceSeconds >= this.#graceSeconds && this.#end.signal.aborted) return;
    this.#graceSeconds = graceSeconds;
    this.#end.abort();
    for (const worker of this.#workers.values()) if (worker.isStopping) void worker.stop(graceSeconds);
  }

  /** Ends all of it almost at once, and it is told as failed: the node cannot go on with it. False where it was ending. */
  evict(message: string, isForPressure: boolean): boolean {
    if (this.#end.signal.aborted || this.#ended !== undefined) return false;
    this.#ended = { reason: "Evicted", message, ...(isForPressure ? { isForPressure } : {}) };
    this.#options.tell(this.#pod, "Warning", "Evicted", message);
    this.#graceSeconds = evictionGraceSeconds;
    this.#giveUp();
    return true;
  }

  async #live(): Promise<void> {
    const refusal = this.#options.refusal(this.#pod);
    if (refusal === undefined) await this.#untilOver();
    else this.#ended = refusal;
    if (refusal !== undefined) this.#options.tell(this.#pod, "Warning", refusal.reason, refusal.message);
    this.#noMore.abort();
    await this.#stopAll();
    this.#isOver = true;
    // One that is still being made is waited for: what it has made by now must go too.
    const late = await this.#making?.catch(() => undefined);
    await (this.#sandbox ?? late)?.remove();
    this.#sandbox = undefined;
    this.#changed();
    await this.#writing;
    // Until somebody deletes it, it is there to be looked at.
    if (!this.#pod.metadata.deletionTimestamp) await this.#untilDeleted();
    await this.#options.forget(this.#pod);
  }

  #untilDeleted(): Promise<void> {
    const { signal } = this.#end;
    if (signal.aborted) return Promise.resolve();
    return new Promise((done) => signal.addEventListener("abort", () => done(), { once: true }));
  }

  async #untilOver(): Promise<void> {
    const { spec } = this.#pod;
    this.#create(spec.initContainers ?? [], this.#init, "PodInitializing");
    const isFirst = (spec.initContainers ?? []).length === 0;
    this.#create(spec.containers, this.#main, isFirst ? "ContainerCreating" : "PodInitializing");
    this.#changed();
    const over = [this.#untilDeadline(), this.#untilDeleted(), this.#givenUp];
    await Promise.race([...over, this.#begun()]);
  }

  async #begun(): Promise<void> {
    this.#making = this.#sandboxAtLast();
    this.#sandbox = await this.#making;
    if (this.#sandbox === undefined || this.#noMore.signal.aborted) return;
    this.#changed();
    if (!(await this.#initialize())) return;
    for (const container of this.#pod.spec.containers) this.#begin(container, this.#main, this.#policyOf(container));
    for (const container of this.#pod.spec.ephemeralContainers ?? []) this.#begin(container, this.#ephemeral, "Never");
    await Promise.all(this.#lives);
  }

  async #sandboxAtLast(): Promise<Sandbox | undefined> {
    const { makeSandbox, clock, tell } = this.#options;
    const signal = AbortSignal.any([this.#end.signal, this.#noMore.signal]);
    const backOff = new BackOff();
    backOff.after(0);
    while (!signal.aborted) {
      try {
        return await makeSandbox(() => this.#pod, signal);
      } catch (error) {
        if (!(error instanceof WaitingFault)) throw error;
        tell(this.#pod, "Warning", error.reason, error.message);
        await clock.sleep(Math.min(backOff.after(0), firstBackOffMs), signal);
      }
    }
    return undefined;
  }

  /** One after another; a sidecar lets the next begin once it has started. Answers whether all have done their work. */
  async #initialize(): Promise<boolean> {
    for (const worker of this.#init) {
      if (this.#end.signal.aborted) return false;
      if (isSidecar(worker.container)) {
        void worker.live("Always");
        await this.#untilStarted(worker);
        continue;
      }
      const end = await worker.live(this.#pod.spec.restartPolicy === "Never" ? "Never" : "OnFailure");
      if (end?.exitCode !== 0) return false;
    }
    return !this.#end.signal.aborted;
  }

  async #untilStarted(worker: ContainerWorker): Promise<void> {
    while (!worker.status.started && !this.#end.signal.aborted) await this.#nextChange();
  }

  readonly #waiting: (() => void)[] = [];

  #nextChange(): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push(done);
      this.#end.signal.addEventListener("abort", () => done(), { once: true });
    });
  }

  async #untilDeadline(): Promise<void> {
    const { activeDeadlineSeconds } = this.#pod.spec;
    if (activeDeadlineSeconds === undefined) return new Promise(() => {});
    const { clock, tell } = this.#options;
    const left = Date.parse(this.#startTime) + activeDeadlineSeconds * 1000 - clock.now();
    await clock.sleep(Math.max(0, left), this.#end.signal);
    if (this.#end.signal.aborted) return;
    const message = "Pod was active on the node longer than the specified deadline";
    this.#ended = { reason: "DeadlineExceeded", message };
    tell(this.#pod, "Normal", "DeadlineExceeded", message);
  }

  #policyOf(container: KubeletContainer) {
    return container.restartPolicy ?? this.#pod.spec.restartPolicy ?? "Always";
  }

  #create(
    containers: readonly KubeletContainer[],
    list: ContainerWorker[],
    reason: "PodInitializing" | "ContainerCreating",
  ): void {
    const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = this.#status;
    // What initializes begins anew with a new sandbox.
    const before = [
      ...initContainerStatuses.filter(isSidecarStatus(this.#pod)),
      ...containerStatuses,
      ...ephemeralContainerStatuses,
    ];
    for (const container of containers) {
      const known = before.find(({ name }) => name === container.name);
      const worker = new ContainerWorker(container, this.#context(), reason, known);
      list.push(worker);
      this.#workers.set(container.name, worker);
    }
  }

  #begin(container: KubeletContainer, list: ContainerWorker[], policy: "Always" | "OnFailure" | "Never"): void {
    if (list === this.#ephemeral && (this.#workers.has(container.name) || this.#sandbox === undefined)) return;
    if (list === this.#ephemeral) this.#create([container], list, "ContainerCreating");
    const worker = this.#workers.get(container.name) as ContainerWorker;
    const life = worker.live(policy);
    if (list === this.#main) this.#lives.push(life);
  }

  #context(): PodContext {
    const { clock, tell, logFolder } = this.#options;
    const sandbox = () => this.#sandbox as Sandbox;
    return {
      pod: () => this.#pod,
      clock,
      tell,
      changed: () => this.#changed(),
      runtime: () => sandbox().runtime,
      ip: () => this.podIP,
      prepare: async (container, attempt) => sandbox().prepare(container, attempt, this.#targetOf(container)),
      ensureImage: (container, signal) => sandbox().ensureImage(container, signal),
      discard: (prepared) => sandbox().discard(prepared),
      logFolder: (container) => logFolder(this.#pod, container),
    };
  }

  /** Throws a WaitingFault in kubelet's words. */
  #targetOf({ targetContainerName: name = "" }: KubeletContainer): number | undefined {
    if (name === "") return undefined;
    const pid = this.#workers.get(name)?.run?.process?.pid;
    if (pid !== undefined) return pid;
    throw new WaitingFault("CreateContainerConfigError", `unable to find target container ${name}`);
  }

  /** Those of the pod first; sidecars serve them to the end, and go in the reverse of their order. */
  async #stopAll(): Promise<void> {
    const grace = () => this.#graceSeconds ?? this.#pod.spec.terminationGracePeriodSeconds ?? defaultGraceSeconds;
    const { clock } = this.#options;
    const begun = clock.now();
    const left = () => Math.max(0, grace() - (clock.now() - begun) / 1000);
    await Promise.all([...this.#main, ...this.#ephemeral].map((worker) => worker.stop(left())));
    for (const worker of [...this.#init].reverse()) await worker.stop(left());
  }

  #changed(): void {
    for (const wake of this.#waiting.splice(0)) wake();
    this.#isStale = true;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  async #write(): Promise<void> {
    while (this.#isStale) {
      // What changes at once is written once.
      await Promise.resolve();
      this.#isStale = false;
      const { clock, writeStatus } = this.#options;
      this.#status = podStatus(this.#pod, this.#facts(), this.#status, timestampOf(clock.now()));
      if (isSameJson(this.#status, this.#pod.status ?? {}) || isSameJson(this.#status, this.#written)) continue;
      await writeStatus(this.#pod, this.#status);
      this.#written = this.#status;
    }
  }

  #facts(): PodFacts {
    const { hostIP } = this.#options;
    const podIP = this.#sandbox?.podIP ?? this.#status.podIP;
    return {
      hostIP,
      ...(podIP === undefined ? {} : { podIP }),
      hasSandbox: this.#sandbox !== undefined,
      startTime: this.#startTime,
      init: this.#init.map(({ status }) => status),
      main: this.#main.map(({ status }) => status),
      ephemeral: this.#ephemeral.map(({ status }) => status),
      ...(this.#ended === undefined ? {} : { ended: this.#ended }),
      isOver: this.#isOver || this.#hasEnded(),
    };
  }

  /** All has ended, and none begins again. */
  #hasEnded(): boolean {
    return this.#main.every(({ status: { state }, container }) => {
      const end = state.terminated;
      return end !== undefined && (this.#end.signal.aborted || !restarts(this.#policyOf(container), end));
    });
  }
}

function isSidecarStatus({ spec }: Pod): (status: ContainerStatus) => boolean {
  const sidecars = new Set((spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name));
  return ({ name }) => sidecars.has(name);
}

/** A status as others have it now, with what is ours of the one that we know. */
function mergedStatus(theirs: PodStatus, ours: PodStatus): PodStatus {
  const own = (ours.conditions ?? []).filter(({ type }) => ownConditions.includes(type));
  const others = (theirs.conditions ?? []).filter(({ type }) => !ownConditions.includes(type));
  const { phase, startTime } = ours;
  return {
    ...theirs,
    ...(phase === undefined ? {} : { phase }),
    ...(startTime === undefined ? {} : { startTime }),
    conditions: [...others, ...own],
  };
}
