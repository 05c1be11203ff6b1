import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted, itemsOf } from "../checks.ts";
import { dns1123Subdomain } from "../formats.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";

/** FSTypes of policy/v1beta1 beside `*`. */
const volumeTypes: readonly string[] = [
  "*",
  "awsElasticBlockStore",
  "azureDisk",
  "azureFile",
  "cephFS",
  "cinder",
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "fc",
  "flexVolume",
  "flocker",
  "gcePersistentDisk",
  "gitRepo",
  "glusterfs",
  "hostPath",
  "iscsi",
  "nfs",
  "persistentVolumeClaim",
  "photonPersistentDisk",
  "portworxVolume",
  "projected",
  "quobyte",
  "rbd",
  "scaleIO",
  "secret",
  "storageos",
  "vsphereVolume",
];

const groupRules = ["MayRunAs", "MustRunAs", "RunAsAny"];

/** ValidatePodSecurityPolicy, as of Kubernetes 1.24. */
export const podSecurityPolicy: KindRules = {
  defaults: (object) => {
    // Defaults come before anybody has looked at types.
    const spec: unknown = object["spec"];
    if (typeof spec === "object" && spec !== null) object["spec"].allowPrivilegeEscalation ??= true;
  },
  validate: (object) => [...validateAnnotations(object), ...validateSpec(specOf(object))],
};

function validateSpec(spec: Fields): readonly FieldError[] {
  const drops = (spec["requiredDropCapabilities"] ?? []) as readonly string[];
  const allowed = (spec["allowedCapabilities"] ?? []) as readonly string[];
  return [
    ...validateStrategy(spec["runAsUser"], "spec.runAsUser", ["MustRunAs", "MustRunAsNonRoot", "RunAsAny"]),
    ...validateRunAsGroup(spec["runAsGroup"]),
    ...validateRule(spec["seLinux"], "spec.seLinux", ["MustRunAs", "RunAsAny"]),
    ...validateStrategy(spec["supplementalGroups"], "spec.supplementalGroups", groupRules),
    ...validateStrategy(spec["fsGroup"], "spec.fsGroup", groupRules),
    ...((spec["volumes"] ?? []) as readonly string[])
      .filter((each) => !volumeTypes.includes(each))
      .map((each) => notSupported("spec.volumes", each, volumeTypes)),
    ...(drops.length > 0 && allowed.includes("*")
      ? [
          wrongList(
            "requiredDropCapabilities",
            "core.Capability",
            drops.map(quoted),
            "must be empty when all capabilities are allowed by a wildcard",
          ),
        ]
      : []),
    ...dropped(drops, spec["defaultAddCapabilities"], "defaultAddCapabilities"),
    ...dropped(drops, allowed, "allowedCapabilities"),
    ...(spec["defaultAllowPrivilegeEscalation"] === true && spec["allowPrivilegeEscalation"] === false
      ? [
          invalid(
            "spec.defaultAllowPrivilegeEscalation",
            true,
            "Cannot set DefaultAllowPrivilegeEscalation to true without also setting AllowPrivilegeEscalation to true",
          ),
        ]
      : []),
    ...((spec["allowedProcMountTypes"] ?? []) as readonly string[]).flatMap((each, i) =>
      each === "Default" || each === "Unmasked"
        ? []
        : [notSupported(`spec.allowedProcMountTypes[${i}]`, each, ["Default", "Unmasked"])],
    ),
    ...validateHostPaths(spec["allowedHostPaths"]),
    ...itemsOf(spec["allowedFlexVolumes"], "spec.allowedFlexVolumes.allowedFlexVolumes").flatMap(([each, path]) =>
      each["driver"] ? [] : [required(`${path}.driver`, "must specify a driver")],
    ),
    ...itemsOf(spec["allowedCSIDrivers"], "spec.allowedCSIDrivers.allowedCSIDriver").flatMap(([each, path]) => [
      ...(each["name"] ? [] : [required(`${path}.name`)]),
      ...formatted(`${path}.name`, each["name"] ?? "", dns1123Subdomain),
    ]),
    ...validateSysctls(spec["allowedUnsafeSysctls"], "spec.allowedUnsafeSysctls"),
    ...validateSysctls(spec["forbiddenSysctls"], "spec.forbiddenSysctls"),
    ...overlaps(spec["allowedUnsafeSysctls"] ?? [], spec["forbiddenSysctls"] ?? []),
    ...validateRuntimeClass(spec["runtimeClass"]),
  ];
}

/** A value that is written as Go prints it. */
function wrongList(field: string, type: string, items: readonly string[], detail: string): FieldError {
  const value = items.length === 0 ? "(nil)" : `{${items.join(", ")}}`;
  return { field, reason: "FieldValueInvalid", message: `Invalid value: []${type}${value}: ${detail}` };
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function validateRule(options: Fields | undefined, path: string, rules: readonly string[]): readonly FieldError[] {
  const rule = (options?.["rule"] ?? "") as string;
  return rules.includes(rule) ? [] : [notSupported(`${path}.rule`, rule, rules)];
}

function validateStrategy(options: Fields | undefined, path: string, rules: readonly string[]): readonly FieldError[] {
  return [...validateRule(options, path, rules), ...validateRanges(options?.["ranges"], `${path}.ranges`)];
}

function validateRanges(ranges: unknown, path: string): readonly FieldError[] {
  return itemsOf(ranges, path).flatMap(([{ min = 0, max = 0 }, at]) => [
    ...(min < 0 ? [invalid(`${at}.min`, min, "min cannot be negative")] : []),
    ...(max < 0 ? [invalid(`${at}.max`, max, "max cannot be negative")] : []),
    ...(min > max ? [invalid(`${at}.min`, min, "min cannot be greater than max")] : []),
  ]);
}

function validateRunAsGroup(options: Fields | undefined): readonly FieldError[] {
  if (options === undefined) return [];
  const { rule = "", ranges = [] } = options;
  const path = "spec.runAsGroup";
  if (rule === "RunAsAny")
    return ranges.length === 0
      ? []
      : [wrongList(`${path}.ranges`, "policy.IDRange", ranges.map(rangeText), "Ranges must be empty")];
  if (!groupRules.includes(rule)) return [notSupported(`${path}.rule`, rule, ["MustRunAs", "RunAsAny", "MayRunAs"])];
  return [
    ...(ranges.length === 0
      ? [wrongList(`${path}.ranges`, "policy.IDRange", [], "must provide at least one range")]
      : []),
    ...validateRanges(ranges, `${path}.ranges`),
  ];
}

function rangeText({ min = 0, max = 0 }: { readonly min?: number; readonly max?: number }): string {
  return `policy.IDRange{Min:${min}, Max:${max}}`;
}

function dropped(drops: readonly string[], list: readonly string[] | undefined, name: string): readonly FieldError[] {
  return (list ?? [])
    .filter((each) => drops.includes(each))
    .map((each) => invalid(name, each, `capability is listed in ${name} and requiredDropCapabilities`));
}

/** A path that is missing ends the search for faults. */
function validateHostPaths(paths: unknown): readonly FieldError[] {
  const items = itemsOf(paths, "spec.allowedHostPaths");
  const missing = items.findIndex(([{ pathPrefix }]) => !pathPrefix);
  const before = missing < 0 ? items : items.slice(0, missing);
  return [
    ...before
      .filter(([{ pathPrefix }]) => pathPrefix.split("/").includes(".."))
      .map(([{ pathPrefix }, path]) => invalid(path, pathPrefix, "must not contain '..'")),
    ...(missing < 0 ? [] : [required((items[missing] as (typeof items)[number])[1], "is required")]),
  ];
}

const segment = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const sysctlPattern = `(${segment}\\.)*([a-z0-9][-_a-z0-9]*)?[a-z0-9*]`;
const isSysctlPattern = new RegExp(`^${sysctlPattern}$`);
const maxSysctlLength = 253;

function validateSysctls(given: readonly string[] | undefined, path: string): readonly FieldError[] {
  const sysctls = given ?? [];
  const errors = sysctls.flatMap((each, i) => {
    if (each === "") return [invalid(`${path}[${i}]`, each, "empty sysctl not allowed")];
    if (each.length <= maxSysctlLength && isSysctlPattern.test(each)) return [];
    const detail = `must have at most ${maxSysctlLength} characters and match regex ${sysctlPattern}`;
    return [invalid(`${path}[${i}]`, each, detail)];
  });
  const coversAll = sysctls.length > 1 && sysctls.some((each) => each.startsWith("*"));
  return coversAll
    ? [...errors, forbidden(`${path}.items`, "if '*' is present, must not specify other sysctls")]
    : errors;
}

/** What is allowed may not be forbidden; the narrower one of two is at fault. */
function overlaps(allowed: readonly string[], forbiddenOnes: readonly string[]): readonly FieldError[] {
  const covers = (pattern: string, other: string) =>
    pattern.endsWith("*") ? other.replace(/\*$/, "").startsWith(pattern.slice(0, -1)) : pattern === other;
  return allowed.flatMap((one, i) =>
    forbiddenOnes.flatMap((other, j) => {
      if (covers(other, one)) return [invalid(`spec.allowedUnsafeSysctls[${i}]`, one, `sysctl overlaps with ${other}`)];
      return covers(one, other) ? [invalid(`spec.forbiddenSysctls[${j}]`, other, `sysctl overlaps with ${one}`)] : [];
    }),
  );
}

function validateRuntimeClass(options: Fields | undefined): readonly FieldError[] {
  if (options === undefined) return [];
  const names = (options["allowedRuntimeClassNames"] ?? []) as readonly string[];
  const standard = options["defaultRuntimeClassName"] as string | undefined;
  const path = "spec.runtimeClass.allowedRuntimeClassNames";
  return [
    ...names.flatMap((each, i) => [
      ...(each === "*" ? [] : formatted(`${path}[${i}]`, each, dns1123Subdomain)),
      ...(names.indexOf(each) < i ? [duplicate(`${path}[${i}]`, each)] : []),
    ]),
    ...(standard === undefined
      ? []
      : [
          ...formatted("spec.runtimeClass.defaultRuntimeClassName", standard, dns1123Subdomain),
          ...(names.includes(standard) || names.includes("*")
            ? []
            : [required(path, `default ${JSON.stringify(standard)} must be allowed`)]),
        ]),
    ...(names.includes("*") && names.length > 1
      ? [wrongList(path, "string", names.map(quoted), "if '*' is present, must not specify other RuntimeClass names")]
      : []),
  ];
}

const appArmor = "apparmor.security.beta.kubernetes.io";
const seccomp = "seccomp.security.alpha.kubernetes.io";

function validateAnnotations({ metadata: { annotations = {} } }: KubeObject): readonly FieldError[] {
  const place = (key: string) => `metadata.annotations[${key}]`;
  const listed = (key: string) => (annotations[key] ?? "").split(",").filter((each) => each !== "");
  const [armorAllowed, seccompAllowed] = [`${appArmor}/allowedProfileNames`, `${seccomp}/allowedProfileNames`];
  return [
    ...[`${appArmor}/defaultProfileName`, armorAllowed].flatMap((key) =>
      (key === armorAllowed ? listed(key) : [annotations[key] ?? ""])
        .filter((each) => !/^($|runtime\/default$|unconfined$|localhost\/)/.test(each))
        .map((each) => invalid(place(key), annotations[key], `invalid AppArmor profile name: ${JSON.stringify(each)}`)),
    ),
    ...[`${seccomp}/defaultProfileName`, seccompAllowed].flatMap((key) =>
      listed(key)
        .filter((each) => !(each === "*" && key === seccompAllowed))
        .filter((each) => !/^((runtime|docker)\/default$|unconfined$|localhost\/)/.test(each))
        .map((each) => invalid(place(key), each, "must be a valid seccomp profile")),
    ),
  ];
}
