import { duplicate, type FieldError, forbidden, notSupported, required } from "../../../names.ts";
import { formatted, itemsOf } from "../../checks.ts";
import { dns1123Label } from "../../formats.ts";
import type { Fields } from "../../rules.ts";
import { validateEnv, validateEnvFrom } from "./env.ts";
import { validateDevices, validateMounts } from "./mounts.ts";
import { hostPortConflicts, validatePorts } from "./ports.ts";
import { validateLifecycle, validateProbes } from "./probes.ts";
import { validateResizePolicy, validateResources } from "./resources.ts";
import { validateContainerSecurity } from "./security.ts";

const pullPolicies: readonly string[] = ["Always", "IfNotPresent", "Never"];
const messagePolicies: readonly string[] = ["FallbackToLogsOnError", "File"];

/** validateContainers: those that run side by side. Names that are taken go into `names`. */
export function validateContainers(spec: Fields, path: string, names: Set<string>): readonly FieldError[] {
  const containers = itemsOf(spec["containers"], path);
  if (containers.length === 0) return [required(path)];
  const errors = containers.flatMap(([each, field]) => [
    ...validateCommon(each, field, spec),
    ...takenName(each, field, names),
    ...validateLifecycle(each["lifecycle"], `${field}.lifecycle`, spec["terminationGracePeriodSeconds"] ?? 0),
    ...validateProbes(each, field),
    ...validateRestart(each, field),
  ]);
  return [...errors, ...hostPortConflicts(spec["containers"], path)];
}

/** validateInitContainers: one after the other, except those that go on running. */
export function validateInitContainers(spec: Fields, path: string, names: Set<string>): readonly FieldError[] {
  return itemsOf(spec["initContainers"], path).flatMap(([each, field]) => {
    const goesOn = each["restartPolicy"] === "Always";
    return [
      ...validateCommon(each, field, spec),
      ...takenName(each, field, names),
      ...hostPortConflicts([each], path),
      ...(goesOn
        ? [
            ...validateLifecycle(each["lifecycle"], `${field}.lifecycle`, spec["terminationGracePeriodSeconds"] ?? 0),
            ...validateProbes(each, field),
          ]
        : notOfInit(each, field)),
      ...validateRestart(each, field),
    ];
  });
}

function notOfInit(each: Fields, path: string): readonly FieldError[] {
  return ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"]
    .filter((name) => each[name] !== undefined)
    .map((name) => forbidden(`${path}.${name}`, "may not be set for init containers without restartPolicy=Always"));
}

/** validateEphemeralContainers: what is added to a running pod. */
export function validateEphemeralContainers(spec: Fields, path: string, names: Set<string>): readonly FieldError[] {
  const targets = new Set(
    [...((spec["containers"] ?? []) as Fields[]), ...((spec["initContainers"] ?? []) as Fields[])].map(
      (each) => each["name"],
    ),
  );
  return itemsOf(spec["ephemeralContainers"], path).flatMap(([each, field]) => {
    const errors = [...validateCommon(each, field, spec), ...takenName(each, field, names)];
    const target = each["targetContainerName"];
    if (target && !targets.has(target))
      errors.push({
        field: `${field}.targetContainerName`,
        reason: "FieldValueNotFound",
        message: `Not found: ${JSON.stringify(target)}`,
      });
    for (const name of ["ports", "lifecycle", "livenessProbe", "readinessProbe", "startupProbe", "resizePolicy"])
      if (each[name] !== undefined)
        errors.push(forbidden(`${field}.${name}`, "cannot be set for an Ephemeral Container"));
    if (Object.keys(each["resources"] ?? {}).length > 0)
      errors.push(forbidden(`${field}.resources`, "cannot be set for an Ephemeral Container"));
    return errors;
  });
}

function takenName(each: Fields, path: string, names: Set<string>): readonly FieldError[] {
  const isTaken = names.has(each["name"]);
  names.add(each["name"]);
  return isTaken ? [duplicate(`${path}.name`, each["name"])] : [];
}

/** validateContainerCommon. */
function validateCommon(each: Fields, path: string, spec: Fields): readonly FieldError[] {
  const { name = "", image = "", terminationMessagePolicy = "", imagePullPolicy = "" } = each;
  const volumes = new Map(((spec["volumes"] ?? []) as Fields[]).map((volume) => [volume["name"] as string, volume]));
  return [
    ...(name === "" ? [required(`${path}.name`)] : formatted(`${path}.name`, name, dns1123Label)),
    ...(image === "" ? [required(`${path}.image`)] : []),
    ...(messagePolicies.includes(terminationMessagePolicy)
      ? []
      : [notSupported(`${path}.terminationMessagePolicy`, terminationMessagePolicy, messagePolicies)]),
    ...validatePorts(each["ports"], `${path}.ports`),
    ...validateEnv(each["env"], `${path}.env`),
    ...validateEnvFrom(each["envFrom"], `${path}.envFrom`),
    ...validateMounts(each, volumes, `${path}.volumeMounts`),
    ...validateDevices(each, volumes, `${path}.volumeDevices`),
    ...(pullPolicies.includes(imagePullPolicy)
      ? []
      : [notSupported(`${path}.imagePullPolicy`, imagePullPolicy, pullPolicies)]),
    ...validateResources(each["resources"], `${path}.resources`),
    ...validateResizePolicy(each["resizePolicy"], `${path}.resizePolicy`, spec["restartPolicy"]),
    ...validateContainerSecurity(each["securityContext"], `${path}.securityContext`),
  ];
}

const restartPolicies: readonly string[] = ["Always", "Never", "OnFailure"];

function validateRestart({ restartPolicy }: Fields, path: string): readonly FieldError[] {
  return restartPolicy === undefined || restartPolicies.includes(restartPolicy)
    ? []
    : [notSupported(`${path}.restartPolicy`, restartPolicy, restartPolicies)];
}
