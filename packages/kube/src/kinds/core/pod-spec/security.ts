import { duplicate, type FieldError, invalid, notSupported, required } from "../../../names.ts";
import { itemsOf } from "../../checks.ts";
import type { Fields } from "../../rules.ts";

const maxId = 2147483647;
const sysctl = "([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?";

function validateId(field: string, value: number | undefined): readonly FieldError[] {
  return value === undefined || (value >= 0 && value <= maxId)
    ? []
    : [invalid(field, value, `must be between 0 and ${maxId}, inclusive`)];
}

/** ValidatePodSecurityContext, with what depends on the pod's namespaces of its host. */
export function validatePodSecurity(spec: Fields, path: string): readonly FieldError[] {
  const context = spec["securityContext"] as Fields | undefined;
  const errors: FieldError[] = [];
  if (context === undefined) return errors;
  if (spec["shareProcessNamespace"] === true && spec["hostPID"] === true)
    errors.push(
      invalid(`${path}.shareProcessNamespace`, true, "ShareProcessNamespace and HostPID cannot both be enabled"),
    );
  for (const name of ["fsGroup", "runAsUser", "runAsGroup"])
    errors.push(...validateId(`${path}.${name}`, context[name]));
  for (const [i, id] of ((context["supplementalGroups"] ?? []) as number[]).entries())
    errors.push(...validateId(`${path}.supplementalGroups[${i}]`, id));
  errors.push(...validateSysctls(context["sysctls"], `${path}.sysctls`));
  errors.push(...optional(context, "fsGroupChangePolicy", ["Always", "OnRootMismatch"], path));
  errors.push(...validateProfile(context["seccompProfile"], `${path}.seccompProfile`));
  errors.push(...optional(context, "supplementalGroupsPolicy", ["Merge", "Strict"], path));
  errors.push(...validateProfile(context["appArmorProfile"], `${path}.appArmorProfile`));
  return errors;
}

function optional(fields: Fields, name: string, words: readonly string[], path: string): readonly FieldError[] {
  const value = fields[name] as string | undefined;
  return value === undefined || words.includes(value) ? [] : [notSupported(`${path}.${name}`, value, words)];
}

function validateSysctls(list: unknown, path: string): readonly FieldError[] {
  const names = new Set<string>();
  return itemsOf(list, path).flatMap(([{ name = "" }, field]) => {
    const key = String(name).replaceAll("/", ".");
    const errors: FieldError[] = [];
    if (name === "") errors.push(required(`${field}.name`));
    else if (name.length > 253 || !new RegExp(`^${sysctl}$`).test(name))
      errors.push(invalid(`${field}.name`, name, `must have at most 253 characters and match regex ^${sysctl}$`));
    else if (names.has(key)) errors.push(duplicate(`${field}.name`, name));
    names.add(key);
    return errors;
  });
}

/** Seccomp and AppArmor profiles are of one shape. */
function validateProfile(profile: Fields | undefined, path: string): readonly FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile } = profile;
  const isSeccomp = path.endsWith("seccompProfile");
  if (!type)
    return [
      required(
        `${path}.type`,
        isSeccomp ? "type is required when seccompProfile is set" : "type is required when appArmorProfile is set",
      ),
    ];
  const words = ["Localhost", "RuntimeDefault", "Unconfined"];
  if (!words.includes(type)) return [notSupported(`${path}.type`, type, words)];
  if (type === "Localhost") {
    if (!localhostProfile)
      return [
        required(
          `${path}.localhostProfile`,
          isSeccomp ? "must be set when seccomp type is Localhost" : "must be set when AppArmor type is Localhost",
        ),
      ];
    return isSeccomp ? localDescendingPath(localhostProfile, `${path}.localhostProfile`) : [];
  }
  return localhostProfile === undefined
    ? []
    : [
        invalid(
          `${path}.localhostProfile`,
          localhostProfile,
          `can only be set when ${isSeccomp ? "seccomp" : "AppArmor"} type is Localhost`,
        ),
      ];
}

/** validateLocalDescendingPath: relative, and never upwards. */
export function localDescendingPath(value: string, field: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (value.startsWith("/")) errors.push(invalid(field, value, "must be a relative path"));
  if (value.split("/").includes("..")) errors.push(invalid(field, value, "must not contain '..'"));
  return errors;
}

/** ValidateSecurityContext of a container. */
export function validateContainerSecurity(context: Fields | undefined, path: string): readonly FieldError[] {
  if (context === undefined) return [];
  const { privileged, allowPrivilegeEscalation, procMount, capabilities } = context;
  const errors: FieldError[] = [];
  for (const name of ["runAsUser", "runAsGroup"]) errors.push(...validateId(`${path}.${name}`, context[name]));
  if (procMount !== undefined && !["Default", "Unmasked"].includes(procMount))
    errors.push(notSupported(`${path}.procMount`, procMount, ["Default", "Unmasked"]));
  errors.push(...validateProfile(context["seccompProfile"], `${path}.seccompProfile`));
  if (allowPrivilegeEscalation === false) {
    const added = (capabilities?.add ?? []) as string[];
    if (privileged === true)
      errors.push(invalid(path, context, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"));
    if (added.includes("CAP_SYS_ADMIN"))
      errors.push(
        invalid(path, context, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"),
      );
  }
  errors.push(...validateProfile(context["appArmorProfile"], `${path}.appArmorProfile`));
  return errors;
}
