import type { KubeObject } from "@sallyport/kube";
import { type LevelVersion, levelText } from "./labels.ts";
import type { PodSpec } from "./pod.ts";
import { evaluatePod } from "./registry.ts";

/** Pods that a namespace's new level is tried on, and how long that may take: a label is never slow. Upstream's bounds. */
export const maxExistingPods = 3000;
const maxMicroseconds = 1_000_000;

/**
 * What those who tighten a namespace are warned of: one line per combination of violations, with the first pod by name and how many
 * others there are. Of each controller's pods one goes first, since the others are mostly like it.
 */
export function existingPodWarnings(
  namespace: string,
  level: LevelVersion,
  pods: readonly KubeObject[],
  ticks: () => number,
): readonly string[] {
  const ordered = oneOfEachControllerFirst(pods);
  const found = new Map<string, string[]>();
  const end = ticks() + maxMicroseconds;
  let checked = 0;
  for (const pod of ordered.slice(0, maxExistingPods)) {
    checked++;
    const findings = evaluatePod(level.level, level.version, pod.metadata, (pod["spec"] ?? {}) as PodSpec);
    const text = findings.map(({ reason }) => reason).join(", ");
    if (text !== "") add(found, text, pod.metadata.name ?? "");
    if (ticks() > end) break;
  }
  const lines = [...found].map(([text, names]) => `${namesText(names)}: ${text}`).sort();
  const isWhole = checked === ordered.length;
  const place = `in namespace ${JSON.stringify(namespace)}`;
  return [
    ...(isWhole
      ? []
      : [`new PodSecurity enforce level only checked against the first ${checked} of ${ordered.length} existing pods`]),
    ...(lines.length === 0
      ? []
      : [`existing pods ${place} violate the new PodSecurity enforce level ${JSON.stringify(levelText(level))}`]),
    ...lines,
  ];
}

function add(found: Map<string, string[]>, text: string, name: string): void {
  const names = found.get(text);
  if (names === undefined) found.set(text, [name]);
  else names.push(name);
}

function oneOfEachControllerFirst(pods: readonly KubeObject[]): readonly KubeObject[] {
  const seen = new Set<string>();
  const [first, more]: [KubeObject[], KubeObject[]] = [[], []];
  for (const pod of pods) {
    const controller = pod.metadata.ownerReferences?.find((each) => each.controller === true)?.uid;
    (controller !== undefined && seen.has(controller) ? more : first).push(pod);
    if (controller !== undefined) seen.add(controller);
  }
  return [...first, ...more];
}

function namesText(names: readonly string[]): string {
  const [first] = [...names].sort();
  const others = names.length - 1;
  return others === 0 ? `${first}` : `${first} (and ${others} other ${others === 1 ? "pod" : "pods"})`;
}
