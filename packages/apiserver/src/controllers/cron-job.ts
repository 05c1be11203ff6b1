import { type KubeObject, parseSchedule, type Schedule, timestampOf } from "@sallyport/kube";
import { isReason } from "./client.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { nextTime, zonedTime } from "./cron-times.ts";
import { endOf, type Job } from "./job-objects.ts";
import { controllerOf, controllerReference } from "./owners.ts";
import { type Again, ownKey, partsOf, reconciler } from "./reconciler.ts";

const scheduledAnnotation = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/** As many missed times are worth a warning: the clock has jumped, or nobody looked for long. */
const manyMissed = 100;

interface CronJob extends KubeObject {
  readonly spec: {
    readonly schedule: string;
    readonly timeZone?: string;
    readonly suspend?: boolean;
    readonly concurrencyPolicy?: string;
    readonly startingDeadlineSeconds?: number;
    readonly successfulJobsHistoryLimit?: number;
    readonly failedJobsHistoryLimit?: number;
    readonly jobTemplate: {
      readonly metadata?: {
        readonly labels?: { readonly [key: string]: string };
        readonly annotations?: { readonly [key: string]: string };
      };
      readonly spec?: object;
    };
  };
  readonly status?: CronJobStatus;
}

interface CronJobStatus {
  readonly active?: readonly JobReference[];
  readonly lastScheduleTime?: string;
  readonly lastSuccessfulTime?: string;
}

interface JobReference {
  readonly name?: string;
  readonly uid?: string;
}

/** Makes Jobs at the times of a schedule. */
export const cronJob: ControllerKind = {
  name: "cronjob-controller",
  alias: "cronjob",
  account: "cronjob-controller",
  create: (context) => {
    const { cache } = context;
    return reconciler(
      {
        name: cronJob.name,
        follows: [
          { group: "batch", resource: "cronjobs", keys: ownKey },
          {
            group: "batch",
            resource: "jobs",
            keys: ({ namespace, object, previous }) =>
              [previous, object]
                .map((each) => each && controllerOf(each))
                .filter((each) => each?.kind === "CronJob")
                .map((each) => `${namespace}/${each?.name ?? ""}`),
          },
        ],
        sync: async (key, again) => {
          const found = cache.get("batch", "cronjobs", ...partsOf(key)) as CronJob | undefined;
          if (found !== undefined) await new CronSync(found, key, again, context).run();
        },
      },
      context,
    );
  },
};

/** One look at one CronJob. */
class CronSync {
  #cron: CronJob;
  readonly #key: string;
  readonly #again: Again;
  readonly #context: ControllerContext;

  constructor(found: CronJob, key: string, again: Again, context: ControllerContext) {
    this.#cron = found;
    this.#key = key;
    this.#again = again;
    this.#context = context;
  }

  async run(): Promise<void> {
    await this.#noteEnded();
    await this.#cleanUp();
    const { metadata, spec } = this.#cron;
    if (metadata.deletionTimestamp || spec.suspend === true) return;
    const schedule = parseSchedule(spec.schedule);
    if (typeof schedule === "string") {
      this.#tell(
        "Warning",
        "UnparseableSchedule",
        `unparseable schedule: ${JSON.stringify(spec.schedule)} : ${schedule}`,
      );
      return;
    }
    const { clock } = this.#context;
    if (nextTime(schedule, clock.now(), spec.timeZone) === undefined) {
      // robfig/cron's next time is none for a day that never comes, and none and the next one are equal.
      const why = "time difference between two schedules is less than 1 second";
      this.#tell("Warning", "InvalidSchedule", `invalid schedule: ${spec.schedule} : ${why}`);
      return;
    }
    const time = this.#dueTime(schedule);
    if (time !== undefined) await this.#runAt(time);
    const next = nextTime(schedule, clock.now(), spec.timeZone);
    if (next !== undefined) this.#again.addAfter(this.#key, next - clock.now());
  }

  #jobs(): readonly Job[] {
    const { namespace, uid } = this.#cron.metadata;
    const all = this.#context.cache.list("batch", "jobs", namespace) as readonly Job[];
    return all.filter((each) => controllerOf(each)?.uid === uid);
  }

  /** Takes out of the status what is over or gone, and tells of it. */
  async #noteEnded(): Promise<void> {
    const jobs = this.#jobs();
    const active = this.#cron.status?.active ?? [];
    const isActive = ({ metadata }: Job) => active.some(({ uid }) => uid === metadata.uid);
    for (const job of jobs)
      if (!isActive(job) && endOf(job) === undefined)
        this.#tell(
          "Warning",
          "UnexpectedJob",
          `Saw a job that the controller did not create or forgot: ${job.metadata.name}`,
        );
    const left = active.filter(({ uid, name }) => {
      const job = jobs.find(({ metadata }) => metadata.uid === uid);
      const end = job && endOf(job);
      if (job === undefined) this.#tell("Normal", "MissingJob", `Active job went missing: ${name}`);
      if (end !== undefined)
        this.#tell("Normal", "SawCompletedJob", `Saw completed job: ${name}, condition: ${end.type}`);
      return job !== undefined && end === undefined;
    });
    const successes = jobs.flatMap((job) =>
      endOf(job)?.type === "Complete" ? [job.status?.completionTime ?? ""] : [],
    );
    const [lastSuccessfulTime] = [this.#cron.status?.lastSuccessfulTime ?? "", ...successes].sort().reverse();
    await this.#write({ active: left, ...(lastSuccessfulTime && { lastSuccessfulTime }) });
  }

  /** Deletes the oldest Jobs that are over, beyond the limits. */
  async #cleanUp(): Promise<void> {
    const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = this.#cron.spec;
    await this.#cleanUpOf("Complete", successfulJobsHistoryLimit);
    await this.#cleanUpOf("Failed", failedJobsHistoryLimit);
  }

  async #cleanUpOf(end: string, limit: number | undefined): Promise<void> {
    if (limit === undefined) return;
    const startOf = ({ status, metadata }: Job) => status?.startTime ?? metadata.creationTimestamp ?? "";
    const over = this.#jobs().filter((job) => endOf(job)?.type === end && !job.metadata.deletionTimestamp);
    const sorted = [...over].sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
    for (const job of sorted.slice(0, Math.max(0, sorted.length - limit))) await this.#delete(job);
  }

  /** The newest time that has come and for which nothing was made. */
  #dueTime(schedule: Schedule): number | undefined {
    const { spec, status, metadata } = this.#cron;
    const now = this.#context.clock.now();
    const deadline = spec.startingDeadlineSeconds;
    const last = Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp ?? "");
    const from = deadline === undefined ? last : Math.max(last, now - deadline * 1000);
    const first = nextTime(schedule, from, spec.timeZone);
    if (first === undefined || first > now) return undefined;
    const second = nextTime(schedule, first, spec.timeZone);
    if (second === undefined || second > now) return first;
    const missed = Math.floor((now - first) / (second - first)) + 1;
    if (missed > manyMissed)
      this.#tell(
        "Warning",
        "TooManyMissedTimes",
        "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
      );
    return this.#newest(schedule, first + (missed - 2) * (second - first), now) ?? first;
  }

  /** The last time up to now; times need not be equally far from each other. */
  #newest(schedule: Schedule, from: number, now: number): number | undefined {
    let newest: number | undefined;
    let time = nextTime(schedule, from, this.#cron.spec.timeZone);
    while (time !== undefined && time <= now) {
      newest = time;
      time = nextTime(schedule, time, this.#cron.spec.timeZone);
    }
    return newest;
  }

  async #runAt(time: number): Promise<void> {
    const { spec, status } = this.#cron;
    const { clock } = this.#context;
    const deadline = spec.startingDeadlineSeconds;
    if (deadline !== undefined && time + deadline * 1000 < clock.now()) {
      this.#tell("Warning", "MissSchedule", `Missed scheduled time to start a job: ${rfc1123(time)}`);
      return;
    }
    const active = status?.active ?? [];
    if (active.some(({ name }) => name === this.#jobName(time))) return;
    if (active.length > 0 && spec.concurrencyPolicy === "Forbid") {
      const message = "Not starting job because prior execution is running and concurrency policy is Forbid";
      this.#tell("Normal", "JobAlreadyActive", message);
      return;
    }
    if (spec.concurrencyPolicy === "Replace") await this.#deleteActive();
    await this.#create(time);
  }

  async #deleteActive(): Promise<void> {
    const active = new Set((this.#cron.status?.active ?? []).map(({ uid }) => uid));
    for (const job of this.#jobs().filter(({ metadata }) => active.has(metadata.uid))) await this.#delete(job);
    await this.#write({ active: [] });
  }

  async #delete(job: Job): Promise<void> {
    await this.#context.client.delete(job, { propagationPolicy: "Background" });
    this.#tell("Normal", "SuccessfulDelete", `Deleted job ${job.metadata.name}`);
  }

  #jobName(time: number): string {
    return `${this.#cron.metadata.name}-${Math.floor(time / 60_000)}`;
  }

  async #create(time: number): Promise<void> {
    const job = await this.#created(time);
    if (job === undefined) return;
    const { apiVersion, kind, metadata } = job;
    const { namespace, name = "", uid = "", resourceVersion } = metadata;
    const reference = { apiVersion, kind, name, namespace, uid, resourceVersion };
    const active = [...(this.#cron.status?.active ?? []), reference];
    await this.#write({ active, lastScheduleTime: timestampOf(time) });
  }

  /** The Job of a time: made, or made before we were stopped. Undefined when it is over already, or somebody else's. */
  async #created(time: number): Promise<Job | undefined> {
    const { cache, client } = this.#context;
    const name = this.#jobName(time);
    try {
      const made = await client.create(this.#jobAt(time));
      this.#tell("Normal", "SuccessfulCreate", `Created job ${name}`);
      return made as Job;
    } catch (error) {
      const found = cache.get("batch", "jobs", this.#cron.metadata.namespace ?? "", name) as Job | undefined;
      if (isReason(error, "AlreadyExists") && found !== undefined) {
        const isOurs = controllerOf(found)?.uid === this.#cron.metadata.uid;
        return isOurs && endOf(found) === undefined ? found : undefined;
      }
      this.#tell("Warning", "FailedCreate", `Error creating job: ${(error as Error).message}`);
      throw error;
    }
  }

  #jobAt(time: number): KubeObject {
    const { metadata, spec } = this.#cron;
    const { labels, annotations } = spec.jobTemplate.metadata ?? {};
    return {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: {
        name: this.#jobName(time),
        namespace: metadata.namespace ?? "",
        ...(labels && { labels }),
        annotations: { ...annotations, [scheduledAnnotation]: zonedTime(time, spec.timeZone) },
        ownerReferences: [controllerReference(this.#cron)],
      },
      spec: spec.jobTemplate.spec ?? {},
    };
  }

  async #write(fields: CronJobStatus): Promise<void> {
    this.#cron = (await this.#context.client.updateStatus(this.#cron, (each) => {
      const { active = [], ...status } = { ...(each as CronJob).status, ...fields };
      return { ...each, status: { ...status, ...(active.length > 0 && { active }) } };
    })) as CronJob;
  }

  #tell(type: "Normal" | "Warning", reason: string, message: string): void {
    this.#context.record(this.#cron, type, reason, message);
  }
}

/** `Thu, 01 Jan 2026 00:05:00 +0000`. */
function rfc1123(time: number): string {
  return new Date(time).toUTCString().replace("GMT", "+0000");
}
