import { type MeshView, servedPorts } from "../view/mesh-view.ts";
import { isIntercepted, type MeshWorkload } from "../view/mesh-workload.ts";
import { type Exception, exceptionFor } from "./exception.ts";
import { grades } from "./finding.ts";
import { type PortReadiness, portReadiness } from "./port-readiness.ts";
import { type RolloutStep, rolloutOf } from "./rollout.ts";
import { noTraffic, type Traffic } from "./traffic.ts";

/** Who breaks when a mesh is STRICT. */
export interface Readiness {
  /** Of workloads with a sidecar, worst first. */
  readonly ports: readonly PortReadiness[];
  /** For ports with a `certain` or `likely` break, one for each workload. */
  readonly exceptions: readonly Exception[];
  readonly rollout: readonly RolloutStep[];
  /** Workloads without a sidecar: STRICT changes nothing for who calls them. */
  readonly without: readonly MeshWorkload[];
}

/** Looks for everybody who would break, port by port; of all namespaces, or of one. */
export function readinessOf(view: MeshView, traffic: Traffic = noTraffic, namespace?: string): Readiness {
  const isAsked = (workload: MeshWorkload) => namespace === undefined || workload.namespace === namespace;
  const served = servedPorts(view).filter(
    ({ workload, port }) => isAsked(workload) && workload.sidecar.isThere && isIntercepted(workload, port),
  );
  const ports = served.map((each) => portReadiness(view, each, traffic)).sort(byGrade);
  const exceptions = exceptionsOf(view, ports);
  return {
    ports,
    exceptions,
    rollout: rolloutOf(view, ports, exceptions, namespace),
    without: view.workloads.filter((each) => isAsked(each) && !each.sidecar.isThere),
  };
}

function byGrade(a: PortReadiness, b: PortReadiness): number {
  return grades.indexOf(a.grade) - grades.indexOf(b.grade);
}

/** Of ports that become STRICT: where they are already, whoever breaks has broken. */
function exceptionsOf(view: MeshView, ports: readonly PortReadiness[]): readonly Exception[] {
  const breaking = ports.filter(
    ({ grade, mode, then }) => (grade === "certain" || grade === "likely") && mode !== "STRICT" && then === "STRICT",
  );
  const workloads = [...new Set(breaking.map(({ served }) => served.workload))];
  return workloads.map((workload) =>
    exceptionFor(
      workload,
      breaking.filter(({ served }) => served.workload === workload),
      view.peerAuthentications,
      view.workloads,
      view.mesh,
    ),
  );
}
