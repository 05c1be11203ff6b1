import {
  type Exception,
  type Finding,
  type Grade,
  grades,
  type MeshWorkload,
  type PortReadiness,
  type Readiness,
  type RolloutStep,
  titleOf,
} from "@sallyport/mesh";
import { stringify } from "yaml";
import { paint, wrap } from "../terminal.ts";

/** Of a terminal; what is longer goes on below. */
const columns = 110;

const colours = { certain: "red", likely: "yellow", unknown: "cyan", safe: "green" } as const;

/** For people: ports, worst first, with who breaks and why; what to except; in which order to go. */
export function readinessText(told: Readiness, showsAll: boolean): string {
  const { ports, exceptions, rollout, without } = told;
  const safe = ports.filter(({ grade }) => grade === "safe");
  const shown = showsAll ? ports : ports.filter(({ grade }) => grade !== "safe");
  const lines = [
    paint("bold", headText(ports)),
    ...shown.flatMap((port) => ["", ...portLines(port, exceptions)]),
    ...(showsAll || safe.length === 0 ? [] : ["", paint("dim", `and ${safe.length} safe: --all tells of them`)]),
    ...(without.length === 0 ? [] : ["", withoutText(without)]),
    ...rolloutLines(rollout),
  ];
  return `${lines.join("\n")}\n`;
}

function headText(ports: readonly PortReadiness[]): string {
  if (ports.length === 0) return "no port of a workload with a sidecar: STRICT changes nothing";
  const words = { certain: "certain to break", likely: "likely to break", unknown: "unknown", safe: "safe" };
  const counts = grades.map((grade) => `${countOf(ports, grade)} ${words[grade]}`);
  return `${ports.length} ${ports.length === 1 ? "port" : "ports"} under STRICT: ${counts.join(", ")}`;
}

function countOf(ports: readonly PortReadiness[], grade: Grade): number {
  return ports.filter((port) => port.grade === grade).length;
}

function portLines(
  { served, mode, then, grade, findings, kept, seen }: PortReadiness,
  exceptions: readonly Exception[],
): readonly string[] {
  const { workload, port, protocol } = served;
  const place = workload.place === undefined ? "" : paint("dim", `  ${workload.place}`);
  const total = seen.mutual + seen.plaintext + seen.foreign;
  const observed =
    total === 0 ? "" : `, seen: ${seen.mutual} mutual, ${seen.plaintext} plaintext, ${seen.foreign} other TLS`;
  const exception = exceptions.find((each) => each.workload === workload && each.ports.includes(port));
  return [
    `${paint(["bold", colours[grade]], grade.padEnd(8))} ${titleOf(workload)}, port ${port} (${protocol}), now ${mode}${observed}${place}`,
    ...findings.flatMap(findingLines),
    ...(then === "STRICT" || kept.length === 0
      ? []
      : [
          wrap(
            `stays ${then} by a policy of its own, which keeps: ${kept.map(({ client }) => client).join(", ")}`,
            columns,
            "  ",
          ),
        ]),
    ...(exception === undefined ? [] : [exceptionLine(exception)]),
  ];
}

function findingLines({ grade, client, reason, better, place }: Finding): readonly string[] {
  const where = place === undefined ? "" : ` (${place})`;
  return [
    wrap(`${paint(colours[grade], grade)}: ${client}: ${reason}${where}`, columns, "  "),
    ...(better === undefined ? [] : [wrap(paint("dim", `better: ${better}`), columns, "      ")]),
  ];
}

function exceptionLine({ policy, helps, alsoChanges, ports }: Exception): string {
  const { namespace, name } = policy.metadata;
  const also = alsoChanges.length === 0 ? "" : `; it changes ${alsoChanges.map(titleOf).join(", ")} too`;
  const what = `PeerAuthentication ${namespace}/${name} keeps ${ports.length === 1 ? "port" : "ports"} ${ports.join(", ")} PERMISSIVE`;
  const tried = helps
    ? "tried, and the calls go"
    : "tried, and it does not help: PERMISSIVE takes no other TLS on a port of HTTP";
  return wrap(`least exception: ${what} (${tried}${also})`, columns, "  ");
}

function withoutText(without: readonly MeshWorkload[]): string {
  const names = without.map(titleOf).join(", ");
  return wrap(`without a sidecar, so that STRICT changes nothing for who calls them: ${names}`, columns);
}

function rolloutLines(rollout: readonly RolloutStep[]): readonly string[] {
  if (rollout.length === 0) return [];
  return [
    "",
    paint("bold", "in this order (--manifests prints it):"),
    ...rollout.flatMap((step, i) => stepLines(step, i + 1)),
  ];
}

function stepLines(
  { namespace, grade, permissiveFirst, exceptions, policy }: RolloutStep,
  number: number,
): readonly string[] {
  const first = permissiveFirst.map(({ workload, port }) => `${workload}:${port}`).join(", ");
  const names = exceptions.map((each) => each.policy.metadata.name).join(", ");
  return [
    `  ${number}. ${namespace === undefined ? "all of the mesh" : namespace}: ${paint(colours[grade], grade)}`,
    ...(first === "" ? [] : [wrap(`from DISABLE to PERMISSIVE, and only then on: ${first}`, columns, "     ")]),
    ...(names === "" ? [] : [wrap(`the exceptions ${names}`, columns, "     ")]),
    `     STRICT: PeerAuthentication ${policy.metadata.namespace}/${policy.metadata.name}`,
  ];
}

/** Exceptions before what makes a namespace STRICT, as `kubectl apply` takes them one after another. */
export function rolloutManifests(rollout: readonly RolloutStep[]): string {
  const all = rollout.flatMap(({ exceptions, policy }) => [...exceptions.map((each) => each.policy), policy]);
  return all.map((each) => stringify(withoutTime(each))).join("---\n");
}

/** When it was made is known by the server. */
function withoutTime({ apiVersion, kind, metadata: { name, namespace }, spec }: Exception["policy"]): object {
  return { apiVersion, kind, metadata: { name, namespace }, spec };
}

/** For programs. */
export function readinessJson({ ports, exceptions, rollout, without }: Readiness): object {
  const told = (workload: MeshWorkload) => ({
    kind: workload.kind,
    namespace: workload.namespace,
    name: workload.name,
    place: workload.place,
  });
  return {
    counts: Object.fromEntries(grades.map((grade) => [grade, countOf(ports, grade)])),
    ports: ports.map(({ served, mode, then, grade, findings, kept, seen }) => ({
      workload: told(served.workload),
      port: served.port,
      protocol: served.protocol,
      services: served.through.map(({ service, port }) => `${service.host}:${port}`),
      mode,
      then,
      grade,
      findings,
      kept,
      seen,
    })),
    exceptions: exceptions.map(({ workload, ports: excepted, policy, helps, alsoChanges }) => ({
      workload: told(workload),
      ports: excepted,
      policy: withoutTime(policy),
      helps,
      alsoChanges: alsoChanges.map(told),
    })),
    rollout: rollout.map(({ namespace, grade, permissiveFirst, exceptions: first, policy }) => ({
      namespace: namespace ?? null,
      grade,
      permissiveFirst,
      exceptions: first.map((each) => each.policy.metadata.name),
      policy: withoutTime(policy),
    })),
    withoutSidecar: without.map(told),
  };
}
