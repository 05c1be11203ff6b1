import type { Check, CheckPod, Level, Violation } from "./check.ts";
import { allowPrivilegeEscalation } from "./checks/allow-privilege-escalation.ts";
import { appArmorProfile } from "./checks/app-armor-profile.ts";
import { capabilitiesBaseline, capabilitiesRestricted } from "./checks/capabilities.ts";
import { hostNamespaces } from "./checks/host-namespaces.ts";
import { hostPathVolumes } from "./checks/host-path-volumes.ts";
import { hostPorts } from "./checks/host-ports.ts";
import { hostProbesAndHostLifecycle } from "./checks/host-probes.ts";
import { privileged } from "./checks/privileged.ts";
import { procMount, procMountRestricted } from "./checks/proc-mount.ts";
import { restrictedVolumes } from "./checks/restricted-volumes.ts";
import { runAsNonRoot } from "./checks/run-as-non-root.ts";
import { runAsUser } from "./checks/run-as-user.ts";
import { seLinuxOptions } from "./checks/se-linux-options.ts";
import { seccompProfileBaseline, seccompProfileRestricted } from "./checks/seccomp-profile.ts";
import { sysctls } from "./checks/sysctls.ts";
import { windowsHostProcess } from "./checks/windows-host-process.ts";
import type { PodMetadata, PodSpec } from "./pod.ts";

/** All checks of the standards. Results are ordered by id within a level, baseline before restricted, as upstream orders them. */
export const checks: readonly Check[] = Object.freeze([
  appArmorProfile,
  capabilitiesBaseline,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbesAndHostLifecycle,
  privileged,
  procMount,
  seLinuxOptions,
  seccompProfileBaseline,
  sysctls,
  windowsHostProcess,
  allowPrivilegeEscalation,
  capabilitiesRestricted,
  procMountRestricted,
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
  seccompProfileRestricted,
]);

/** The newest version that the standards are written for. */
export const latestMinor = 37;

interface Active {
  readonly id: string;
  readonly check: CheckPod;
}

/** What a check found, with its id. */
export interface Finding extends Violation {
  readonly id: string;
}

const expanded = new Map<string, readonly Active[]>();

/** Evaluates a pod at a level and version; `latest` and later versions than ours are the latest. */
export function evaluatePod(
  level: Level,
  version: number | "latest",
  metadata: PodMetadata,
  spec: PodSpec,
): readonly Finding[] {
  if (level === "privileged") return [];
  const minor = version === "latest" ? latestMinor : Math.min(version, latestMinor);
  return activeChecks(level, minor).flatMap(({ id, check }) => {
    const result = check(metadata, spec);
    return result.allowed ? [] : [{ id, ...result }];
  });
}

function activeChecks(level: "baseline" | "restricted", minor: number): readonly Active[] {
  const key = `${level} ${minor}`;
  const known = expanded.get(key);
  if (known !== undefined) return known;
  const active = checks
    .filter((check) => check.level === "baseline" || level === "restricted")
    .flatMap((check) => {
      const version = check.versions.findLast((each) => each.minor <= minor);
      return version === undefined ? [] : [{ id: check.id, check: version.check, overrides: version.overrides ?? [] }];
    });
  const overridden = new Set(active.flatMap(({ overrides }) => overrides));
  const kept = active.filter(({ id }) => !overridden.has(id));
  expanded.set(key, kept);
  return kept;
}

/** The checks that, at a version, stand for another one which they override. */
export function overriding(id: string, minor: number): readonly string[] {
  return checks
    .filter((check) =>
      check.versions
        .findLast((each) => each.minor <= minor)
        ?.overrides?.some((each) => each.toLowerCase() === id.toLowerCase()),
    )
    .map((check) => check.id);
}

/** Faults of the list itself: ids that stand twice, versions that do not rise, overrides that name nothing. */
export function checkRegistry(list: readonly Check[] = checks): readonly string[] {
  const faults: string[] = [];
  const ids = new Set<string>();
  for (const { id, versions } of list) {
    if (ids.has(id)) faults.push(`${id}: stands twice`);
    ids.add(id);
    if (versions.length === 0) faults.push(`${id}: has no version`);
    if (versions.some((each, i) => i > 0 && each.minor <= (versions[i - 1]?.minor ?? 0)))
      faults.push(`${id}: versions do not rise`);
  }
  for (const { id, versions } of list) {
    for (const name of versions.flatMap((each) => each.overrides ?? []))
      if (!ids.has(name)) faults.push(`${id}: overrides ${name}, which is no check`);
  }
  return faults;
}

/** `reason (detail), reason (detail)`. */
export function joinFindings(findings: readonly Finding[]): string {
  return findings.map(({ reason, detail }) => (detail === "" ? reason : `${reason} (${detail})`)).join(", ");
}
