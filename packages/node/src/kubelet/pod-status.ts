import type { ContainerStatus, Phase, Pod, PodCondition, PodStatus } from "./pod.ts";
import { isSidecar } from "./pod.ts";
import { restarts } from "./restart.ts";

/** What a pod's worker knows of it. */
export interface PodFacts {
  readonly hostIP: string;
  /** Absent before it has one, and where it has the node's. */
  readonly podIP?: string;
  /** Its namespaces, volumes and address are there. */
  readonly hasSandbox: boolean;
  readonly startTime: string;
  readonly init: readonly ContainerStatus[];
  readonly main: readonly ContainerStatus[];
  readonly ephemeral: readonly ContainerStatus[];
  /** Why the pod was ended, where kubelet ended it: `DeadlineExceeded`, `Evicted`. */
  readonly ended?: { readonly reason: string; readonly message: string; readonly isForPressure?: boolean };
  /** All of it has ended, and none of it begins again. */
  readonly isOver: boolean;
}

/** core/v1 PodStatus of it. `before` is the last that was written: conditions keep the time at which they became what they are. */
export function podStatus(pod: Pod, facts: PodFacts, before: PodStatus, now: string): PodStatus {
  const phase = phaseOf(pod, facts);
  const [generation] = [pod.metadata.generation];
  const ip = facts.podIP ?? (pod.spec.hostNetwork === true ? facts.hostIP : undefined);
  const { init, main, ephemeral, ended } = facts;
  return {
    ...before,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    conditions: conditionsOf(pod, facts, phase, before, now),
    ...(ended === undefined ? {} : { reason: ended.reason, message: ended.message }),
    hostIP: facts.hostIP,
    hostIPs: [{ ip: facts.hostIP }],
    ...(ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }),
    startTime: facts.startTime,
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
    containerStatuses: main,
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
  };
}

/** https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase */
export function phaseOf(pod: Pod, { init, main, ended, isOver }: PodFacts): Phase {
  if (ended !== undefined && isOver) return "Failed";
  const { restartPolicy = "Always", initContainers = [] } = pod.spec;
  const failedInit = init.some((status, i) => {
    const container = initContainers[i];
    const end = status.state.terminated;
    if (container === undefined || isSidecar(container) || end === undefined || end.exitCode === 0) return false;
    return !restarts(restartPolicy, end);
  });
  if (failedInit) return "Failed";
  const ends = main.map(({ state }) => state.terminated);
  if (isOver && ends.every((end) => end !== undefined))
    return ends.every((end) => end?.exitCode === 0) ? "Succeeded" : "Failed";
  const hasBegun = main.every(
    ({ state, lastState }) => state.waiting === undefined || lastState.terminated !== undefined,
  );
  return hasBegun && main.length > 0 ? "Running" : "Pending";
}

/** Those that a kubelet writes. */
export const ownConditions: readonly string[] = [
  "PodReadyToStartContainers",
  "Initialized",
  "Ready",
  "ContainersReady",
  "PodScheduled",
  "DisruptionTarget",
];

function conditionsOf(
  pod: Pod,
  facts: PodFacts,
  phase: Phase,
  before: PodStatus,
  now: string,
): readonly PodCondition[] {
  const found = [
    condition("PodReadyToStartContainers", facts.hasSandbox),
    initialized(pod, facts, phase),
    ...readiness(pod, facts, phase, before),
    { type: "PodScheduled", status: "True" as const },
    ...disruption(facts),
  ];
  const others = (before.conditions ?? []).filter(({ type }) => !found.some((each) => each.type === type));
  const { generation } = pod.metadata;
  const dated = found.map((each): PodCondition => {
    const known = before.conditions?.find(({ type }) => type === each.type);
    const since = known?.status === each.status ? (known.lastTransitionTime ?? now) : now;
    const observed = generation === undefined ? {} : { observedGeneration: generation };
    return { ...each, ...observed, lastProbeTime: null, lastTransitionTime: since };
  });
  return [...others, ...dated];
}

/** Pods that go for the node's sake say so: Jobs need not count that as a failure. */
function disruption({ ended }: PodFacts): readonly PodCondition[] {
  if (ended?.isForPressure !== true) return [];
  return [condition("DisruptionTarget", true, { reason: "TerminationByKubelet", message: ended.message })];
}

function condition(type: string, holds: boolean, why: Partial<PodCondition> = {}): PodCondition {
  return holds ? { type, status: "True", ...why } : { type, status: "False", ...why };
}

function initialized(pod: Pod, { init }: PodFacts, phase: Phase): PodCondition {
  const { initContainers = [] } = pod.spec;
  const open = initContainers.filter((container, i) => {
    const status = init[i];
    return isSidecar(container) ? status?.started !== true : status?.state.terminated?.exitCode !== 0;
  });
  if (phase === "Succeeded") return condition("Initialized", true, { reason: "PodCompleted" });
  if (open.length === 0) return condition("Initialized", true);
  const message = `containers with incomplete status: [${open.map(({ name }) => name).join(" ")}]`;
  return condition("Initialized", false, { reason: "ContainersNotInitialized", message });
}

/** `Ready` also asks for what others have said of the pod's readiness gates. */
function readiness(pod: Pod, facts: PodFacts, phase: Phase, before: PodStatus): readonly PodCondition[] {
  const over = phase === "Succeeded" ? "PodCompleted" : phase === "Failed" ? "PodFailed" : undefined;
  const types = ["Ready", "ContainersReady"] as const;
  if (over !== undefined) return types.map((type) => condition(type, false, { reason: over }));
  const sidecars = (pod.spec.initContainers ?? []).flatMap((container, i) =>
    isSidecar(container) ? [facts.init[i]] : [],
  );
  const all = [...facts.main, ...sidecars].filter((status) => status !== undefined);
  const unready = all.filter(({ ready }) => !ready).map(({ name }) => name);
  const missing = pod.spec.containers.length > facts.main.length;
  if (unready.length > 0 || missing) {
    const why = { reason: "ContainersNotReady", message: `containers with unready status: [${unready.join(" ")}]` };
    return types.map((type) => condition(type, false, why));
  }
  const gates = (pod.spec.readinessGates ?? []).filter(
    ({ conditionType }) => before.conditions?.find(({ type }) => type === conditionType)?.status !== "True",
  );
  const [gate] = gates;
  if (gate === undefined) return types.map((type) => condition(type, true));
  const message = `corresponding condition of pod readiness gate "${gate.conditionType}" does not exist.`;
  return [condition("Ready", false, { reason: "ReadinessGatesNotReady", message }), condition("ContainersReady", true)];
}
