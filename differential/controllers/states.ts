import type { Json } from "./scenario.ts";

/** A pod's status in a state, as a kubelet would write it. Times are of now; `address` is the pod's own. Throws for a state that is none. */
export function statusOf(pod: Json, state: string, address: string, exit = 0): Json {
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  const isOver = state === "succeeded" || state === "failed";
  const isReady = state === "ready";
  const phases: { readonly [state: string]: string } = {
    ready: "Running",
    running: "Running",
    succeeded: "Succeeded",
    failed: "Failed",
  };
  const phase = phases[state];
  if (phase === undefined) throw new Error(`no such state of pods: ${state}`);
  const reason = isReady ? {} : { reason: isOver ? "PodCompleted" : "ContainersNotReady" };
  const condition = (type: string, isTrue: boolean) => ({
    type,
    status: isTrue ? "True" : "False",
    lastTransitionTime: now,
    ...(isTrue ? {} : reason),
  });
  return {
    phase,
    hostIP: "10.8.0.1",
    hostIPs: [{ ip: "10.8.0.1" }],
    podIP: address,
    podIPs: [{ ip: address }],
    startTime: pod.status?.startTime ?? now,
    conditions: [
      condition("Initialized", true),
      condition("Ready", isReady),
      condition("ContainersReady", isReady),
      condition("PodScheduled", true),
    ],
    containerStatuses: pod.spec.containers.map(({ name, image }: Json) => ({
      name,
      image,
      imageID: "",
      restartCount: 0,
      ready: isReady,
      started: !isOver,
      state: isOver
        ? {
            terminated: { exitCode: exit, reason: exit === 0 ? "Completed" : "Error", startedAt: now, finishedAt: now },
          }
        : { running: { startedAt: now } },
    })),
  };
}
