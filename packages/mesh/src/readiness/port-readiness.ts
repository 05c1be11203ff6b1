import type { MutualTlsMode } from "../policy/call.ts";
import { modeOf, resolveModes } from "../policy/peer-authentication.ts";
import { type MeshView, modeAt, type ServedPort } from "../view/mesh-view.ts";
import { breaksUnder, withStrict } from "./exception.ts";
import { type Finding, type Grade, grades, worst } from "./finding.ts";
import { findingSources } from "./sources/sources.ts";
import { seenAt, type Traffic } from "./traffic.ts";

/** What becomes of one port when it is STRICT. */
export interface PortReadiness {
  readonly served: ServedPort;
  /** How it takes connections now. */
  readonly mode: MutualTlsMode;
  /** How it does when its namespace is STRICT: otherwise where a policy of the workload itself says so. */
  readonly then: MutualTlsMode;
  readonly grade: Grade;
  /** Who breaks then, worst first. */
  readonly findings: readonly Finding[];
  /** Who would break if it were STRICT itself, and does not. */
  readonly kept: readonly Finding[];
  /** Connections that were seen, by their TLS. */
  readonly seen: { readonly mutual: number; readonly plaintext: number; readonly foreign: number };
}

/** Looks for everybody who would break. */
export function portReadiness(view: MeshView, served: ServedPort, traffic: Traffic): PortReadiness {
  const { workload, port } = served;
  const strict = withStrict(workload.namespace, view.peerAuthentications, view.mesh);
  const then = modeOf(resolveModes(workload, strict, view.mesh), port);
  const all = findingSources.flatMap((source) => source.find(view, served, traffic));
  const sorted = all.sort((a, b) => grades.indexOf(a.grade) - grades.indexOf(b.grade));
  const findings = sorted.filter((each) => breaksUnder(then, each, served));
  const kept = sorted.filter((each) => !breaksUnder(then, each, served));
  const seen = { mutual: 0, plaintext: 0, foreign: 0 };
  for (const { tls, count } of seenAt(traffic, served)) seen[tls] += count;
  const mode = modeAt(view, workload, port);
  return { served, mode, then, grade: worst(findings.map(({ grade }) => grade)), findings, kept, seen };
}
