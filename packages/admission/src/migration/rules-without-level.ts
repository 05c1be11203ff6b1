import type { Level } from "../podsecurity/check.ts";
import type { IDRange, PodSecurityPolicySpec, Rules, StrategyOptions } from "../podsecuritypolicy/policy.ts";

/** What restricted allows besides; baseline refuses host paths alone. */
const restrictedVolumes: readonly string[] = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

/**
 * What a policy asks of pods and a level does not, one line each, for people: pods that were refused for it are admitted from now on,
 * unless a policy of another kind says it.
 */
export function rulesWithoutLevel({ spec, annotations }: Rules, level: Level): readonly string[] {
  return [
    ...usersAndGroups(spec),
    ...(spec.seLinux.rule === "MustRunAs" ? [`SELinux label ${JSON.stringify(spec.seLinux.seLinuxOptions)}`] : []),
    ...(spec.readOnlyRootFilesystem === true ? ["a read-only root filesystem"] : []),
    ...volumes(spec, level),
    ...(level === "restricted" ? [] : belowRestricted(spec)),
    ...(level === "privileged" ? hosts(spec) : []),
    ...runtimeClasses(spec),
    ...profiles(annotations),
  ];
}

function usersAndGroups(spec: PodSecurityPolicySpec): readonly string[] {
  const named = (what: string, options: StrategyOptions | undefined) =>
    options === undefined || options.ranges === undefined || options.ranges.length === 0
      ? []
      : [`${what} in ${options.ranges.map(rangeText).join(", ")}`];
  return [
    ...named("users", spec.runAsUser),
    ...named("groups", spec.runAsGroup),
    ...named("supplemental groups", spec.supplementalGroups),
    ...named("groups of volumes", spec.fsGroup),
  ];
}

function rangeText({ min, max }: IDRange): string {
  return min === max ? String(min) : `${min}-${max}`;
}

function volumes(spec: PodSecurityPolicySpec, level: Level): readonly string[] {
  const { volumes: types = [], allowedCSIDrivers = [], allowedFlexVolumes = [], allowedHostPaths = [] } = spec;
  const isAny = types.includes("*");
  const isImplied = level === "restricted" && restrictedVolumes.every((each) => types.includes(each));
  return [
    ...(isAny || isImplied ? [] : [types.length === 0 ? "no volumes" : `volumes of the types ${types.join(", ")}`]),
    ...(allowedCSIDrivers.length === 0 ? [] : [`CSI drivers ${allowedCSIDrivers.map(({ name }) => name).join(", ")}`]),
    ...(allowedFlexVolumes.length === 0 || level === "restricted"
      ? []
      : [`FlexVolume drivers ${allowedFlexVolumes.map(({ driver }) => driver).join(", ")}`]),
    ...(allowedHostPaths.length === 0 || level !== "privileged"
      ? []
      : [
          `host paths below ${allowedHostPaths.map(({ pathPrefix, readOnly }) => `${pathPrefix}${readOnly === true ? " (read-only)" : ""}`).join(", ")}`,
        ]),
  ];
}

/** What restricted asks of all. */
function belowRestricted(spec: PodSecurityPolicySpec): readonly string[] {
  const { requiredDropCapabilities: drop = [], forbiddenSysctls = [] } = spec;
  return [
    ...(spec.runAsUser.rule === "MustRunAsNonRoot" ? ["users other than root"] : []),
    ...((spec.allowPrivilegeEscalation ?? true) ? [] : ["no privilege escalation"]),
    ...(drop.length === 0 ? [] : [`dropped capabilities ${drop.join(", ")}`]),
    ...(forbiddenSysctls.length === 0 ? [] : [`no sysctls ${forbiddenSysctls.join(", ")}`]),
  ];
}

/** What baseline asks of all. */
function hosts(spec: PodSecurityPolicySpec): readonly string[] {
  const denied = [
    ...(spec.privileged === true ? [] : ["no privileged containers"]),
    ...(spec.hostNetwork === true ? [] : ["not the node's network"]),
    ...(spec.hostPID === true ? [] : ["not the node's process IDs"]),
    ...(spec.hostIPC === true ? [] : ["not the node's IPC"]),
  ];
  const { hostPorts = [], allowedCapabilities = [], defaultAddCapabilities = [] } = spec;
  const added = [...new Set([...allowedCapabilities, ...defaultAddCapabilities])];
  return [
    ...denied,
    ...(hostPorts.some(({ min, max }) => min <= 1 && max >= 65535)
      ? []
      : [hostPorts.length === 0 ? "no host ports" : `host ports ${hostPorts.map(rangeText).join(", ")}`]),
    ...(added.includes("*")
      ? []
      : [added.length === 0 ? "no added capabilities" : `no added capabilities but ${added.join(", ")}`]),
  ];
}

function runtimeClasses({ runtimeClass }: PodSecurityPolicySpec): readonly string[] {
  if (runtimeClass === undefined || runtimeClass.allowedRuntimeClassNames.includes("*")) return [];
  const names = runtimeClass.allowedRuntimeClassNames;
  return [names.length === 0 ? "no runtime class" : `runtime classes ${names.join(", ")}`];
}

function profiles(annotations: Rules["annotations"]): readonly string[] {
  return (["seccomp.security.alpha", "apparmor.security.beta"] as const).flatMap((prefix) => {
    const allowed = annotations[`${prefix}.kubernetes.io/allowedProfileNames`];
    if (allowed === undefined || allowed.split(",").includes("*")) return [];
    return [`${prefix.startsWith("seccomp") ? "seccomp" : "AppArmor"} profiles ${allowed.split(",").join(", ")}`];
  });
}
