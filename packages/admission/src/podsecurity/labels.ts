import type { Level } from "./check.ts";

export const modes = ["enforce", "audit", "warn"] as const;
export type Mode = (typeof modes)[number];

export interface LevelVersion {
  readonly level: Level;
  readonly version: number | "latest";
}

export type NamespacePolicy = { readonly [mode in Mode]: LevelVersion };

export type Labels = { readonly [key: string]: string };

/** Of all labels, and of the annotations for the audit log. */
export const prefix = "pod-security.kubernetes.io/";

/** From loose to strict. */
const levels: readonly string[] = ["privileged", "baseline", "restricted"];

const privileged: LevelVersion = { level: "privileged", version: "latest" };
export const defaultPolicy: NamespacePolicy = { enforce: privileged, audit: privileged, warn: privileged };

export interface LabelError {
  readonly key: string;
  readonly value: string;
  readonly message: string;
}

/**
 * A namespace's policy by its labels, over the defaults. What cannot be read is restricted for enforce (fail closed), privileged for audit
 * and warn, and of the latest version. Whoever enforces more than is warned of warns of it, unless a label says otherwise.
 */
export function policyOf(
  labels: Labels,
  defaults: NamespacePolicy = defaultPolicy,
): { readonly policy: NamespacePolicy; readonly errors: readonly LabelError[] } {
  const errors: LabelError[] = [];
  const read = (mode: Mode): LevelVersion => {
    const level = labels[prefix + mode];
    const version = labels[`${prefix}${mode}-version`];
    return {
      level: level === undefined ? defaults[mode].level : readLevel(level, mode, errors),
      version: version === undefined ? defaults[mode].version : readVersion(version, mode, errors),
    };
  };
  const policy = { enforce: read("enforce"), audit: read("audit"), warn: read("warn") };
  const { enforce, warn } = policy;
  const isEnforced = isLevel(labels[`${prefix}enforce`]);
  if (labels[`${prefix}warn`] !== undefined || !isEnforced || strictness(enforce.level) <= strictness(warn.level))
    return { policy, errors };
  const version = labels[`${prefix}warn-version`] === undefined ? enforce.version : warn.version;
  return { policy: { ...policy, warn: { level: enforce.level, version } }, errors };
}

function isLevel(text: string | undefined): text is Level {
  return text !== undefined && levels.includes(text);
}

function readLevel(value: string, mode: Mode, errors: LabelError[]): Level {
  if (isLevel(value)) return value;
  errors.push({ key: prefix + mode, value, message: `must be one of ${levels.join(", ")}` });
  return mode === "enforce" ? "restricted" : "privileged";
}

function readVersion(value: string, mode: Mode, errors: LabelError[]): number | "latest" {
  if (value === "latest") return "latest";
  const match = /^v1\.(0|[1-9]\d*)$/.exec(value);
  if (match !== null) return Number(match[1]);
  errors.push({ key: `${prefix}${mode}-version`, value, message: `must be "latest" or "v1.x"` });
  return "latest";
}

export function levelText({ level, version }: LevelVersion): string {
  return `${level}:${version === "latest" ? "latest" : `v1.${version}`}`;
}

export function strictness(level: Level): number {
  return levels.indexOf(level);
}

/** Nothing is refused, noted or warned of. */
export function isPrivileged(policy: NamespacePolicy): boolean {
  return modes.every((mode) => policy[mode].level === "privileged");
}

/** They decide the same: versions of privileged do not count. */
export function isEquivalent(a: NamespacePolicy, b: NamespacePolicy): boolean {
  const both = (mode: Mode) => a[mode].level === "privileged" && b[mode].level === "privileged";
  return modes.every((mode) => both(mode) || levelText(a[mode]) === levelText(b[mode]));
}
