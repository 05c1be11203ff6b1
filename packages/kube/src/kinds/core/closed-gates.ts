import type { Fields } from "../rules.ts";

/**
 * Fields of a pod's spec that belong to features which kube-apiserver has switched off, by their places; `*` stands for each item of
 * a list. It takes them away, unless the object that is there has one.
 */
const ofSpecs: readonly string[] = [
  "evictionResponders",
  "schedulingGroup",
  "volumes.*.emptyDir.mode",
  ...["secret", "configMap", "downwardAPI"].flatMap((source) => [
    `volumes.*.${source}.defaultUser`,
    `volumes.*.${source}.items.*.user`,
    `volumes.*.projected.sources.*.${source}.items.*.user`,
  ]),
  "volumes.*.projected.defaultUser",
  ...["serviceAccountToken", "clusterTrustBundle", "podCertificate"].map(
    (source) => `volumes.*.projected.sources.*.${source}.user`,
  ),
  ...["containers", "initContainers", "ephemeralContainers"].flatMap((list) => [
    `${list}.*.volumeMounts.*.bindMountOptions`,
    `${list}.*.lifecycle.stopSignal`,
    `${list}.*.lifecycle.postStart.httpGet.protocol`,
    `${list}.*.lifecycle.preStop.httpGet.protocol`,
    ...["livenessProbe", "readinessProbe", "startupProbe"].flatMap((probe) => [
      `${list}.*.${probe}.httpGet.protocol`,
      `${list}.*.${probe}.grpc.mode`,
    ]),
  ]),
];

/** The same of a Job's spec. */
const ofJobs: readonly string[] = ["scheduling"];

/** The same of a pod's status. */
const ofStatuses: readonly string[] = [
  "nodeAllocatableResourceClaimStatuses",
  "volumeHealth",
  ...["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"].map(
    (list) => `${list}.*.volumeMounts.*.volumeStatus`,
  ),
];

const placesOf = (paths: readonly string[]) => paths.map((path) => path.split("."));
const [specPaths, jobPaths, statusPaths] = [placesOf(ofSpecs), placesOf(ofJobs), placesOf(ofStatuses)];

/** A pod's spec without fields of closed features; `before` is that of the object that is there. */
export function withoutClosedFields(spec: Fields, before: Fields = {}): Fields {
  return withoutStopless(without(spec, before, specPaths), spec);
}

/** The same of a Job's spec. */
export function withoutClosedJobFields(spec: Fields, before: Fields = {}): Fields {
  return without(spec, before, jobPaths);
}

export function withoutClosedStatus(status: Fields, before: Fields = {}): Fields {
  return without(status, before, statusPaths);
}

function without(value: Fields, before: Fields, paths: readonly (readonly string[])[]): Fields {
  return paths
    .filter((path) => has(value, path) && !has(before, path))
    .reduce((rest, path) => removed(rest, path) as Fields, value);
}

function has(value: unknown, [first, ...rest]: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (first === "*") return Array.isArray(value) && value.some((each) => has(each, rest));
  const inner = (value as Fields)[first as string] as unknown;
  return rest.length === 0 ? inner !== undefined : has(inner, rest);
}

function removed(value: unknown, [first = "", ...rest]: readonly string[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (first === "*") return Array.isArray(value) ? value.map((each) => removed(each, rest)) : value;
  const { [first]: inner, ...others } = value as Fields;
  if (inner === undefined) return value;
  return rest.length === 0 ? others : { ...(value as Fields), [first]: removed(inner, rest) };
}

/** Hooks that told a signal alone are none. */
function withoutStopless(spec: Fields, given: Fields): Fields {
  if (spec === given) return spec;
  const lists = ["containers", "initContainers", "ephemeralContainers"].filter((list) => Array.isArray(spec[list]));
  const changed = lists.map((list) => {
    const before = given[list] as readonly Fields[];
    const containers = (spec[list] as readonly Fields[]).map((each, i) => {
      const { lifecycle, ...rest } = each;
      const isLost = lifecycle !== before[i]?.["lifecycle"] && Object.keys(lifecycle ?? {}).length === 0;
      return isLost ? rest : each;
    });
    return [list, containers] as const;
  });
  return { ...spec, ...Object.fromEntries(changed) };
}
