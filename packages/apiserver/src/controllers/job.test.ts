import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { type World, withWorld } from "./world.fixture.ts";

const controllers = ["job", "ttl-after-finished", "garbagecollector"];

async function started(world: World, spec: object): Promise<KubeObject> {
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "work", image: "work:1" }] } };
  const metadata = { name: "work" };
  const made = await world.create({ apiVersion: "batch/v1", kind: "Job", metadata, spec: { template, ...spec } });
  await world.settle();
  return made;
}

interface Status {
  readonly active?: number;
  readonly succeeded?: number;
  readonly failed?: number;
  readonly completedIndexes?: string;
  readonly startTime?: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
}

const statusOf = (world: World) => (world.get("batch", "jobs", "work")?.["status"] ?? {}) as Status;

/** Active, succeeded and failed pods, then the conditions that hold: `1/2/0 Complete`. */
function seen(world: World): string {
  const { active = 0, succeeded = 0, failed = 0, conditions = [] } = statusOf(world);
  const holding = conditions.filter(({ status }) => status === "True").map(({ type }) => type);
  return [`${active}/${succeeded}/${failed}`, ...holding].join(" ");
}

const isRunning = (pod: KubeObject) => (pod["status"] as { readonly phase?: string }).phase === "Pending";

/** Ends pods that run, one a letter: `s` succeeds, `f` fails, `d` is deleted; `+` turns the clock by ten minutes. */
async function play(world: World, letters: string): Promise<void> {
  for (const letter of letters) {
    const pod = world.list("", "pods").find(isRunning) as KubeObject;
    if (letter === "+") await world.turn(600_000);
    else if (letter === "d") await world.delete(pod);
    else if (letter === "s") await world.setStatus(pod, { phase: "Succeeded" });
    else await world.setStatus(pod, { phase: "Failed", conditions: [{ type: "Broken", status: "True" }] });
    await world.settle();
  }
}

const indexed = { completionMode: "Indexed", completions: 3, parallelism: 3 };

/** A rule for pods that say that they are broken, as all here do that fail. */
function whenFailed(action: string) {
  return { rules: [{ action, onPodConditions: [{ type: "Broken", status: "True" }] }] };
}

const cases: readonly [spec: object, played: string, seen: string][] = [
  [{}, "", "1/0/0"],
  [{}, "s", "0/1/0 SuccessCriteriaMet Complete"],
  [{}, "f", "0/0/1"],
  [{}, "f+", "1/0/1"],
  [{}, "d+", "1/0/1"],
  [{ backoffLimit: 0 }, "f", "0/0/1 FailureTarget Failed"],
  [{ backoffLimit: 1 }, "f+f", "0/0/2 FailureTarget Failed"],
  [{ completions: 3, parallelism: 2 }, "s", "2/1/0"],
  [{ completions: 3, parallelism: 2 }, "sss", "0/3/0 SuccessCriteriaMet Complete"],
  [{ parallelism: 3 }, "", "3/0/0"],
  [{ parallelism: 3 }, "s", "2/1/0"],
  [{ parallelism: 2 }, "ss", "0/2/0 SuccessCriteriaMet Complete"],
  [{ completionMode: "Indexed", completions: 3, parallelism: 3 }, "ss", "1/2/0"],
  [{ completionMode: "Indexed", completions: 2, parallelism: 1 }, "f+ss", "0/2/1 SuccessCriteriaMet Complete"],
  [{ activeDeadlineSeconds: 60 }, "+", "0/0/1 FailureTarget Failed"],
  [{ managedBy: "example.com/other" }, "", "0/0/0"],
  [
    { ...indexed, successPolicy: { rules: [{ succeededIndexes: "0-1", succeededCount: 1 }] } },
    "s",
    "0/1/0 SuccessCriteriaMet Complete",
  ],
  [{ ...indexed, successPolicy: { rules: [{ succeededIndexes: "1" }, { succeededCount: 2 }] } }, "s", "2/1/0"],
  [{ ...indexed, backoffLimitPerIndex: 0 }, "fss", "0/2/1 FailureTarget Failed"],
  [{ ...indexed, backoffLimitPerIndex: 1 }, "f+", "3/0/1"],
  [{ ...indexed, backoffLimitPerIndex: 0, maxFailedIndexes: 1 }, "ff", "0/0/3 FailureTarget Failed"],
  [{ ...indexed, backoffLimitPerIndex: 5, podFailurePolicy: whenFailed("FailIndex") }, "f", "2/0/1"],
  [{ podFailurePolicy: whenFailed("Ignore") }, "f", "1/0/0"],
  [{ podFailurePolicy: whenFailed("Count") }, "f+", "1/0/1"],
  [{ podFailurePolicy: whenFailed("FailJob") }, "f", "0/0/1 FailureTarget Failed"],
  [{ parallelism: 2, podReplacementPolicy: "Failed" }, "d", "1/0/0"],
  [{ suspend: true }, "", "0/0/0 Suspended"],
];

for (const [spec, played, expected] of cases) {
  test(`job ${JSON.stringify(spec)} after "${played}": ${expected}`, () =>
    withWorld(controllers, async (world) => {
      await started(world, spec);
      await play(world, played);
      assert.equal(seen(world), expected);
      for (const pod of world.list("", "pods"))
        assert.equal(pod.metadata.finalizers?.length ?? 0, isRunning(pod) ? 1 : 0, "a pod that is counted is let go");
    }));
}

test("pods of an Indexed job know their index", () =>
  withWorld(controllers, async (world) => {
    await started(world, { completionMode: "Indexed", completions: 4, parallelism: 4 });
    await play(world, "s");
    const pods = world.list("", "pods");
    assert.deepEqual(
      pods.map(({ metadata }) => metadata.labels?.["batch.kubernetes.io/job-completion-index"]),
      ["0", "1", "2", "3"],
    );
    const { hostname, containers } = pods[2]?.["spec"] as {
      hostname: string;
      containers: { env: { name: string }[] }[];
    };
    assert.equal(hostname, "work-2");
    assert.equal(containers[0]?.env[0]?.name, "JOB_COMPLETION_INDEX");
    assert.equal(statusOf(world).completedIndexes, "0");
  }));

test("a job is suspended and resumed", () =>
  withWorld(controllers, async (world) => {
    const made = await started(world, { parallelism: 2 });
    const suspend = (value: boolean) => (fresh: KubeObject) => ({
      ...fresh,
      spec: { ...(fresh["spec"] as object), suspend: value },
    });
    await world.update(made, suspend(true));
    assert.deepEqual(
      [seen(world), world.list("", "pods").length, statusOf(world).startTime],
      ["0/0/0 Suspended", 0, undefined],
    );
    await world.update(made, suspend(false));
    assert.deepEqual([seen(world), world.list("", "pods").length], ["2/0/0", 2]);
  }));

test("a job that is over is deleted with its pods when its time has come", () =>
  withWorld(controllers, async (world) => {
    await started(world, { ttlSecondsAfterFinished: 30 });
    await play(world, "s");
    await world.turn(29_000);
    assert.equal(world.list("batch", "jobs").length, 1);
    await world.turn(1_000);
    assert.deepEqual([world.list("batch", "jobs").length, world.list("", "pods").length], [0, 0]);
  }));

test("pods are counted once also when the controller is restarted", () =>
  withWorld(controllers, async (world) => {
    await started(world, { completions: 2, parallelism: 2 });
    const [pod] = world.list("", "pods");
    await world.setStatus(pod as KubeObject, { phase: "Succeeded" });
    await world.restart();
    assert.equal(seen(world), "1/1/0");
    await world.restart();
    assert.equal(seen(world), "1/1/0");
  }));
