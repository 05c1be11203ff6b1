import { humanDurationOf } from "../duration.ts";
import type { KubeObject } from "../object.ts";
import { ageOf, conditionOf, type Fields, nameOf, spec, status } from "./layout.ts";

/** READY, STATUS, RESTARTS and so on as kube-apiserver's printPod computes them. */
export function podRow(object: KubeObject, now: number): readonly string[] {
  const { restarts, last, ready, total, reason } = summaryOf(object);
  const { podIPs, nominatedNodeName } = status(object);
  const { nodeName, readinessGates } = spec(object);
  const age = last === "" ? "" : ` (${humanDurationOf(last, now)} ago)`;
  return [
    nameOf(object),
    `${ready}/${total}`,
    endReason(object) ?? reason,
    `${restarts}${restarts === 0 ? "" : age}`,
    ageOf(object, now),
    podIPs?.[0]?.ip || "<none>",
    nodeName || "<none>",
    nominatedNodeName || "<none>",
    gatesOf(object, readinessGates ?? []),
  ];
}

/** What a table says of the whole row of a pod that has ended: kubectl leaves such out where it is asked to. */
export function podConditions(object: KubeObject): readonly object[] | undefined {
  const { phase } = status(object);
  if (phase !== "Succeeded" && phase !== "Failed") return undefined;
  const message = phase === "Succeeded" ? "The pod has completed successfully." : "The pod failed.";
  return [{ type: "Completed", status: "True", reason: phase, message }];
}

interface Summary {
  readonly restarts: number;
  /** When the last restart was; empty when there was none. */
  readonly last: string;
  readonly ready: number;
  readonly total: number;
  readonly reason: string;
}

function summaryOf(object: KubeObject): Summary {
  const { containers = [], initContainers = [] } = spec(object);
  const { containerStatuses = [], phase = "", reason: own } = status(object);
  const isSidecar = (name: string) =>
    (initContainers as Fields[]).some((each) => each["name"] === name && each["restartPolicy"] === "Always");
  const total = containers.length + (initContainers as Fields[]).filter(({ name }) => isSidecar(name)).length;
  const isGated = conditionOf(object, "PodScheduled")?.["reason"] === "SchedulingGated";
  const init = initSummary(object, isSidecar);
  const isReady = conditionOf(object, "Initialized")?.["status"] === "True";
  const first = init.reason ?? (isGated ? "SchedulingGated" : own || phase);
  if (init.reason !== undefined && !isReady)
    return { ...restartsOf(init.seen), ready: init.ready, total, reason: first };
  const running = (containerStatuses as Fields[]).filter(isRunning);
  return {
    ...restartsOf([...init.sidecars, ...containerStatuses]),
    ready: init.ready + running.length,
    total,
    reason: runningReason(object, first, containerStatuses, running.length > 0),
  };
}

function isRunning({ ready, state }: Fields): boolean {
  const isOver = state?.terminated !== undefined || state?.waiting?.reason;
  return !isOver && ready === true && state?.running !== undefined;
}

function restartsOf(statuses: readonly Fields[]): { readonly restarts: number; readonly last: string } {
  const restarts = statuses.reduce((sum, each) => sum + ((each["restartCount"] as number | undefined) ?? 0), 0);
  const times = statuses.map((each) => (each["lastState"]?.terminated?.finishedAt ?? "") as string);
  return { restarts, last: times.toSorted().at(-1) ?? "" };
}

interface InitSummary {
  /** Statuses up to the one that is not done. */
  readonly seen: readonly Fields[];
  readonly sidecars: readonly Fields[];
  readonly ready: number;
  /** Why the pod is not initialized yet; absent when it is. */
  readonly reason?: string;
}

function initSummary(object: KubeObject, isSidecar: (name: string) => boolean): InitSummary {
  const statuses = (status(object)["initContainerStatuses"] ?? []) as readonly Fields[];
  const count = (spec(object)["initContainers"] ?? []).length as number;
  let ready = 0;
  for (const [i, each] of statuses.entries()) {
    const { state = {}, name, started } = each;
    if (state.terminated?.exitCode === 0) continue;
    if (isSidecar(name) && started === true) {
      if (each["ready"] === true) ready++;
      continue;
    }
    const seen = statuses.slice(0, i + 1);
    return { seen, sidecars: seen.filter((one) => isSidecar(one["name"])), ready, reason: initReason(state, i, count) };
  }
  return { seen: statuses, sidecars: statuses.filter((one) => isSidecar(one["name"])), ready };
}

function initReason(state: Fields, at: number, count: number): string {
  if (state["terminated"] !== undefined) return `Init:${terminatedReason(state["terminated"])}`;
  const { reason } = (state["waiting"] ?? {}) as Fields;
  return reason && reason !== "PodInitializing" ? `Init:${reason}` : `Init:${at}/${count}`;
}

function terminatedReason({ reason, signal, exitCode }: Fields): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`);
}

/** The first container that waits or has ended gives the reason; one that runs beside ended ones speaks for the pod. */
function runningReason(object: KubeObject, before: string, statuses: readonly Fields[], hasRunning: boolean): string {
  let reason = before;
  let failure = "";
  for (const { state } of statuses.toReversed()) {
    if (state?.waiting?.reason) reason = state.waiting.reason;
    else if (state?.terminated !== undefined) {
      reason = terminatedReason(state.terminated);
      if (state.terminated.exitCode) failure = reason;
    }
  }
  if (reason !== "Completed") return reason;
  if (hasRunning && conditionOf(object, "Ready")?.["status"] === "True") return "Running";
  return failure || (hasRunning ? "NotReady" : reason);
}

/** Of a pod that is to go. */
function endReason(object: KubeObject): string | undefined {
  const { reason, phase } = status(object);
  if (!object.metadata.deletionTimestamp) return undefined;
  if (reason === "NodeLost") return "Unknown";
  return phase === "Succeeded" || phase === "Failed" ? undefined : "Terminating";
}

function gatesOf(object: KubeObject, gates: readonly Fields[]): string {
  if (gates.length === 0) return "<none>";
  const open = gates.filter(({ conditionType }) => conditionOf(object, conditionType)?.["status"] === "True");
  return `${open.length}/${gates.length}`;
}
