import { type FieldError, forbidden, invalid, notSupported, required } from "../../../names.ts";
import type { Fields } from "../../rules.ts";
import { containersOf } from "./places.ts";

const systems: readonly string[] = ["linux", "windows"];

/** validateOS, and what pods of that system may not have. */
export function validateOs(spec: Fields, path: string): readonly FieldError[] {
  if (spec["os"] === undefined) return [];
  const { name = "" } = spec["os"] as Fields;
  if (name === "") return [required(`${path}.os.name`)];
  if (name === "linux") return validateLinux(spec, path);
  return name === "windows" ? validateWindows(spec, path) : [notSupported(`${path}.os`, name, systems)];
}

function validateLinux(spec: Fields, path: string): readonly FieldError[] {
  return [[spec, path] as const, ...containersOf(spec, path)]
    .filter(([{ securityContext }]) => securityContext?.windowsOptions !== undefined)
    .map(([, place]) =>
      forbidden(`${place}.securityContext.windowsOptions`, "windows options cannot be set for a linux pod"),
    );
}

/** Fields of a pod's security context that mean nothing on Windows. */
const ofLinuxPods: readonly string[] = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "fsGroup",
  "fsGroupChangePolicy",
  "sysctls",
  "runAsUser",
  "runAsGroup",
  "supplementalGroups",
  "supplementalGroupsPolicy",
  "seLinuxChangePolicy",
];

/** The same of a container's. */
const ofLinuxContainers: readonly string[] = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "capabilities",
  "readOnlyRootFilesystem",
  "privileged",
  "allowPrivilegeEscalation",
  "procMount",
  "runAsUser",
  "runAsGroup",
];

function validateWindows(spec: Fields, path: string): readonly FieldError[] {
  const refused = (holder: Fields, names: readonly string[], place: string) =>
    names
      .filter((name) => isSet(holder[name], name))
      .map((name) => forbidden(`${place}.${name}`, "cannot be set for a windows pod"));
  return [
    ...refused(spec["securityContext"] ?? {}, ofLinuxPods, `${path}.securityContext`),
    ...refused(spec, ["hostUsers", "hostPID", "hostIPC", "shareProcessNamespace"], path),
    ...containersOf(spec, path).flatMap(([{ securityContext }, place]) =>
      refused(securityContext ?? {}, ofLinuxContainers, `${place}.securityContext`),
    ),
  ];
}

/** Of some fields Go cannot tell an absent one from one that is false or empty. */
function isSet(value: unknown, name: string): boolean {
  if (name === "hostPID" || name === "hostIPC") return value === true;
  return name === "sysctls" ? Array.isArray(value) && value.length > 0 : value !== undefined;
}

/** validateWindowsHostProcessPod: all containers of a pod are processes of its host, or none. */
export function validateHostProcesses(spec: Fields, path: string): readonly FieldError[] {
  const ofPod = spec["securityContext"]?.windowsOptions?.hostProcess as boolean | undefined;
  const containers = containersOf(spec, path).map(
    ([{ securityContext }, place]) =>
      [securityContext?.windowsOptions?.hostProcess as boolean | undefined, place] as const,
  );
  const processes = containers.filter(([own]) => own ?? ofPod ?? false).length;
  return [
    ...containers
      .filter(([own]) => own !== undefined && ofPod !== undefined && own !== ofPod)
      .map(([own, place]) =>
        invalid(
          `${place}.securityContext.windowsOptions.hostProcess`,
          own,
          `pod hostProcess value must be identical if both are specified, was ${ofPod}`,
        ),
      ),
    ...(processes > 0 && processes !== containers.length
      ? [
          invalid(
            path,
            "",
            "If pod contains any hostProcess containers then all containers must be HostProcess containers",
          ),
        ]
      : []),
    ...(processes > 0 && spec["hostNetwork"] !== true
      ? [invalid(`${path}.hostNetwork`, false, "hostNetwork must be true if pod contains any hostProcess containers")]
      : []),
  ];
}
