import { type KubeObject, timestampOf } from "@sallyport/kube";
import { type Condition, findCondition, withCondition } from "./conditions.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { withoutFinalizer } from "./garbage-collector.ts";
import {
  endOf,
  failuresOf,
  formatIndexes,
  hasFailed,
  type IndexFailures,
  indexOf,
  isForeign,
  isIndexed,
  isTracked,
  type Job,
  type JobStatus,
  jobPod,
  parseIndexes,
  trackingFinalizer,
} from "./job-objects.ts";
import { matchFailurePolicy, matchSuccessPolicy } from "./job-policies.ts";
import { controllerOf } from "./owners.ts";
import { byWorth, isActive, isReady, isTerminating, type Pod } from "./pods.ts";
import { type Again, ownKey, partsOf, reconciler } from "./reconciler.ts";
import { slowStart } from "./slow-start.ts";

/** A pod that failed is followed by another after so long, twice as long after each further one. */
const firstBackoffMs = 10_000;
const longestBackoffMs = 600_000;

/** Runs pods until enough of them have succeeded, or too many failed. */
export const job: ControllerKind = {
  name: "job-controller",
  alias: "job",
  account: "job-controller",
  create: (context) => {
    const { cache } = context;
    /** When the last pod of a Job was seen to fail: the next one waits. */
    const failures = new Map<string, number>();
    return reconciler(
      {
        name: job.name,
        follows: [
          { group: "batch", resource: "jobs", keys: ownKey },
          {
            group: "",
            resource: "pods",
            keys: ({ namespace, object, previous }) =>
              [previous, object]
                .map((each) => each && controllerOf(each))
                .filter((each) => each?.kind === "Job")
                .map((each) => `${namespace}/${each?.name ?? ""}`),
          },
        ],
        sync: async (key, again) => {
          const found = cache.get("batch", "jobs", ...partsOf(key)) as Job | undefined;
          if (found !== undefined && isForeign(found)) return;
          if (found === undefined) {
            failures.delete(key);
            await release(key, context);
          } else await new JobRun(found, key, again, failures, context).run();
        },
      },
      context,
    );
  },
};

/** Pods whose Job is gone are held by nobody. */
async function release(key: string, { cache, client }: ControllerContext): Promise<void> {
  const [namespace, name] = partsOf(key);
  for (const pod of cache.list("", "pods", namespace) as readonly Pod[]) {
    const manager = controllerOf(pod);
    if (manager?.kind === "Job" && manager.name === name && isTracked(pod))
      await client.update(pod, (fresh) => withoutFinalizer(fresh, trackingFinalizer));
  }
}

/** One look at one Job. */
class JobRun {
  #job: Job;
  readonly #key: string;
  readonly #again: Again;
  readonly #failures: Map<string, number>;
  readonly #context: ControllerContext;

  constructor(found: Job, key: string, again: Again, failures: Map<string, number>, context: ControllerContext) {
    this.#job = found;
    this.#key = key;
    this.#again = again;
    this.#failures = failures;
    this.#context = context;
  }

  async run(): Promise<void> {
    if (endOf(this.#job) !== undefined) return this.#clear();
    if (this.#job.metadata.deletionTimestamp) {
      await this.#count(undefined);
      return;
    }
    await this.#suspendOrResume();
    const target = this.#target();
    await this.#count(target);
    const end = target ?? this.#end();
    if (end !== undefined) return this.#finish(end);
    if (this.#job.spec.suspend) await this.#delete(this.#active());
    else await this.#scale();
    await this.#writeCounts();
    this.#watchDeadline();
  }

  #pods(): readonly Pod[] {
    const { namespace, uid } = this.#job.metadata;
    const all = this.#context.cache.list("", "pods", namespace) as readonly Pod[];
    return all.filter((pod) => controllerOf(pod)?.uid === uid);
  }

  #active(): readonly Pod[] {
    return this.#pods().filter(isActive);
  }

  /** Counts pods that are over, each exactly once whenever we are stopped: noted first, let go, then counted. When the Job fails all its pods have failed. */
  async #count(end: Condition | undefined): Promise<void> {
    const isDone = (pod: Pod) => pod.status?.phase === "Succeeded";
    const isFailing = end?.type === "Failed";
    const tracked = this.#pods().filter(isTracked);
    const held = this.#held();
    const isOver = (pod: Pod) => isDone(pod) || (hasFailed(pod, this.#job) && !held.has(pod));
    const over = tracked.filter(
      (pod) => this.#job.metadata.deletionTimestamp !== undefined || end !== undefined || isOver(pod),
    );
    const failures = over.filter(
      (pod) => !isDone(pod) && (hasFailed(pod, this.#job) || isFailing) && this.#counts(pod),
    );
    const noted = this.#job.status?.uncountedTerminatedPods ?? {};
    const uids = (pods: readonly Pod[], before: readonly string[] = []) => [
      ...new Set([...before, ...pods.map(({ metadata }) => metadata.uid ?? "")]),
    ];
    const succeeded = uids(over.filter(isDone), noted.succeeded);
    const failed = uids(failures, noted.failed);
    const indexes = this.#completed();
    const failedIndexes = this.#failedIndexes();
    await this.#write({
      uncountedTerminatedPods: { ...(succeeded.length > 0 && { succeeded }), ...(failed.length > 0 && { failed }) },
      ...(isIndexed(this.#job) && indexes.size > 0 && { completedIndexes: formatIndexes(indexes) }),
      ...(failedIndexes && { failedIndexes: formatIndexes(failedIndexes) }),
    });
    for (const pod of over)
      await this.#context.client.update(pod, (fresh) => withoutFinalizer(fresh, trackingFinalizer));
    if (failed.length > 0) this.#failures.set(this.#key, this.#context.clock.now());
    const status = this.#job.status ?? {};
    const done = isIndexed(this.#job) ? indexes.size : (status.succeeded ?? 0) + succeeded.length;
    await this.#write({
      uncountedTerminatedPods: {},
      ...(done > 0 && { succeeded: done }),
      ...((status.failed ?? 0) + failed.length > 0 && { failed: (status.failed ?? 0) + failed.length }),
    });
  }

  /** False for pods that a rule ignores. */
  #counts(pod: Pod): boolean {
    return matchFailurePolicy(this.#job, pod).action !== "Ignore";
  }

  #completed(): ReadonlySet<number> {
    const { completions = 0 } = this.#job.spec;
    const indexes = this.#pods()
      .filter((pod) => pod.status?.phase === "Succeeded")
      .map(indexOf)
      .filter((index): index is number => index !== undefined && index < completions);
    return new Set([...parseIndexes(this.#job.status?.completedIndexes), ...indexes]);
  }

  /** Indexes that failed too often, or by a rule; undefined where there is no limit for each. */
  #failedIndexes(): ReadonlySet<number> | undefined {
    const { backoffLimitPerIndex: limit, completions = 0 } = this.#job.spec;
    if (!isIndexed(this.#job) || limit === undefined) return undefined;
    const isLast = (pod: Pod) => {
      const { action } = matchFailurePolicy(this.#job, pod);
      return action === "FailIndex" || (action !== "Ignore" && failuresOf(pod).counted >= limit);
    };
    const done = this.#completed();
    const indexes = this.#pods()
      .filter((pod) => isTracked(pod) && hasFailed(pod, this.#job) && isLast(pod))
      .map(indexOf)
      .filter((index): index is number => index !== undefined && index < completions && !done.has(index));
    return new Set([...parseIndexes(this.#job.status?.failedIndexes), ...indexes]);
  }

  /** Failed pods that are kept until another one takes their index, and their count of failures. */
  #held(): ReadonlySet<Pod> {
    const failed = this.#failedIndexes();
    if (failed === undefined) return new Set();
    const settled = new Set([...failed, ...this.#completed(), ...this.#active().map(indexOf)]);
    const last = new Map<number, Pod>();
    for (const pod of this.#pods().filter((each) => isTracked(each) && hasFailed(each, this.#job))) {
      const index = indexOf(pod);
      if (index === undefined || settled.has(index)) continue;
      const before = last.get(index);
      if (before === undefined || attemptsOf(before) <= attemptsOf(pod)) last.set(index, pod);
    }
    return new Set(last.values());
  }

  /** What ends it was said before: it still waits for its pods. */
  #target(): Condition | undefined {
    for (const [before, type] of [
      ["SuccessCriteriaMet", "Complete"],
      ["FailureTarget", "Failed"],
    ] as const) {
      const said = findCondition(this.#job.status?.conditions, before);
      if (said?.status !== "True") continue;
      const { reason, message } = said;
      return { type, status: "True", ...(reason && { reason }), ...(message && { message }) };
    }
    for (const pod of this.#pods().filter((each) => hasFailed(each, this.#job))) {
      const { message } = matchFailurePolicy(this.#job, pod);
      if (message !== undefined) return { type: "Failed", status: "True", reason: "PodFailurePolicy", message };
    }
    return undefined;
  }

  /** The condition that ends it now, if any. */
  #end(): Condition | undefined {
    const { spec, status = {} } = this.#job;
    const failure = this.#failure();
    if (failure !== undefined) {
      const [reason, message] = failure;
      return { type: "Failed", status: "True", reason, message };
    }
    const met = isIndexed(this.#job) ? matchSuccessPolicy(this.#job, this.#completed()) : undefined;
    if (met !== undefined) return { type: "Complete", status: "True", reason: "SuccessPolicy", message: met };
    const succeeded = status.succeeded ?? 0;
    const isEnough =
      spec.completions === undefined ? succeeded > 0 && this.#active().length === 0 : succeeded >= spec.completions;
    const message = "Reached expected number of succeeded pods";
    return isEnough ? { type: "Complete", status: "True", reason: "CompletionsReached", message } : undefined;
  }

  #failure(): readonly [reason: string, message: string] | undefined {
    const { spec, status = {} } = this.#job;
    if ((status.failed ?? 0) > (spec.backoffLimit ?? 6))
      return ["BackoffLimitExceeded", "Job has reached the specified backoff limit"];
    if (this.#deadlineIn() <= 0) return ["DeadlineExceeded", "Job was active longer than specified deadline"];
    const failed = parseIndexes(status.failedIndexes).size;
    if (spec.maxFailedIndexes !== undefined && failed > spec.maxFailedIndexes)
      return ["MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes"];
    if (failed > 0 && failed + this.#completed().size >= (spec.completions ?? 0))
      return ["FailedIndexes", "Job has failed indexes"];
    return undefined;
  }

  #deadlineIn(): number {
    const { spec, status } = this.#job;
    if (spec.activeDeadlineSeconds === undefined || status?.startTime === undefined) return Number.POSITIVE_INFINITY;
    return Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000 - this.#context.clock.now();
  }

  #watchDeadline(): void {
    const left = this.#deadlineIn();
    if (Number.isFinite(left)) this.#again.addAfter(this.#key, left);
  }

  /** Says first why it ends, ends what still runs, and says that it is over when all pods are. */
  async #finish(end: Condition): Promise<void> {
    const { clock, record, client } = this.#context;
    const now = timestampOf(clock.now());
    const target = {
      ...end,
      type: end.type === "Complete" ? "SuccessCriteriaMet" : "FailureTarget",
      lastProbeTime: now,
    };
    if (findCondition(this.#job.status?.conditions, target.type) === undefined)
      await this.#write({ conditions: withCondition(this.#job.status?.conditions, target, now) });
    await this.#count(end);
    for (const pod of this.#active()) {
      await client.delete(pod);
      record(this.#job, "Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`);
    }
    await this.#writeCounts();
    if ((this.#job.status?.terminating ?? 0) > 0) return;
    const { active: _, ...status } = this.#job.status ?? {};
    this.#job = (await client.updateStatus(this.#job, (each) => ({
      ...each,
      status: {
        ...status,
        ...(end.type === "Complete" && { completionTime: now }),
        conditions: withCondition(status.conditions, { ...end, lastProbeTime: now } as Condition, now),
      },
    }))) as Job;
    if (end.type === "Complete") record(this.#job, "Normal", "Completed", "Job completed");
    else record(this.#job, "Warning", end.reason ?? "", end.message ?? "");
  }

  /** What is left of a Job that is over. */
  async #clear(): Promise<void> {
    await this.#delete(this.#active());
    for (const pod of this.#pods().filter(isTracked))
      await this.#context.client.update(pod, (fresh) => withoutFinalizer(fresh, trackingFinalizer));
  }

  async #suspendOrResume(): Promise<void> {
    const { spec, status = {} } = this.#job;
    const now = timestampOf(this.#context.clock.now());
    const current = findCondition(status.conditions, "Suspended")?.status;
    const say = (isSuspended: boolean) =>
      withCondition(
        status.conditions,
        {
          type: "Suspended",
          status: isSuspended ? "True" : "False",
          reason: isSuspended ? "JobSuspended" : "JobResumed",
          message: isSuspended ? "Job suspended" : "Job resumed",
          lastProbeTime: now,
        } as Condition,
        now,
      );
    if (spec.suspend && current !== "True") {
      await this.#write({ startTime: undefined, conditions: say(true) });
      this.#context.record(this.#job, "Normal", "Suspended", "Job suspended");
    } else if (!spec.suspend && current === "True") {
      await this.#write({ startTime: now, conditions: say(false) });
      this.#context.record(this.#job, "Normal", "Resumed", "Job resumed");
    } else if (!spec.suspend && status.startTime === undefined) await this.#write({ startTime: now });
  }

  async #scale(): Promise<void> {
    const { spec, status = {} } = this.#job;
    const { parallelism = 1, completions } = spec;
    const active = this.#active();
    const succeeded = status.succeeded ?? 0;
    const needed = completions === undefined ? (succeeded > 0 ? active.length : parallelism) : completions - succeeded;
    const wanted = Math.max(0, Math.min(parallelism, needed));
    if (active.length > wanted) await this.#delete([...active].sort(byWorth).slice(0, active.length - wanted));
    const ending = spec.podReplacementPolicy === "Failed" ? this.#pods().filter(isTerminating) : [];
    const missing = wanted - active.length - ending.length;
    if (missing <= 0) return;
    if (spec.backoffLimitPerIndex !== undefined) return this.#createEach(missing, [...active, ...ending]);
    const wait = this.#backoff();
    if (wait > 0) this.#again.addAfter(this.#key, wait);
    else await this.#create(this.#free([...active, ...ending]).slice(0, missing), missing);
  }

  /** Indexes that nobody works at, and that have neither succeeded nor failed. */
  #free(taken: readonly Pod[]): readonly number[] {
    if (!isIndexed(this.#job)) return [];
    const settled = new Set([...this.#completed(), ...(this.#failedIndexes() ?? []), ...taken.map(indexOf)]);
    return Array.from({ length: this.#job.spec.completions ?? 0 }, (_, index) => index).filter(
      (index) => !settled.has(index),
    );
  }

  /** Each index waits for itself, the longer the more often it has failed. */
  async #createEach(missing: number, taken: readonly Pod[]): Promise<void> {
    const { clock } = this.#context;
    const held = new Map([...this.#held()].map((pod) => [indexOf(pod), pod]));
    const now = clock.now();
    const waits = this.#free(taken)
      .slice(0, missing)
      .map((index) => [index, waitOf(held.get(index), now)] as const);
    const next = Math.min(...waits.map(([, wait]) => wait).filter((wait) => wait > 0));
    if (Number.isFinite(next)) this.#again.addAfter(this.#key, next);
    const ready = waits.filter(([, wait]) => wait <= 0).map(([index]) => index);
    await this.#create(ready, ready.length, (index) => {
      const pod = held.get(index);
      if (pod === undefined) return { counted: 0, ignored: 0 };
      const { counted, ignored } = failuresOf(pod);
      return this.#counts(pod) ? { counted: counted + 1, ignored } : { counted, ignored: ignored + 1 };
    });
  }

  #backoff(): number {
    const last = this.#failures.get(this.#key);
    const failed = this.#job.status?.failed ?? 0;
    if (last === undefined || failed === 0) return 0;
    return last + backoffOf(failed) - this.#context.clock.now();
  }

  async #create(indexes: readonly number[], count: number, failures?: (index: number) => IndexFailures): Promise<void> {
    const { client, record } = this.#context;
    const isWith = isIndexed(this.#job);
    await slowStart(isWith ? indexes.length : count, async (number) => {
      const index = isWith ? (indexes[number] as number) : undefined;
      try {
        const pod = await client.create(jobPod(this.#job, index, index === undefined ? undefined : failures?.(index)));
        record(this.#job, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
      } catch (error) {
        record(this.#job, "Warning", "FailedCreate", `Error creating: ${(error as Error).message}`);
        throw error;
      }
    });
  }

  /** Pods that we end ourselves are no failures. */
  async #delete(pods: readonly Pod[]): Promise<void> {
    const { client, record } = this.#context;
    for (const pod of pods) {
      const free = await client.update(pod, (fresh) => withoutFinalizer(fresh, trackingFinalizer));
      await client.delete(free);
      record(this.#job, "Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`);
    }
  }

  async #writeCounts(): Promise<void> {
    const active = this.#active();
    await this.#write({
      active: active.length === 0 ? undefined : active.length,
      ready: active.filter(isReady).length,
      terminating: this.#pods().filter(isTerminating).length,
      uncountedTerminatedPods: {},
    });
  }

  async #write(fields: { readonly [field in keyof JobStatus]?: unknown }): Promise<void> {
    this.#job = (await this.#context.client.updateStatus(this.#job, (each: KubeObject) => {
      const status = Object.entries({ ...((each["status"] ?? {}) as object), ...fields });
      return { ...each, status: Object.fromEntries(status.filter(([, value]) => value !== undefined)) };
    })) as Job;
  }
}

/** After so many failures. */
function backoffOf(failures: number): number {
  return Math.min(firstBackoffMs * 2 ** (failures - 1), longestBackoffMs);
}

function attemptsOf(pod: Pod): number {
  const { counted, ignored } = failuresOf(pod);
  return counted + ignored;
}

/** How long the index of a pod that failed has to wait, counted from its end. */
function waitOf(pod: Pod | undefined, now: number): number {
  if (pod === undefined) return 0;
  return finishedAt(pod) + backoffOf(attemptsOf(pod) + 1) - now;
}

/** When the last container ended, or else what is known that is nearest to it. */
function finishedAt({ status, metadata }: Pod): number {
  const { containerStatuses = [] } = (status ?? {}) as {
    readonly containerStatuses?: readonly {
      readonly state?: { readonly terminated?: { readonly finishedAt?: string } };
    }[];
  };
  const times = containerStatuses
    .map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? ""))
    .filter(Number.isFinite);
  if (times.length > 0) return Math.max(...times);
  return Date.parse(metadata.deletionTimestamp ?? metadata.creationTimestamp ?? "");
}
