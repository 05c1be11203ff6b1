import type { MutualTlsMode } from "./call.ts";
import {
  byAge,
  type MeshObject,
  type MeshSettings,
  nameOf,
  selects,
  selectsLabels,
  type Workload,
  type WorkloadSelector,
} from "./workload.ts";

/** security.istio.io/v1 PeerAuthentication. */
export interface PeerAuthentication extends MeshObject {
  readonly spec?: {
    readonly selector?: WorkloadSelector;
    readonly mtls?: MutualTls | null;
    /** By port of the workload, not of a Service. */
    readonly portLevelMtls?: { readonly [port: string]: MutualTls | null };
  };
}

interface MutualTls {
  readonly mode?: MutualTlsMode | "UNSET";
}

/** For whom a PeerAuthentication speaks. */
export type Level = "mesh" | "namespace" | "workload";

/** A PeerAuthentication that had to be thought of for a workload, and what came of it. */
export interface Consulted {
  readonly policy: PeerAuthentication;
  readonly level: Level;
  /** `sets`: the workload's mode is its; `overridden`: a narrower one sets it; `inherits`: it sets none; `lost`: an older one of its level stands; `ignored`: it can never hold. */
  readonly outcome: "sets" | "overridden" | "inherits" | "lost" | "ignored";
  readonly reason: string;
}

/** The modes of one workload. */
export interface WorkloadModes {
  /** Of every port that `byPort` does not name. */
  readonly mode: MutualTlsMode;
  readonly byPort: ReadonlyMap<number, MutualTlsMode>;
  /** In the order mesh, namespace, workload, oldest first. */
  readonly consulted: readonly Consulted[];
}

/** The mode of a port of the workload. */
export function modeOf({ mode, byPort }: WorkloadModes, port: number): MutualTlsMode {
  return byPort.get(port) ?? mode;
}

/**
 * How a workload takes connections: PERMISSIVE, unless the mesh's policy, the namespace's or its own says otherwise, the narrowest
 * last. Of each level the oldest holds whole; nothing is merged. Only the workload's own speaks of ports.
 */
export function resolveModes(
  workload: Workload,
  policies: readonly PeerAuthentication[],
  { rootNamespace }: Pick<MeshSettings, "rootNamespace">,
): WorkloadModes {
  const candidates = policies.filter((policy) => concerns(policy, workload, rootNamespace)).sort(byAge);
  const at = (level: Level) => candidates.filter((policy) => levelOf(policy, rootNamespace) === level);
  const levels = (["mesh", "namespace", "workload"] as const).map((level) => ({ level, policies: at(level) }));
  const winners = levels.map((each) => each.policies[0]);
  const mode = winners.reduce<MutualTlsMode>(
    (inherited, policy) => setBy(policy?.spec?.mtls) ?? inherited,
    "PERMISSIVE",
  );
  const decisive = winners.findLastIndex((policy) => setBy(policy?.spec?.mtls) !== undefined);
  const consulted = levels.flatMap(({ level, policies: all }, i) =>
    all.map((policy, place) => ({ policy, level, ...outcomeOf(policy, all[0], place, i, decisive) })),
  );
  const ignored = candidates
    .filter((policy) => levelOf(policy, rootNamespace) === undefined)
    .map((policy) => ({ policy, level: "mesh" as const, outcome: "ignored" as const, reason: rootSelector }));
  return { mode, byPort: portModes(winners[2], mode), consulted: [...ignored, ...consulted] };
}

const rootSelector = "a PeerAuthentication of the root namespace that has a selector holds for nothing";

function concerns(policy: PeerAuthentication, workload: Workload, rootNamespace: string): boolean {
  const { namespace } = policy.metadata;
  return (namespace === rootNamespace || namespace === workload.namespace) && selects(policy.spec?.selector, workload);
}

/** None for one that holds for nothing: with a selector in the root namespace. */
function levelOf({ metadata, spec }: PeerAuthentication, rootNamespace: string): Level | undefined {
  const isOfRoot = metadata.namespace === rootNamespace;
  if (selectsLabels(spec?.selector)) return isOfRoot ? undefined : "workload";
  return isOfRoot ? "mesh" : "namespace";
}

function setBy(mtls: MutualTls | null | undefined): MutualTlsMode | undefined {
  const mode = mtls?.mode;
  return mode === undefined || mode === "UNSET" ? undefined : mode;
}

function portModes(policy: PeerAuthentication | undefined, mode: MutualTlsMode): ReadonlyMap<number, MutualTlsMode> {
  const ports = Object.entries(policy?.spec?.portLevelMtls ?? {});
  return new Map(ports.map(([port, mtls]) => [Number(port), setBy(mtls) ?? mode]));
}

function outcomeOf(
  policy: PeerAuthentication,
  winner: PeerAuthentication | undefined,
  place: number,
  level: number,
  decisive: number,
): Pick<Consulted, "outcome" | "reason"> {
  if (place > 0 && winner !== undefined)
    return { outcome: "lost", reason: `${nameOf(winner)} is older, and only one of a level holds` };
  const mode = setBy(policy.spec?.mtls);
  if (mode === undefined) return { outcome: "inherits", reason: "sets no mode of its own" };
  if (level < decisive) return { outcome: "overridden", reason: `${mode}, but a narrower policy sets the mode` };
  return { outcome: "sets", reason: mode };
}
