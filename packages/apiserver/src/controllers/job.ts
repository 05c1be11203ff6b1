import type { KubeObject } from "@sallyport/kube";
import { timestampOf } from "../timestamp.ts";
import { type Condition, findCondition, withCondition } from "./conditions.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { withoutFinalizer } from "./garbage-collector.ts";
import {
  endOf,
  formatIndexes,
  indexOf,
  isIndexed,
  isOver,
  isTracked,
  type Job,
  type JobStatus,
  jobPod,
  parseIndexes,
  trackingFinalizer,
} from "./job-objects.ts";
import { controllerOf } from "./owners.ts";
import { byWorth, isActive, isReady, type Pod } from "./pods.ts";
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
      await this.#count();
      return;
    }
    await this.#suspendOrResume();
    await this.#count();
    const end = this.#end();
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

  /** Counts pods that are over, each exactly once whenever we are stopped: noted first, let go, then counted. */
  async #count(): Promise<void> {
    const over = this.#pods().filter((pod) => isTracked(pod) && isOver(pod));
    const noted = this.#job.status?.uncountedTerminatedPods ?? {};
    const uids = (pods: readonly Pod[], before: readonly string[] = []) => [
      ...new Set([...before, ...pods.map(({ metadata }) => metadata.uid ?? "")]),
    ];
    const isDone = (pod: Pod) => pod.status?.phase === "Succeeded";
    const succeeded = uids(over.filter(isDone), noted.succeeded);
    const failed = uids(
      over.filter((pod) => !isDone(pod)),
      noted.failed,
    );
    if (succeeded.length + failed.length === 0) return;
    const indexes = this.#completed(over.filter(isDone));
    await this.#write({
      uncountedTerminatedPods: { ...(succeeded.length > 0 && { succeeded }), ...(failed.length > 0 && { failed }) },
      ...(isIndexed(this.#job) && indexes.size > 0 && { completedIndexes: formatIndexes(indexes) }),
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

  #completed(pods: readonly Pod[]): ReadonlySet<number> {
    const { completions = 0 } = this.#job.spec;
    const indexes = pods.map(indexOf).filter((index): index is number => index !== undefined && index < completions);
    return new Set([...parseIndexes(this.#job.status?.completedIndexes), ...indexes]);
  }

  /** The condition that ends it now, if any. */
  #end(): Condition | undefined {
    const { spec, status = {} } = this.#job;
    if ((status.failed ?? 0) > (spec.backoffLimit ?? 6)) {
      const message = "Job has reached the specified backoff limit";
      return { type: "Failed", status: "True", reason: "BackoffLimitExceeded", message };
    }
    if (this.#deadlineIn() <= 0) {
      const message = "Job was active longer than specified deadline";
      return { type: "Failed", status: "True", reason: "DeadlineExceeded", message };
    }
    const succeeded = status.succeeded ?? 0;
    const isEnough =
      spec.completions === undefined ? succeeded > 0 && this.#active().length === 0 : succeeded >= spec.completions;
    const message = "Reached expected number of succeeded pods";
    return isEnough ? { type: "Complete", status: "True", reason: "CompletionsReached", message } : undefined;
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

  /** Says first why it ends, ends what still runs, then says that it is over. */
  async #finish(end: Condition): Promise<void> {
    const { clock, record } = this.#context;
    const now = timestampOf(clock.now());
    const target = { ...end, type: end.type === "Complete" ? "SuccessCriteriaMet" : "FailureTarget" };
    await this.#write({ conditions: withCondition(this.#job.status?.conditions, target, now) });
    await this.#delete(this.#active());
    await this.#count();
    const { active: _, ...status } = this.#job.status ?? {};
    this.#job = (await this.#context.client.updateStatus(this.#job, (each) => ({
      ...each,
      status: {
        ...status,
        ready: 0,
        terminating: 0,
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
        },
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
    if (active.length >= wanted) return;
    const wait = this.#backoff();
    if (wait > 0) this.#again.addAfter(this.#key, wait);
    else await this.#create(wanted - active.length, active);
  }

  #backoff(): number {
    const last = this.#failures.get(this.#key);
    const failed = this.#job.status?.failed ?? 0;
    if (last === undefined || failed === 0) return 0;
    return last + Math.min(firstBackoffMs * 2 ** (failed - 1), longestBackoffMs) - this.#context.clock.now();
  }

  async #create(count: number, active: readonly Pod[]): Promise<void> {
    const { client, record } = this.#context;
    const taken = new Set([...this.#completed([]), ...active.map(indexOf)]);
    const free = Array.from({ length: this.#job.spec.completions ?? 0 }, (_, index) => index).filter(
      (index) => !taken.has(index),
    );
    await slowStart(count, async (number) => {
      try {
        const pod = await client.create(jobPod(this.#job, isIndexed(this.#job) ? free[number] : undefined));
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
      terminating: 0,
      uncountedTerminatedPods: {},
    });
  }

  async #write(
    fields: { readonly [field in keyof JobStatus]?: unknown } & { readonly terminating?: number },
  ): Promise<void> {
    this.#job = (await this.#context.client.updateStatus(this.#job, (each: KubeObject) => {
      const status = Object.entries({ ...((each["status"] ?? {}) as object), ...fields });
      return { ...each, status: Object.fromEntries(status.filter(([, value]) => value !== undefined)) };
    })) as Job;
  }
}
