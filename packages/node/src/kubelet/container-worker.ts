import { open } from "node:fs/promises";
import { timestampOf } from "@sallyport/kube";
import { podText } from "../bundle/context.ts";
import { goDuration } from "../image/pull-policy.ts";
import { type ProcessExit, RuntimeFault } from "../runtime/container-runtime.ts";
import { logFiles } from "./container-log.ts";
import { ContainerRun } from "./container-run.ts";
import { type PodContext, type PreparedContainer, WaitingFault } from "./context.ts";
import type { ContainerState, ContainerStatus, KubeletContainer, RestartPolicy, Terminated } from "./pod.ts";
import { BackOff, restarts } from "./restart.ts";

/** As kubelet's: of a file, and of a log's end. */
const [maxMessageBytes, maxLogBytes] = [4096, 2048];
/** How soon what cannot be prepared is tried again: kubelets look every ten seconds or so. */
const [soonMs, againMs] = [1000, 10_000];
/** What a container that could not be begun ends with. */
const startErrorCode = 128;

/** One container of a pod through all its lives. */
export class ContainerWorker {
  readonly container: KubeletContainer;
  readonly #context: PodContext;
  readonly #backOff = new BackOff();
  readonly #stop = new AbortController();
  #attempt = -1;
  #run: ContainerRun | undefined;
  #finished: Promise<void> = Promise.resolve();
  #state: ContainerState;
  #last: ContainerState = {};
  #prepared: PreparedContainer | undefined;
  /** Wakes what waits to try again, when the pod or what it names may have changed. */
  #nudge = new AbortController();

  /** `before` is the status that an earlier life of this node has left, if there was one. */
  constructor(
    container: KubeletContainer,
    context: PodContext,
    firstReason: "PodInitializing" | "ContainerCreating",
    before: ContainerStatus | undefined,
  ) {
    this.container = container;
    this.#context = context;
    this.#state = { waiting: { reason: firstReason } };
    const end = before && lostEnd(before);
    if (before === undefined || end === undefined) return;
    this.#attempt = before.restartCount;
    this.#last = { terminated: end };
  }

  /** core/v1 ContainerStatus. */
  get status(): ContainerStatus {
    const run = this.#state.running === undefined ? undefined : this.#run;
    const id = this.#prepared && `sallyport://${this.#prepared.id}`;
    return {
      name: this.container.name,
      image: this.#prepared?.image ?? this.container.image,
      imageID: this.#prepared?.imageID ?? "",
      ...(id === undefined ? {} : { containerID: id }),
      ready: run?.isReady ?? this.#isDoneInit,
      started: run?.isStarted ?? false,
      restartCount: Math.max(0, this.#attempt),
      state: this.#state,
      lastState: this.#last,
    };
  }

  /** The life that is now, while there is one. */
  get run(): ContainerRun | undefined {
    return this.#run?.hasEnded === false && this.#run.process !== undefined ? this.#run : undefined;
  }

  /** Somebody has asked it to end. */
  get isStopping(): boolean {
    return this.#stop.signal.aborted;
  }

  /** The number of the newest life that was begun; undefined before the first. */
  get attempt(): number | undefined {
    return this.#attempt < 0 ? undefined : this.#attempt;
  }

  /** The newest life, also when it is over. */
  get lastRun(): ContainerRun | undefined {
    return this.#run;
  }

  /** Init containers that have done their work count as ready. */
  get #isDoneInit(): boolean {
    const inits = this.#context.pod().spec.initContainers ?? [];
    return this.#state.terminated?.exitCode === 0 && inits.some(({ name }) => name === this.container.name);
  }

  /** Lives until its policy lets it be, or it is stopped; answers how the last life ended, undefined if there was none. */
  async live(policy: RestartPolicy): Promise<Terminated | undefined> {
    const lost = this.#last.terminated;
    if (lost !== undefined && !restarts(policy, lost)) {
      this.#set({ terminated: lost });
      return lost;
    }
    let finish = () => {};
    this.#finished = new Promise((done) => {
      finish = done;
    });
    try {
      for (;;) {
        const ended = await this.#once();
        if (ended === undefined || this.#stop.signal.aborted || !restarts(policy, ended)) return ended;
        await this.#waitToRestart(ended);
        if (this.#stop.signal.aborted) return ended;
      }
    } finally {
      finish();
    }
  }

  /** Tries at once what it waits to try again. */
  nudge(): void {
    this.#nudge.abort();
    this.#nudge = new AbortController();
  }

  /** Ends the life that is now, and there is no other. Resolves when it is over. */
  async stop(graceSeconds: number | undefined): Promise<void> {
    const wasStopped = this.#stop.signal.aborted;
    this.#stop.abort();
    if (this.run !== undefined && !wasStopped)
      this.#tell("Normal", "Killing", `Stopping container ${this.container.name}`);
    await this.#run?.stop(graceSeconds);
    await this.#finished;
  }

  async #once(): Promise<Terminated | undefined> {
    const prepared = await this.#prepareAtLast();
    if (prepared === undefined) return undefined;
    this.#prepared = prepared;
    try {
      return await this.#runToEnd(prepared);
    } finally {
      await this.#context.discard(prepared);
    }
  }

  /** Until it is there, or nobody wants it any more. */
  async #prepareAtLast(): Promise<PreparedContainer | undefined> {
    const { signal } = this.#stop;
    const next = this.#attempt + 1;
    while (!signal.aborted) {
      try {
        await this.#context.ensureImage(this.container, signal);
        if (signal.aborted) return undefined;
        const prepared = await this.#context.prepare(this.container, next);
        if (!signal.aborted) return prepared;
        await this.#context.discard(prepared);
      } catch (error) {
        if (signal.aborted) return undefined;
        await this.#waitToPrepare(error);
      }
    }
    return undefined;
  }

  async #waitToPrepare(error: unknown): Promise<void> {
    if (!(error instanceof WaitingFault)) throw error;
    const { reason, message } = error;
    const isOfImage = imageReasons.includes(reason);
    // Who pulls images tells of them itself.
    if (!isOfImage) this.#tell("Warning", "Failed", `Error: ${message}`);
    this.#set({ waiting: { reason, message } });
    await this.#sleep(reason === "ErrImagePull" ? soonMs : againMs);
  }

  async #runToEnd(prepared: PreparedContainer): Promise<Terminated> {
    this.#attempt += 1;
    const events = {
      onChange: () => this.#context.changed(),
      onUnhealthy: (message: string, grace: number | undefined) => this.#restart(message, grace),
    };
    const run = new ContainerRun(this.container, this.#attempt, prepared, this.#context, events);
    this.#run = run;
    this.#tell("Normal", "Created", "Container created");
    try {
      await run.start();
    } catch (error) {
      if (!(error instanceof RuntimeFault)) throw error;
      await run.log.close();
      this.#tell("Warning", "Failed", `Error: ${error.message}`);
      return this.#end(run, { exitCode: startErrorCode, reason: "StartError", message: error.message });
    }
    const startedAt = timestampOf(run.startedAt);
    this.#set({ running: { startedAt } });
    this.#tell("Normal", "Started", "Container started");
    // Somebody stopped it while it began.
    if (this.#stop.signal.aborted) void run.stop(this.#context.pod().metadata.deletionGracePeriodSeconds);
    const exit = await run.untilEnd();
    return this.#end(run, { ...endOf(exit), ...(await this.#messageOf(prepared, exit)) });
  }

  #end(run: ContainerRun, end: Pick<Terminated, "exitCode" | "reason" | "message" | "signal">): Terminated {
    const hasRun = end.reason !== "StartError";
    const terminated: Terminated = {
      ...end,
      // Kubelets tell the beginning of time of what never began.
      startedAt: hasRun ? timestampOf(run.startedAt) : "1970-01-01T00:00:00Z",
      finishedAt: timestampOf(this.#context.clock.now()),
      containerID: `sallyport://${run.prepared.id}`,
    };
    this.#set({ terminated });
    return terminated;
  }

  async #messageOf(prepared: PreparedContainer, { code }: ProcessExit): Promise<{ readonly message?: string }> {
    const said = await headOf(prepared.terminationLog, maxMessageBytes);
    if (said !== "") return { message: said };
    if (this.container.terminationMessagePolicy !== "FallbackToLogsOnError" || code === 0) return {};
    const [file] = [...(await logFiles(this.#context.logFolder(this.container.name), this.#attempt))].reverse();
    if (file === undefined) return {};
    const lines = (await tailOf(file, maxLogBytes))
      .split("\n")
      .map((line) => line.replace(/^\S+ std(out|err) [FP] /, ""));
    return { message: lines.slice(-81).join("\n").trimEnd() };
  }

  /** A life that a probe or a hook has given up. */
  #restart(message: string, graceSeconds: number | undefined): void {
    this.#tell("Normal", "Killing", message);
    const { terminationGracePeriodSeconds } = this.#context.pod().spec;
    void this.#run?.stop(graceSeconds ?? terminationGracePeriodSeconds);
  }

  async #waitToRestart(ended: Terminated): Promise<void> {
    this.#last = { terminated: ended };
    const ranMs = Date.parse(ended.finishedAt ?? "") - Date.parse(ended.startedAt ?? "");
    const delay = this.#backOff.after(ended.reason === "StartError" ? 0 : ranMs);
    if (delay === 0) return;
    const pod = this.#context.pod();
    const { name } = this.container;
    // The end itself is seen for a moment, as with kubelets, which look once a second or so.
    await this.#sleep(1000);
    if (this.#stop.signal.aborted) return;
    this.#tell("Warning", "BackOff", `Back-off restarting failed container ${name} in pod ${podText(pod)}`);
    const message = `back-off ${goDuration(delay)} restarting failed container=${name} pod=${podText(pod)}`;
    this.#set({ waiting: { reason: "CrashLoopBackOff", message } });
    await this.#context.clock.sleep(delay, this.#stop.signal);
  }

  async #sleep(ms: number): Promise<void> {
    await this.#context.clock.sleep(ms, AbortSignal.any([this.#stop.signal, this.#nudge.signal]));
  }

  #set(state: ContainerState): void {
    this.#state = state;
    this.#context.changed();
  }

  #tell(type: "Normal" | "Warning", reason: string, message: string): void {
    const list = listOf(this.#context.pod().spec, this.container.name);
    this.#context.tell(this.#context.pod(), type, reason, message, `spec.${list}{${this.container.name}}`);
  }
}

/** How a container ended that an earlier life of this node had begun: as it was told, or in kubelet's words for what nobody saw. */
function lostEnd({ containerID, state, lastState }: ContainerStatus): Terminated | undefined {
  if (state.terminated !== undefined) return state.terminated;
  if (containerID === undefined) return undefined;
  if (state.running === undefined) return lastState.terminated;
  const message = "The container could not be located when the pod was terminated";
  const reason = "ContainerStatusUnknown";
  return { exitCode: 137, reason, message, startedAt: null, finishedAt: null, containerID };
}

/** What images are waited for with: the first is followed at once by a back-off, which is told in its place. */
const imageReasons = [
  "ErrImagePull",
  "ImagePullBackOff",
  "ErrImageNeverPull",
  "InvalidImageName",
  "RegistryUnavailable",
];

function listOf(
  {
    initContainers = [],
    ephemeralContainers = [],
  }: { readonly [list in "initContainers" | "ephemeralContainers"]?: readonly KubeletContainer[] },
  name: string,
): string {
  if (initContainers.some((each) => each.name === name)) return "initContainers";
  return ephemeralContainers.some((each) => each.name === name) ? "ephemeralContainers" : "containers";
}

function endOf({ code, isOutOfMemory }: ProcessExit): Pick<Terminated, "exitCode" | "reason"> {
  const reason = isOutOfMemory === true ? "OOMKilled" : code === 0 ? "Completed" : "Error";
  return { exitCode: code, reason };
}

async function headOf(path: string, limit: number): Promise<string> {
  return part(path, limit, () => 0);
}

async function tailOf(path: string, limit: number): Promise<string> {
  return part(path, limit, (size) => Math.max(0, size - limit));
}

/** Of a file that the container may have written: read through no link, and no more than the limit. */
async function part(path: string, limit: number, from: (size: number) => number): Promise<string> {
  try {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      const { buffer, bytesRead } = await file.read(Buffer.alloc(limit), 0, limit, from(size));
      return buffer.toString("utf8", 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return "";
  }
}
