import type { Catalogue, KubeObject } from "@sallyport/kube";

/** Says of an APIService who keeps it: `onstart` for what is built in, `true` for what definitions add. */
export const automanaged = "kube-aggregator.kubernetes.io/automanaged";

/** How groups stand to each other: kube-apiserver's own numbers. */
const groupPriorities: { readonly [group: string]: number } = {
  "": 18_000,
  apps: 17_800,
  "events.k8s.io": 17_750,
  "authentication.k8s.io": 17_700,
  "authorization.k8s.io": 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  "certificates.k8s.io": 17_300,
  "networking.k8s.io": 17_200,
  policy: 17_100,
  "rbac.authorization.k8s.io": 17_000,
  "storage.k8s.io": 16_800,
  "apiextensions.k8s.io": 16_700,
  "admissionregistration.k8s.io": 16_700,
  "scheduling.k8s.io": 16_600,
  "coordination.k8s.io": 16_500,
  "node.k8s.io": 16_300,
  "discovery.k8s.io": 16_200,
  "resource.k8s.io": 16_200,
  "flowcontrol.apiserver.k8s.io": 16_100,
  "internal.apiserver.k8s.io": 16_000,
  "storagemigration.k8s.io": 15_800,
};

/** Versions whose priority within their group is not that of their stability. */
const versionPriorities: { readonly [groupVersion: string]: number } = {
  "/v1": 1,
  "autoscaling/v2": 30,
  "resource.k8s.io/v1": 21,
  "flowcontrol.apiserver.k8s.io/v1": 21,
};

/** Those of definitions stand behind all that is built in. */
const custom = { groupPriority: 1000, versionPriority: 100 };

const available = { type: "Available", status: "True", reason: "Local" };

/** The APIServices of what is built in and served: kube-apiserver makes them when it starts. `now` in RFC 3339. */
export function builtinApiServices(catalogue: Catalogue, now: string): readonly KubeObject[] {
  const versions = new Map(catalogue.builtin.map(({ group, version }) => [`${group}/${version}`, { group, version }]));
  return [...versions.values()].flatMap(({ group, version }) => {
    const groupPriority = groupPriorities[group];
    if (groupPriority === undefined || catalogue.builtin.length === 0) return [];
    const versionPriority = versionPriorities[`${group}/${version}`] ?? stabilityPriority(version);
    return [localApiService(group, version, { groupPriority, versionPriority }, "onstart", now)];
  });
}

function stabilityPriority(version: string): number {
  if (version.includes("alpha")) return 1;
  return version.includes("beta") ? 9 : 15;
}

/** The APIService of a version that a definition adds. */
export function customApiService(group: string, version: string, now: string): KubeObject {
  return localApiService(group, version, custom, "true", now);
}

function localApiService(
  group: string,
  version: string,
  { groupPriority, versionPriority }: typeof custom,
  keeper: "onstart" | "true",
  now: string,
): KubeObject {
  const condition = { ...available, lastTransitionTime: now, message: "Local APIServices are always available" };
  return {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: `${version}.${group}`, labels: { [automanaged]: keeper } },
    spec: {
      ...(group === "" ? {} : { group }),
      version,
      groupPriorityMinimum: groupPriority,
      versionPriority,
    },
    status: { conditions: [condition] },
  };
}
