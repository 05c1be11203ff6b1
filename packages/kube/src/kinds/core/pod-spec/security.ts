import { internalValue } from "../../../go/internal.ts";
import { duplicate, type FieldError, invalid, notSupported, required, tooLong } from "../../../names.ts";
import { itemsOf } from "../../checks.ts";
import type { Fields } from "../../rules.ts";
import { validateWindowsOptions } from "./windows-options.ts";

const maxId = 2147483647;
const sysctl = "([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?";

function validateId(field: string, value: number | undefined): readonly FieldError[] {
  return value === undefined || (value >= 0 && value <= maxId)
    ? []
    : [invalid(field, value, `must be between 0 and ${maxId}, inclusive`)];
}

/** validatePodSpecSecurityContext. */
export function validatePodSecurity(spec: Fields, path: string): readonly FieldError[] {
  const context = spec["securityContext"] as Fields | undefined;
  if (context === undefined) return [];
  return [
    ...["fsGroup", "runAsUser", "runAsGroup"].flatMap((name) => validateId(`${path}.${name}`, context[name])),
    ...((context["supplementalGroups"] ?? []) as number[]).flatMap((id, i) =>
      validateId(`${path}.supplementalGroups[${i}]`, id),
    ),
    ...validateSysctls(context["sysctls"], `${path}.sysctls`, spec),
    ...optional(context, "fsGroupChangePolicy", ["Always", "OnRootMismatch"], path),
    ...validateSeccomp(context["seccompProfile"], `${path}.seccompProfile`),
    ...validateWindowsOptions(context["windowsOptions"], `${path}.windowsOptions`),
    ...validateAppArmor(context["appArmorProfile"], `${path}.appArmorProfile`),
    ...optional(context, "supplementalGroupsPolicy", ["Merge", "Strict"], path),
    ...optional(context, "seLinuxChangePolicy", ["MountOption", "Recursive"], path),
  ];
}

function optional(fields: Fields, name: string, words: readonly string[], path: string): readonly FieldError[] {
  const value = fields[name] as string | undefined;
  return value === undefined || words.includes(value) ? [] : [notSupported(`${path}.${name}`, value, words)];
}

/** Parameters of the kernel by the namespace that they belong to: by their names, or how these begin. */
const namespaces: readonly (readonly [prefix: RegExp, namespace: "hostNetwork" | "hostIPC"])[] = [
  [/^net\./, "hostNetwork"],
  [/^kernel\.sem$/, "hostIPC"],
  [/^kernel\.shm/, "hostIPC"],
  [/^kernel\.msg/, "hostIPC"],
  [/^fs\.mqueue\./, "hostIPC"],
];

function validateSysctls(list: unknown, path: string, spec: Fields): readonly FieldError[] {
  const names = new Set<string>();
  return itemsOf(list, path).flatMap(([{ name = "" }, field]) => {
    const errors: FieldError[] = [];
    if (name === "") errors.push(required(`${field}.name`));
    else if (name.length > 253 || !new RegExp(`^${sysctl}$`).test(name))
      errors.push(invalid(`${field}.name`, name, `must have at most 253 characters and match regex ^${sysctl}$`));
    else if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
    names.add(name);
    const host = namespaces.find(([prefix]) => prefix.test(dotted(name)))?.[1];
    if (host !== undefined && spec[host] === true)
      errors.push(invalid(`${field}.name`, name, `may not be specified when '${host}' is true`));
    return errors;
  });
}

/** Written with slashes, dots are slashes and slashes are dots. */
function dotted(name: string): string {
  const [separator] = /[./]/.exec(name) ?? [];
  if (separator !== "/") return name;
  return name.replace(/[./]/g, (each) => (each === "/" ? "." : "/"));
}

const profileTypes: readonly string[] = ["Localhost", "RuntimeDefault", "Unconfined"];

/** validateSeccompProfileField. */
function validateSeccomp(profile: Fields | undefined, path: string): readonly FieldError[] {
  if (profile === undefined) return [];
  const { type = "", localhostProfile: file } = profile;
  const field = `${path}.localhostProfile`;
  const typeFaults =
    type === ""
      ? [required(`${path}.type`, "type is required when seccompProfile is set")]
      : profileTypes.includes(type)
        ? []
        : [notSupported(`${path}.type`, type, profileTypes)];
  if (type !== "Localhost") {
    const shown = { Type: type, LocalhostProfile: file };
    return file === undefined
      ? typeFaults
      : [...typeFaults, invalid(field, shown, "can only be set when seccomp type is Localhost")];
  }
  return file === undefined
    ? [required(field, "must be set when seccomp type is Localhost")]
    : localDescendingPath(file, field);
}

/** A path's longest. */
const maxProfileLength = 4095;

/** ValidateAppArmorProfileField. */
function validateAppArmor(profile: Fields | undefined, path: string): readonly FieldError[] {
  if (profile === undefined) return [];
  const { type = "", localhostProfile: name } = profile;
  const field = `${path}.localhostProfile`;
  if (type === "") return [required(`${path}.type`, "type is required when appArmorProfile is set")];
  if (!profileTypes.includes(type)) return [notSupported(`${path}.type`, type, profileTypes)];
  if (type !== "Localhost")
    return name === undefined ? [] : [invalid(field, name, "can only be set when AppArmor type is Localhost")];
  if (!name) return [required(field, "must be set when AppArmor type is Localhost")];
  return [
    ...(name === name.trim() ? [] : [invalid(field, name, "must not be padded with whitespace")]),
    ...(new TextEncoder().encode(name).length > maxProfileLength ? [tooLong(field, maxProfileLength)] : []),
  ];
}

/** validateLocalDescendingPath: relative, and never upwards. */
export function localDescendingPath(value: string, field: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (value.startsWith("/")) errors.push(invalid(field, value, "must be a relative path"));
  if (value.split("/").includes("..")) errors.push(invalid(field, value, "must not contain '..'"));
  return errors;
}

/** ValidateSecurityContext of a container; `hostUsers` of one whose users are the host's. */
export function validateContainerSecurity(
  context: Fields | undefined,
  path: string,
  hostUsers: boolean,
): readonly FieldError[] {
  if (context === undefined) return [];
  const { procMount } = context;
  return [
    ...["runAsUser", "runAsGroup"].flatMap((name) => validateId(`${path}.${name}`, context[name])),
    ...optional(context, "procMount", ["Default", "Unmasked"], path),
    ...(hostUsers && procMount === "Unmasked"
      ? [invalid(`${path}.procMount`, procMount, "`hostUsers` must be false to use `Unmasked`")]
      : []),
    ...validateSeccomp(context["seccompProfile"], `${path}.seccompProfile`),
    ...validateEscalation(context, path),
    ...validateWindowsOptions(context["windowsOptions"], `${path}.windowsOptions`),
    ...validateAppArmor(context["appArmorProfile"], `${path}.appArmorProfile`),
  ];
}

/** Who has all rights needs no escalation, and nobody can keep him from it. */
function validateEscalation(context: Fields, path: string): readonly FieldError[] {
  if (context["allowPrivilegeEscalation"] !== false) return [];
  const added = (context["capabilities"]?.add ?? []) as readonly string[];
  const powers = [
    ...(context["privileged"] === true ? ["`privileged` to true"] : []),
    ...added.filter((name) => name === "CAP_SYS_ADMIN").map((name) => `\`capabilities.Add\` ${name}`),
  ];
  const shown = internalValue("core.SecurityContext", context);
  return powers.map((each) => invalid(path, shown, `cannot set \`allowPrivilegeEscalation\` to false and ${each}`));
}
