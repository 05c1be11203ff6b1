import { humanDurationOf } from "../duration.ts";
import type { KubeObject } from "../object.ts";

interface ContainerStatus {
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly started?: boolean;
  readonly state?: {
    readonly waiting?: { readonly reason?: string };
    readonly terminated?: { readonly reason?: string; readonly exitCode?: number; readonly signal?: number };
    readonly running?: object;
  };
}

interface PodFields {
  readonly spec?: {
    readonly nodeName?: string;
    readonly containers?: readonly object[];
    readonly initContainers?: readonly object[];
    readonly readinessGates?: readonly object[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly podIP?: string;
    readonly nominatedNodeName?: string;
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

/** READY, STATUS, RESTARTS and so on as kube-apiserver's printPod computes them. */
export function podRow(object: KubeObject, now: number): readonly (string | number)[] {
  const { spec = {}, status = {} } = object as PodFields;
  const statuses = status.containerStatuses ?? [];
  const total = spec.containers?.length ?? 0;
  const ready = statuses.filter((each) => each.ready === true && each.state?.running !== undefined).length;
  const restarts = statuses.reduce((sum, each) => sum + (each.restartCount ?? 0), 0);
  const reason = object.metadata.deletionTimestamp ? "Terminating" : reasonOf(status);
  return [
    object.metadata.name ?? "",
    `${ready}/${total}`,
    reason,
    restarts,
    humanDurationOf(object.metadata.creationTimestamp, now),
    status.podIP ?? "<none>",
    spec.nodeName ?? "<none>",
    status.nominatedNodeName ?? "<none>",
    spec.readinessGates === undefined ? "<none>" : `0/${spec.readinessGates.length}`,
  ];
}

function reasonOf(status: NonNullable<PodFields["status"]>): string {
  const init = (status.initContainerStatuses ?? []).findIndex(
    (each) => each.state?.terminated?.exitCode !== 0 && each.started !== true,
  );
  const waiting =
    init < 0
      ? undefined
      : initReason(
          status.initContainerStatuses?.[init] as ContainerStatus,
          init,
          status.initContainerStatuses?.length ?? 0,
        );
  if (waiting !== undefined) return waiting;
  let reason = status.reason ?? status.phase ?? "Unknown";
  for (const { state } of [...(status.containerStatuses ?? [])].reverse()) {
    if (state?.waiting?.reason) reason = state.waiting.reason;
    else if (state?.terminated !== undefined) reason = terminatedReason(state.terminated);
  }
  return reason;
}

function initReason({ state }: ContainerStatus, at: number, total: number): string {
  if (state?.terminated !== undefined) return `Init:${terminatedReason(state.terminated)}`;
  const reason = state?.waiting?.reason;
  return reason !== undefined && reason !== "PodInitializing" ? `Init:${reason}` : `Init:${at}/${total}`;
}

function terminatedReason({
  reason,
  signal,
  exitCode,
}: {
  readonly reason?: string;
  readonly signal?: number;
  readonly exitCode?: number;
}): string {
  if (reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`;
}
