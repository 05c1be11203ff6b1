import type { MeshView } from "../view/mesh-view.ts";
import { type Exception, strictPolicy } from "./exception.ts";
import { type Grade, grades, worst } from "./finding.ts";
import type { PortReadiness } from "./port-readiness.ts";

/** One namespace made STRICT, or at last the mesh. */
export interface RolloutStep {
  /** None: all of the mesh. */
  readonly namespace?: string;
  readonly grade: Grade;
  /** Ports that are DISABLE now: clients and servers learn of a change at different times, so they are made PERMISSIVE before. */
  readonly permissiveFirst: readonly { readonly workload: string; readonly port: number }[];
  /** Applied first. */
  readonly exceptions: readonly Exception[];
  /** Applied then. */
  readonly policy: Exception["policy"];
}

/** Namespaces in the order in which they go STRICT: first where nobody breaks, last where most do; then the mesh, where all was asked for. */
export function rolloutOf(
  view: MeshView,
  ports: readonly PortReadiness[],
  exceptions: readonly Exception[],
  asked?: string,
): readonly RolloutStep[] {
  const namespaces = [...new Set(ports.map(({ served }) => served.workload.namespace))].filter((namespace) =>
    ports.some(({ served, mode, then }) => served.workload.namespace === namespace && mode !== then),
  );
  const steps = namespaces.map((namespace) => stepOf(view, ports, exceptions, namespace));
  const count = (step: RolloutStep) =>
    ports.filter(({ served, grade }) => served.workload.namespace === step.namespace && grade === step.grade).length;
  steps.sort(
    (a, b) =>
      grades.indexOf(b.grade) - grades.indexOf(a.grade) ||
      count(a) - count(b) ||
      (a.namespace ?? "").localeCompare(b.namespace ?? "", "en"),
  );
  if (asked !== undefined || steps.length === 0) return steps;
  const policy = strictPolicy(view.mesh.rootNamespace, view.peerAuthentications, view.mesh);
  return [...steps, { grade: worst(steps.map(({ grade }) => grade)), permissiveFirst: [], exceptions: [], policy }];
}

function stepOf(
  view: MeshView,
  ports: readonly PortReadiness[],
  exceptions: readonly Exception[],
  namespace: string,
): RolloutStep & { readonly namespace: string } {
  const own = ports.filter(({ served }) => served.workload.namespace === namespace);
  return {
    namespace,
    grade: worst(own.map(({ grade }) => grade)),
    permissiveFirst: own
      .filter(({ mode, then }) => mode === "DISABLE" && then === "STRICT")
      .map(({ served }) => ({ workload: served.workload.name, port: served.port })),
    exceptions: exceptions.filter(({ workload }) => workload.namespace === namespace),
    policy: strictPolicy(namespace, view.peerAuthentications, view.mesh),
  };
}
