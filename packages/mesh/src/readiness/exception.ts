import type { MutualTlsMode } from "../policy/call.ts";
import { modeOf, type PeerAuthentication, resolveModes } from "../policy/peer-authentication.ts";
import type { MeshSettings } from "../policy/workload.ts";
import type { ServedPort } from "../view/mesh-view.ts";
import type { MeshWorkload } from "../view/mesh-workload.ts";
import type { Finding } from "./finding.ts";

/** The least that keeps callers of some ports of a workload from breaking. */
export interface Exception {
  readonly workload: MeshWorkload;
  readonly ports: readonly number[];
  /** To be applied: a new one, or, where one of the workload's own holds, that one with the ports added. */
  readonly policy: PeerAuthentication & { readonly apiVersion: string; readonly kind: string };
  /** What was found when it was applied: whether the ports are PERMISSIVE with STRICT around them, and the breaks gone. */
  readonly helps: boolean;
  /** Others that it changes too, since they have the same labels. */
  readonly alsoChanges: readonly MeshWorkload[];
}

type Mesh = Pick<MeshSettings, "rootNamespace">;

/** Makes the exception for ports of one workload, and tries it: with its namespace STRICT, and it applied after all that is there. */
export function exceptionFor(
  workload: MeshWorkload,
  ports: readonly { readonly served: ServedPort; readonly findings: readonly Finding[] }[],
  policies: readonly PeerAuthentication[],
  workloads: readonly MeshWorkload[],
  mesh: Mesh,
): Exception {
  const numbers = ports.map(({ served }) => served.port);
  const own = ownPolicy(workload, policies, mesh);
  const policy = own === undefined ? newException(workload, numbers) : withPorts(own, numbers);
  const strict = withStrict(workload.namespace, policies, mesh);
  const applied = [...strict.filter((each) => each !== own), policy];
  const modeWith = (all: readonly PeerAuthentication[], of: MeshWorkload, port: number) =>
    modeOf(resolveModes(of, all, mesh), port);
  const helps = ports.every(
    ({ served, findings }) =>
      modeWith(applied, workload, served.port) === "PERMISSIVE" &&
      findings.every((finding) => !breaksUnder("PERMISSIVE", finding, served)),
  );
  const alsoChanges = workloads.filter(
    (each) =>
      each !== workload &&
      each.namespace === workload.namespace &&
      numbers.some((port) => modeWith(strict, each, port) !== modeWith(applied, each, port)),
  );
  return { workload, ports: numbers, policy, helps, alsoChanges };
}

/** Whether a caller's call ends at the server. */
export function breaksUnder(mode: MutualTlsMode, { sends }: Finding, { protocol }: ServedPort): boolean {
  if (mode === "STRICT") return true;
  const isHttp = protocol === "http" || protocol === "http2" || protocol === "grpc";
  return mode === "PERMISSIVE" && sends === "foreign" && isHttp;
}

/** The policy of the workload itself that holds now: another one beside it would be younger, and lose. */
function ownPolicy(workload: MeshWorkload, policies: readonly PeerAuthentication[], mesh: Mesh) {
  const { consulted } = resolveModes(workload, policies, mesh);
  return consulted.find(({ level, outcome }) => level === "workload" && outcome !== "lost")?.policy;
}

const identity = { apiVersion: "security.istio.io/v1", kind: "PeerAuthentication" };

function permissive(ports: readonly number[]) {
  return Object.fromEntries(ports.map((port) => [String(port), { mode: "PERMISSIVE" as const }]));
}

/** A name of an object is at most 253 characters. */
function nameFor({ name }: MeshWorkload): string {
  return `${name.slice(0, 230)}-exceptions`;
}

function newException(workload: MeshWorkload, ports: readonly number[]): Exception["policy"] {
  const { namespace, selector } = workload;
  return {
    ...identity,
    metadata: { name: nameFor(workload), namespace },
    spec: { selector: { matchLabels: selector }, portLevelMtls: permissive(ports) },
  };
}

function withPorts({ metadata, spec = {} }: PeerAuthentication, ports: readonly number[]): Exception["policy"] {
  const { name = "", namespace = "", creationTimestamp } = metadata;
  return {
    ...identity,
    metadata: { name, namespace, ...(creationTimestamp == null ? {} : { creationTimestamp }) },
    spec: { ...spec, portLevelMtls: { ...spec.portLevelMtls, ...permissive(ports) } },
  };
}

/** A namespace's policies when it is STRICT: the one that holds for all of it says so, or a new one does. */
export function withStrict(
  namespace: string,
  policies: readonly PeerAuthentication[],
  mesh: Mesh,
): readonly PeerAuthentication[] {
  const made = strictPolicy(namespace, policies, mesh);
  const { name } = made.metadata;
  const others = policies.filter(({ metadata }) => metadata.namespace !== namespace || metadata.name !== name);
  return [...others, made];
}

/** What is applied to make a namespace STRICT. */
export function strictPolicy(
  namespace: string,
  policies: readonly PeerAuthentication[],
  mesh: Mesh,
): Exception["policy"] {
  const anybody = { namespace, name: "", labels: {}, serviceAccount: "" };
  const { consulted } = resolveModes(anybody, policies, mesh);
  const level = namespace === mesh.rootNamespace ? "mesh" : "namespace";
  const holding = consulted.find(
    (each) => each.level === level && each.outcome !== "lost" && each.outcome !== "ignored",
  );
  const { name = "default", creationTimestamp } = holding?.policy.metadata ?? {};
  return {
    ...identity,
    metadata: { name, namespace, ...(creationTimestamp == null ? {} : { creationTimestamp }) },
    spec: { ...holding?.policy.spec, mtls: { mode: "STRICT" } },
  };
}
