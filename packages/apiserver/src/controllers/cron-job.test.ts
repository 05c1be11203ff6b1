import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { type World, withWorld } from "./world.fixture.ts";

const minute = 60_000;
/** 2026-01-01T00:00:00Z in minutes: the number in the names of its Jobs. */
const first = Date.UTC(2026, 0, 1) / minute;

function tick(spec: object = {}): KubeObject {
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "tick", image: "tick:1" }] } };
  const metadata = { labels: { app: "tick" }, annotations: { note: "of the template" } };
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "tick" },
    spec: { schedule: "* * * * *", jobTemplate: { metadata, spec: { template } }, ...spec },
  };
}

const withTick = (spec: object, run: (world: World, cron: KubeObject) => Promise<void>) =>
  withWorld(["cronjob"], async (world) => {
    const cron = await world.create(tick(spec));
    await world.settle();
    await run(world, cron);
  });

/** The Jobs by the minutes behind the start that their names tell: `1 2`. */
function jobs(world: World): string {
  return world
    .names("batch", "jobs")
    .map((name) => Number(name.replace("tick-", "")) - first)
    .join(" ");
}

function status(world: World): { readonly [field: string]: unknown } {
  return world.get("batch", "cronjobs", "tick")?.["status"] as { readonly [field: string]: unknown };
}

function events(world: World): readonly string[] {
  return world
    .list("", "events")
    .map(({ reason, message }) => `${reason}: ${message}`)
    .sort();
}

/** Ends the Job of a minute. */
async function end(world: World, at: number, type: "Complete" | "Failed"): Promise<void> {
  const time = `${new Date(world.clock.now()).toISOString().slice(0, 19)}Z`;
  const job = world.get("batch", "jobs", `tick-${first + at}`) as KubeObject;
  const conditions = (type === "Complete" ? ["SuccessCriteriaMet", type] : ["FailureTarget", type]).map((each) => ({
    type: each,
    status: "True",
  }));
  await world.setStatus(job, { startTime: time, ...(type === "Complete" && { completionTime: time }), conditions });
  await world.settle();
}

test("a Job is made each minute, named after it, with what its template has", () =>
  withTick({}, async (world, cron) => {
    assert.equal(jobs(world), "");
    await world.turn(minute);
    assert.equal(jobs(world), "1");
    const [job] = world.list("batch", "jobs");
    assert.equal(job?.metadata.labels?.["app"], "tick");
    assert.deepEqual(job?.metadata.annotations, {
      note: "of the template",
      "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-01-01T00:01:00Z",
    });
    assert.equal(job?.metadata.ownerReferences?.[0]?.uid, cron.metadata.uid);
    assert.equal(status(world)["lastScheduleTime"], "2026-01-01T00:01:00Z");
    const [active] = status(world)["active"] as readonly { readonly [field: string]: unknown }[];
    assert.deepEqual([active?.["kind"], active?.["name"]], ["Job", `tick-${first + 1}`]);
    await world.turn(minute);
    assert.equal(jobs(world), "1 2");
    assert.deepEqual(events(world), [
      `SuccessfulCreate: Created job tick-${first + 1}`,
      `SuccessfulCreate: Created job tick-${first + 2}`,
    ]);
  }));

/** What runs at the second minute while the Job of the first is still running. */
const policies: readonly [policy: string, jobs: string, reason: string][] = [
  ["Allow", "1 2", "SuccessfulCreate"],
  ["Forbid", "1", "JobAlreadyActive"],
  ["Replace", "2", "SuccessfulDelete"],
];
for (const [concurrencyPolicy, left, reason] of policies)
  test(`${concurrencyPolicy}: the next time comes while a Job runs`, () =>
    withTick({ concurrencyPolicy }, async (world) => {
      await world.turn(minute);
      await world.turn(minute);
      assert.equal(jobs(world), left);
      assert.equal(
        events(world).some((each) => each.startsWith(`${reason}: `)),
        true,
      );
    }));

test("Forbid: what was put off is done when the Job is over", () =>
  withTick({ concurrencyPolicy: "Forbid" }, async (world) => {
    await world.turn(minute);
    await world.turn(minute);
    await end(world, 1, "Complete");
    assert.equal(jobs(world), "1 2");
    assert.equal(
      events(world).includes(`SawCompletedJob: Saw completed job: tick-${first + 1}, condition: Complete`),
      true,
    );
    assert.equal(status(world)["lastSuccessfulTime"], "2026-01-01T00:02:00Z");
  }));

test("Jobs that are over are kept up to the limits", () =>
  withTick({ successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 2 }, async (world) => {
    for (const at of [1, 2, 3, 4, 5, 6]) {
      await world.turn(minute);
      await end(world, at, at % 2 === 0 ? "Complete" : "Failed");
    }
    assert.equal(jobs(world), "3 5 6");
    assert.equal(status(world)["active"], undefined);
  }));

test("a suspended schedule makes nothing; when it goes on, only the last time is made up for", () =>
  withTick({ suspend: true }, async (world, cron) => {
    await world.turn(3 * minute);
    assert.equal(jobs(world), "");
    await world.update(cron, (fresh) => ({ ...fresh, spec: { ...(fresh["spec"] as object), suspend: false } }));
    assert.equal(jobs(world), "3");
  }));

test("a clock that jumps forward makes one Job and a warning; one that jumps back makes none", () =>
  withTick({}, async (world) => {
    await world.turn(1000 * minute);
    assert.equal(jobs(world), "1000");
    assert.equal(
      events(world).some((each) => each.startsWith("TooManyMissedTimes: too many missed start times.")),
      true,
    );
    await world.turn(-500 * minute);
    await world.restart();
    await world.turn(minute);
    assert.equal(jobs(world), "1000");
  }));

test("a Job that is gone is no longer active", () =>
  withTick({}, async (world) => {
    await world.turn(minute);
    await world.delete(world.get("batch", "jobs", `tick-${first + 1}`) as KubeObject, "Background");
    assert.equal(status(world)["active"], undefined);
    assert.equal(events(world).includes(`MissingJob: Active job went missing: tick-${first + 1}`), true);
  }));

test("a time that is past its deadline is not made up for", () =>
  withTick({ schedule: "@hourly", startingDeadlineSeconds: 30, suspend: true }, async (world, cron) => {
    await world.turn(61 * minute);
    await world.update(cron, (fresh) => ({ ...fresh, spec: { ...(fresh["spec"] as object), suspend: false } }));
    assert.equal(jobs(world), "");
    await world.turn(59 * minute);
    assert.equal(jobs(world), "120");
  }));

test("times are those of the zone", () =>
  withTick({ schedule: "0 6 * * *", timeZone: "Asia/Kolkata" }, async (world) => {
    await world.turn(30 * minute);
    assert.equal(jobs(world), "30");
    const [job] = world.list("batch", "jobs");
    const time = job?.metadata.annotations?.["batch.kubernetes.io/cronjob-scheduled-timestamp"];
    assert.equal(time, "2026-01-01T06:00:00+05:30");
  }));

test("a schedule of a day that never comes is told of", () =>
  withTick({ schedule: "59 23 31 2 *" }, async (world) => {
    await world.turn(2 * minute);
    assert.equal(jobs(world), "");
    assert.deepEqual(events(world), [
      "InvalidSchedule: invalid schedule: 59 23 31 2 * : time difference between two schedules is less than 1 second",
    ]);
  }));
