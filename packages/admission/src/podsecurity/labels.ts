import type { Level } from "./check.ts";

export type Mode = "enforce" | "audit" | "warn";

export interface LevelVersion {
  readonly level: Level;
  readonly version: number | "latest";
}

export type NamespacePolicy = { readonly [mode in Mode]: LevelVersion };

const prefix = "pod-security.kubernetes.io/";
const levels: readonly string[] = ["privileged", "baseline", "restricted"];

export const defaultPolicy: NamespacePolicy = {
  enforce: { level: "privileged", version: "latest" },
  audit: { level: "privileged", version: "latest" },
  warn: { level: "privileged", version: "latest" },
};

export interface LabelError {
  readonly key: string;
  readonly value: string;
  readonly message: string;
}

/** A namespace's policy by its labels, over the defaults. A level that cannot be read counts as restricted at enforce: fail closed. */
export function policyOf(
  labels: { readonly [key: string]: string },
  defaults: NamespacePolicy = defaultPolicy,
): { policy: NamespacePolicy; errors: readonly LabelError[] } {
  const errors: LabelError[] = [];
  const read = (mode: Mode): LevelVersion => ({
    level: readLevel(labels, mode, defaults[mode].level, errors),
    version: readVersion(labels, mode, labels[prefix + mode] === undefined ? defaults[mode].version : "latest", errors),
  });
  const policy = { enforce: read("enforce"), audit: read("audit"), warn: read("warn") };
  // Upstream: a namespace that enforces warns and audits at least as strictly where it says nothing of them.
  if (labels[`${prefix}enforce`] === undefined) return { policy, errors };
  const warn =
    labels[`${prefix}warn`] === undefined && labels[`${prefix}warn-version`] === undefined
      ? atLeast(policy.warn, policy.enforce)
      : policy.warn;
  const audit =
    labels[`${prefix}audit`] === undefined && labels[`${prefix}audit-version`] === undefined
      ? atLeast(policy.audit, policy.enforce)
      : policy.audit;
  return { policy: { ...policy, warn, audit }, errors };
}

function atLeast(given: LevelVersion, enforced: LevelVersion): LevelVersion {
  return levels.indexOf(given.level) < levels.indexOf(enforced.level) ? enforced : given;
}

function readLevel(
  labels: { readonly [key: string]: string },
  mode: Mode,
  fallback: Level,
  errors: LabelError[],
): Level {
  const value = labels[prefix + mode];
  if (value === undefined) return fallback;
  if (levels.includes(value)) return value as Level;
  errors.push({ key: prefix + mode, value, message: `must be one of privileged, baseline, restricted` });
  return mode === "enforce" ? "restricted" : "privileged";
}

function readVersion(
  labels: { readonly [key: string]: string },
  mode: Mode,
  fallback: number | "latest",
  errors: LabelError[],
): number | "latest" {
  const key = `${prefix}${mode}-version`;
  const value = labels[key];
  if (value === undefined) return fallback;
  if (value === "latest") return "latest";
  const match = /^v1\.(0|[1-9]\d*)$/.exec(value);
  if (match !== null) return Number(match[1]);
  errors.push({ key, value, message: `must be "latest" or "v1.x"` });
  return "latest";
}

export function levelText({ level, version }: LevelVersion): string {
  return `${level}:${version === "latest" ? "latest" : `v1.${version}`}`;
}

export function strictness(level: Level): number {
  return levels.indexOf(level);
}
