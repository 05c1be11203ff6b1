import { duplicate, type FieldError, forbidden, invalid, notFound, required } from "../../../names.ts";
import { formatted, itemsOf, oneOf } from "../../checks.ts";
import { dns1123Label } from "../../formats.ts";
import type { Fields } from "../../rules.ts";
import { validateEnv, validateEnvFrom } from "./env.ts";
import { validateDevices, validateMounts } from "./mounts.ts";
import { hostPortConflicts, validatePorts } from "./ports.ts";
import { validateLifecycle, validateProbes } from "./probes.ts";
import { validateResizePolicy, validateResources } from "./resources.ts";
import { validateInitRestart, validateRestart } from "./restart.ts";
import { validateContainerSecurity } from "./security.ts";

const pullPolicies: readonly string[] = ["Always", "IfNotPresent", "Never"];
const messagePolicies: readonly string[] = ["File", "FallbackToLogsOnError"];

/** validateContainers: those that run side by side. Names that are taken go into `names`. */
export function validateContainers(spec: Fields, path: string, names: Set<string>): readonly FieldError[] {
  const containers = itemsOf(spec["containers"], path);
  if (containers.length === 0) return [required(path)];
  const grace = spec["terminationGracePeriodSeconds"] as number | undefined;
  const errors = containers.flatMap(([each, field]) => [
    ...validateCommon(each, field, spec),
    ...takenName(each, field, names),
    ...validateLifecycle(each["lifecycle"], `${field}.lifecycle`, grace),
    ...validateProbes(each, field),
    ...validateRestart(each, field),
  ]);
  return [...errors, ...hostPortConflicts(spec["containers"], path)];
}

/** validateInitContainers: one after the other, except those that go on running. */
export function validateInitContainers(spec: Fields, path: string, names: Set<string>): readonly FieldError[] {
  const grace = spec["terminationGracePeriodSeconds"] as number | undefined;
  return itemsOf(spec["initContainers"], path).flatMap(([each, field]) => {
    const goesOn = each["restartPolicy"] === "Always";
    return [
      ...validateCommon(each, field, spec),
      ...validateInitRestart(each, field),
      ...takenName(each, field, names),
      ...hostPortConflicts([each], path),
      ...(goesOn
        ? [...validateLifecycle(each["lifecycle"], `${field}.lifecycle`, grace), ...validateProbes(each, field)]
        : [...notOfInit(each, field), ...resizedByRestart(each, field)]),
    ];
  });
}

/** One that ends is not started again for other resources. */
function resizedByRestart(each: Fields, path: string): readonly FieldError[] {
  const why = "must not be set to 'RestartContainer' for non-sidecar initContainers";
  return itemsOf(each["resizePolicy"], `${path}.resizePolicy`).flatMap(([{ restartPolicy: policy }, field]) =>
    policy === "RestartContainer" ? [invalid(`${field}.restartPolicy`, policy, why)] : [],
  );
}

function notOfInit(each: Fields, path: string): readonly FieldError[] {
  return ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"]
    .filter((name) => each[name] !== undefined)
    .map((name) => forbidden(`${path}.${name}`, "may not be set for init containers without restartPolicy=Always"));
}

/** What an ephemeral container may not have, in the order of Go's fields. */
const lasting: readonly string[] = [
  "ports",
  "resources",
  "resizePolicy",
  "restartPolicy",
  "restartPolicyRules",
  "livenessProbe",
  "readinessProbe",
  "startupProbe",
  "lifecycle",
];

/** validateEphemeralContainers: what is added to a running pod. */
export function validateEphemeralContainers(spec: Fields, path: string, names: Set<string>): readonly FieldError[] {
  const others = [...((spec["containers"] ?? []) as Fields[]), ...((spec["initContainers"] ?? []) as Fields[])];
  const why = "cannot be set for an Ephemeral Container";
  return itemsOf(spec["ephemeralContainers"], path).flatMap(([each, field]) => {
    const target = each["targetContainerName"] as string | undefined;
    return [
      ...validateCommon(each, field, spec),
      ...untrimmedImage(each, field),
      ...takenName(each, field, names),
      ...(target && !others.some(({ name }) => name === target)
        ? [notFound(`${field}.targetContainerName`, target)]
        : []),
      ...lasting.filter((name) => isGiven(name, each[name])).map((name) => forbidden(`${field}.${name}`, why)),
      ...itemsOf(each["volumeMounts"], `${field}.volumeMounts`).flatMap(([mount, place]) =>
        ["subPath", "subPathExpr"].filter((name) => mount[name]).map((name) => forbidden(`${place}.${name}`, why)),
      ),
    ];
  });
}

/** Of some fields Go cannot tell an empty one from none. */
function isGiven(name: string, value: unknown): boolean {
  const isEmptied = name === "resources" || Array.isArray(value);
  return isEmptied ? Object.keys(value ?? {}).length > 0 : value !== undefined;
}

/** validateContainerOnlyForPod. */
export function untrimmedImage({ image = "" }: Fields, path: string): readonly FieldError[] {
  return image === image.trim()
    ? []
    : [invalid(`${path}.image`, image, "must not have leading or trailing whitespace")];
}

function takenName({ name = "" }: Fields, path: string, names: Set<string>): readonly FieldError[] {
  const isTaken = names.has(name);
  // Several without a name are told so, each.
  if (name !== "" || path.includes(".containers[")) names.add(name);
  return isTaken ? [duplicate(`${path}.name`, name)] : [];
}

/** validateContainerCommon. */
function validateCommon(each: Fields, path: string, spec: Fields): readonly FieldError[] {
  const claims = ((spec["resourceClaims"] ?? []) as Fields[]).map((claim) => claim["name"] as string).filter(Boolean);
  const { name = "", image = "", terminationMessagePolicy = "", imagePullPolicy = "" } = each;
  const volumes = new Map(((spec["volumes"] ?? []) as Fields[]).map((volume) => [volume["name"] as string, volume]));
  return [
    ...(name === "" ? [required(`${path}.name`)] : formatted(`${path}.name`, name, dns1123Label)),
    ...(image === "" ? [required(`${path}.image`)] : []),
    ...oneOf(`${path}.terminationMessagePolicy`, terminationMessagePolicy, messagePolicies),
    ...validatePorts(each["ports"], `${path}.ports`),
    ...validateEnv(each["env"], `${path}.env`),
    ...validateEnvFrom(each["envFrom"], `${path}.envFrom`),
    ...validateMounts(each, volumes, `${path}.volumeMounts`),
    ...validateDevices(each, volumes, `${path}.volumeDevices`),
    ...oneOf(`${path}.imagePullPolicy`, imagePullPolicy, pullPolicies),
    ...validateResources(each["resources"], `${path}.resources`, claims),
    ...validateResizePolicy(each["resizePolicy"], `${path}.resizePolicy`, spec["restartPolicy"]),
    ...validateContainerSecurity(each["securityContext"], `${path}.securityContext`, spec["hostUsers"] !== false),
  ];
}
