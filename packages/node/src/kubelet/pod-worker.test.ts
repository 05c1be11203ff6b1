import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { RuntimeFault } from "../runtime/container-runtime.ts";
import { WaitingFault } from "./context.ts";
import type { Pod, PodStatus } from "./pod.ts";
import type { PodWorker } from "./pod-worker.ts";
import { deleted, PodWorld, podOf, settled } from "./pod-world.fixture.ts";

/** Plays a pod; whatever is left of it then is deleted, and must go. */
function playing(what: string, pod: Pod, play: (world: PodWorld, worker: PodWorker) => Promise<void>): void {
  test(what, async () => {
    const folder = mkdtempSync(join(tmpdir(), "sallyport-pod-"));
    const world = new PodWorld(folder);
    const worker = world.start(pod);
    try {
      await settled();
      await play(world, worker);
      worker.update(deleted(worker.pod, 0));
      await world.clock.advance(20);
      await worker.done;
      assert.deepEqual([world.forgotten, world.removed], [1, 1]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

const stateOf = (status: PodStatus, list: "containerStatuses" | "initContainerStatuses" = "containerStatuses", i = 0) =>
  status[list]?.[i];
const condition = ({ conditions }: PodStatus, type: string) => {
  const found = conditions?.find((each) => each.type === type);
  return [found?.status, found?.reason];
};
const reasons = (world: PodWorld) => world.events.map((event) => event.split(" | ")[1]);

playing("a pod runs, is ready, and ends when it is deleted", podOf({}), async (world, worker) => {
  const { status } = world;
  assert.equal(status.phase, "Running");
  assert.deepEqual([status.podIP, status.hostIP, status.observedGeneration], ["10.244.0.2", "192.0.2.1", 1]);
  assert.deepEqual(stateOf(status)?.state, { running: { startedAt: "2026-01-02T03:04:05Z" } });
  for (const type of ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"])
    assert.deepEqual(condition(status, type), ["True", undefined], type);
  assert.deepEqual(world.events, [
    "Normal | Created | Container created | spec.containers{c}",
    "Normal | Started | Container started | spec.containers{c}",
  ]);
  assert.deepEqual([world.statuses[0]?.phase, world.statuses.length < 5], ["Pending", true]);
  worker.update(deleted(worker.pod, 30));
  await worker.done;
  assert.deepEqual(world.process("c").signals, ["SIGTERM"]);
  assert.deepEqual([world.status.phase, stateOf(world.status)?.state.terminated?.exitCode], ["Failed", 143]);
  assert.deepEqual([world.forgotten, reasons(world).at(-1)], [1, "Killing"]);
});

playing("what does not end when it is asked to is killed after its grace", podOf({}), async (world, worker) => {
  world.deaf.add("c");
  worker.update(deleted(worker.pod, 30));
  await world.clock.advance(29);
  assert.deepEqual(world.process("c").signals, ["SIGTERM"]);
  await world.clock.advance(2);
  assert.deepEqual(world.process("c").signals, ["SIGTERM", "SIGKILL"]);
  await worker.done;
});

playing("asked again with less grace, it ends sooner", podOf({}), async (world, worker) => {
  world.deaf.add("c");
  worker.update(deleted(worker.pod, 300));
  await world.clock.advance(2);
  worker.update(deleted(worker.pod, 1));
  await world.clock.advance(2);
  assert.deepEqual(world.process("c").signals, ["SIGTERM", "SIGKILL"]);
});

playing("a container that ends again and again waits longer each time", podOf({}), async (world) => {
  world.process("c").end(1);
  await world.until(({ processes }) => processes.length === 2);
  assert.equal(world.processes.length, 2, "the first time at once");
  world.process("c").end(2);
  await world.until(() => world.state() === "Error");
  assert.equal(stateOf(world.status)?.state.terminated?.reason, "Error");
  await world.clock.advance(2);
  const waiting = stateOf(world.status);
  assert.deepEqual(waiting?.state.waiting, {
    reason: "CrashLoopBackOff",
    message: "back-off 10s restarting failed container=c pod=web_a(u)",
  });
  assert.deepEqual([waiting?.lastState.terminated?.exitCode, waiting?.restartCount, waiting?.ready], [2, 1, false]);
  assert.deepEqual(
    [world.status.phase, ...condition(world.status, "Ready")],
    ["Running", "False", "ContainersNotReady"],
  );
  await world.clock.advance(10);
  await world.until(({ processes }) => processes.length === 3);
  assert.deepEqual([world.processes.length, stateOf(world.status)?.restartCount], [3, 2]);
});

for (const [policy, code, phase] of [
  ["Never", 0, "Succeeded"],
  ["Never", 3, "Failed"],
  ["OnFailure", 0, "Succeeded"],
] as const)
  playing(`policy ${policy}, ended with ${code}: ${phase}`, podOf({ restartPolicy: policy }), async (world) => {
    world.process("c").end(code);
    await world.until(({ removed, status }) => removed === 1 && status.phase === phase);
    assert.deepEqual([world.status.phase, world.processes.length, world.removed], [phase, 1, 1]);
    assert.deepEqual(condition(world.status, "Ready"), ["False", code === 0 ? "PodCompleted" : "PodFailed"]);
    assert.deepEqual(condition(world.status, "PodReadyToStartContainers"), ["False", undefined]);
    assert.equal(world.forgotten, 0, "it is there until somebody deletes it");
  });

playing("out of memory", podOf({ restartPolicy: "Never" }), async (world) => {
  world.process("c").end(137, { isOutOfMemory: true });
  await world.until(() => world.state() === "OOMKilled");
  assert.equal(stateOf(world.status)?.state.terminated?.reason, "OOMKilled");
});

const init = podOf({
  initContainers: [
    { name: "first", image: "i" },
    { name: "proxy", image: "i", restartPolicy: "Always" },
    { name: "second", image: "i" },
  ],
});

playing(
  "init containers run one after another, a sidecar beside them, and outlives the others",
  init,
  async (world, worker) => {
    assert.deepEqual(condition(world.status, "Initialized"), ["False", "ContainersNotInitialized"]);
    assert.equal(stateOf(world.status)?.state.waiting?.reason, "PodInitializing");
    world.process("first").end(0);
    await world.until(({ processes }) => processes.length === 3);
    assert.deepEqual(
      world.processes.map(({ id }) => id),
      ["first-0", "proxy-0", "second-0"],
    );
    world.process("second").end(0);
    await world.until(({ status }) => status.phase === "Running" && world.state() === "running");
    assert.deepEqual([world.status.phase, ...condition(world.status, "Initialized")], ["Running", "True", undefined]);
    assert.deepEqual(
      [0, 1, 2].map((i) => stateOf(world.status, "initContainerStatuses", i)?.ready),
      [true, true, true],
    );
    world.deaf.add("c");
    worker.update(deleted(worker.pod, 30));
    await world.until(() => world.process("c").signals.length > 0);
    assert.deepEqual([world.process("c").signals, world.process("proxy").signals], [["SIGTERM"], []]);
    world.process("c").end(0);
    await world.until(() => world.process("proxy").signals.length > 0);
    assert.deepEqual(world.process("proxy").signals, ["SIGTERM"]);
  },
);

playing(
  "an init container that fails ends a pod that never restarts",
  podOf({ restartPolicy: "Never", initContainers: [{ name: "first", image: "i" }] }),
  async (world) => {
    world.process("first").end(1);
    await world.until(({ status }) => status.phase === "Failed");
    assert.deepEqual([world.status.phase, stateOf(world.status)?.state.waiting?.reason], ["Failed", "PodInitializing"]);
  },
);

test("faults on the way are told, and tried again", async () => {
  const world = new PodWorld("/nowhere");
  world.faults = { sandbox: new WaitingFault("FailedCreatePodSandBox", "no handler") };
  const worker = world.start(podOf({}));
  await settled();
  assert.deepEqual(world.events, ["Warning | FailedCreatePodSandBox | no handler | "]);
  world.faults = { image: new WaitingFault("ErrImagePull", "refused") };
  await world.clock.advance(11);
  assert.deepEqual(stateOf(world.status)?.state.waiting, { reason: "ErrImagePull", message: "refused" });
  assert.deepEqual(reasons(world), ["FailedCreatePodSandBox"]);
  world.faults = { bundle: new WaitingFault("CreateContainerConfigError", "no such secret") };
  await world.clock.advance(11);
  assert.equal(stateOf(world.status)?.state.waiting?.reason, "CreateContainerConfigError");
  assert.equal(world.events.at(-1), "Warning | Failed | Error: no such secret | spec.containers{c}");
  world.faults = { start: new RuntimeFault("RunContainerError", "exec: no such file") };
  worker.update(worker.pod);
  await settled();
  assert.deepEqual(stateOf(world.status)?.lastState.terminated?.reason, "StartError");
  world.faults = {};
  await world.clock.advance(20);
  assert.equal(world.status.phase, "Running");
  worker.update(deleted(worker.pod, 0));
  await worker.done;
});

playing("a pod that is active for too long", podOf({ activeDeadlineSeconds: 5 }), async (world) => {
  await world.clock.advance(6);
  await world.until(({ status }) => status.phase === "Failed");
  assert.deepEqual([world.status.reason, world.forgotten], ["DeadlineExceeded", 0]);
});

for (const isForPressure of [false, true])
  test(`a pod that is evicted${isForPressure ? " for pressure says so" : ""} has failed, and stays to be looked at`, async () => {
    const world = new PodWorld("/nowhere");
    const worker = world.start(podOf({ terminationGracePeriodSeconds: 600 }));
    await world.until(({ status }) => status.phase === "Running");
    assert.equal(worker.evict("The node was low. ", isForPressure), true);
    assert.equal(worker.evict("Again. ", isForPressure), false);
    await world.until(({ status }) => status.phase === "Failed");
    const { reason, message, conditions = [] } = world.status;
    assert.deepEqual([reason, message, world.forgotten], ["Evicted", "The node was low. ", 0]);
    assert.equal(
      conditions.some(({ type, status }) => type === "DisruptionTarget" && status === "True"),
      isForPressure,
    );
    assert.ok(world.events.includes("Warning | Evicted | The node was low.  | "), world.events.join("\n"));
    worker.update(deleted(worker.pod, 0));
    await worker.done;
    assert.equal(world.forgotten, 1);
  });

const stages = ["sandbox", "image", "bundle", "start"] as const;

for (const stage of stages)
  test(`a pod that is deleted while its ${stage} is waited for ends soon, and leaves nothing`, async () => {
    const world = new PodWorld("/nowhere");
    const gate = Promise.withResolvers<void>();
    world.gates = { [stage]: gate.promise };
    const worker = world.start(podOf({ terminationGracePeriodSeconds: 600 }));
    await settled();
    worker.update(deleted(worker.pod, 600));
    await settled();
    gate.resolve();
    await worker.done;
    assert.deepEqual([world.forgotten, world.removed, world.bundles], [1, 1, 0]);
    assert.deepEqual(
      world.processes.map(({ signals }) => signals),
      stage === "start" ? [["SIGTERM"]] : [],
    );
  });

test("a pod that is deleted while nothing of it can begin goes at once", async () => {
  const world = new PodWorld("/nowhere");
  world.faults = { start: new RuntimeFault("RunContainerError", "exec: no such file") };
  const worker = world.start(podOf({ terminationGracePeriodSeconds: 600 }));
  await world.until(({ status }) => stateOf(status)?.state.terminated?.reason === "StartError");
  worker.update(deleted(worker.pod, 600));
  await worker.done;
  assert.deepEqual([world.forgotten, world.removed, world.bundles], [1, 1, 0]);
});

const probe = (more: object) => ({ exec: { command: ["true"] }, periodSeconds: 2, failureThreshold: 2, ...more });

playing(
  "probes: started, then ready, then alive no more",
  podOf({
    containers: [
      { name: "c", image: "i", startupProbe: probe({}), readinessProbe: probe({}), livenessProbe: probe({}) },
    ],
  }),
  async (world) => {
    await world.clock.advance(1);
    const status = stateOf(world.status);
    assert.deepEqual([status?.started, status?.ready], [true, true]);
    world.commandCode = 1;
    await world.clock.advance(6);
    assert.ok(world.events.includes("Warning | Unhealthy | Liveness probe failed: no | spec.containers{c}"));
    assert.ok(
      world.events.includes(
        "Normal | Killing | Container c failed liveness probe, will be restarted | spec.containers{c}",
      ),
    );
    await world.until(({ processes }) => processes.length === 2);
    assert.deepEqual([stateOf(world.status)?.started, stateOf(world.status)?.ready], [false, false]);
  },
);

playing(
  "hooks run before it is ready, and before it is asked to end",
  podOf({
    containers: [
      {
        name: "c",
        image: "i",
        lifecycle: { postStart: { exec: { command: ["hello"] } }, preStop: { exec: { command: ["bye"] } } },
      },
    ],
  }),
  async (world, worker) => {
    assert.deepEqual([world.commands, stateOf(world.status)?.ready], [[["hello"]], true]);
    worker.update(deleted(worker.pod, 30));
    await settled();
    assert.deepEqual(world.commands, [["hello"], ["bye"]]);
  },
);

playing(
  "an ephemeral container shares the processes of its target, which must be there",
  podOf({}),
  async (world, worker) => {
    const debug = (name: string, targetContainerName: string) => ({ name, image: "i", targetContainerName });
    const ephemeralContainers = [debug("one", "c"), debug("two", "gone")];
    worker.update({ ...worker.pod, spec: { ...worker.pod.spec, ephemeralContainers } });
    await settled();
    assert.deepEqual(world.targets, [undefined, 1]);
    assert.equal(world.state("two"), "CreateContainerConfigError");
  },
);

playing("an ephemeral container joins, and is not begun again", podOf({}), async (world, worker) => {
  worker.update({ ...worker.pod, spec: { ...worker.pod.spec, ephemeralContainers: [{ name: "debug", image: "i" }] } });
  await settled();
  world.process("debug").end(1);
  await world.until(() => world.state("debug") === "Error");
  assert.equal(world.status.ephemeralContainerStatuses?.[0]?.state.terminated?.exitCode, 1);
  assert.deepEqual([world.processes.length, world.status.phase], [2, "Running"]);
});

playing(
  "a readiness gate that others have not opened",
  podOf({ readinessGates: [{ conditionType: "example.com/lb" }] }),
  async (world, worker) => {
    assert.deepEqual(condition(world.status, "Ready"), ["False", "ReadinessGatesNotReady"]);
    const conditions = [{ type: "example.com/lb", status: "True" as const }];
    worker.update({ ...worker.pod, status: { ...world.status, conditions } });
    await settled();
    assert.deepEqual(condition(world.status, "Ready"), ["True", undefined]);
    assert.deepEqual(condition(world.status, "example.com/lb"), ["True", undefined]);
  },
);

const began = (state: object, restartCount = 2) => ({
  name: "c",
  image: "i",
  imageID: "",
  containerID: "sallyport://x",
  ready: true,
  started: true,
  restartCount,
  state,
  lastState: {},
});
const running = { running: { startedAt: "2026-01-01T00:00:00Z" } };
const done = { terminated: { exitCode: 0, reason: "Completed", startedAt: null, finishedAt: null } };

for (const [what, restartPolicy, state, wanted] of [
  ["begins again, and counts on", "Always", running, ["running", "Running", 3, "ContainerStatusUnknown"]],
  [
    "has failed when it may not begin again",
    "Never",
    running,
    ["ContainerStatusUnknown", "Failed", 2, "ContainerStatusUnknown"],
  ],
  ["has done its work", "OnFailure", done, ["Completed", "Succeeded", 2, "Completed"]],
] as const)
  playing(
    `after a restart of the node, what ran ${what}`,
    { ...podOf({ restartPolicy }), status: { phase: "Running", containerStatuses: [began(state)] } },
    async (world) => {
      await world.until(() => world.state() === wanted[0]);
      const status = stateOf(world.status);
      assert.deepEqual(
        [world.state(), world.status.phase, status?.restartCount, status?.lastState.terminated?.reason],
        wanted,
      );
    },
  );
