import { nanosOf, shownQuantity } from "../../../go/quantity.ts";
import { type FieldError, invalid, notFound, notSupported, required } from "../../../names.ts";
import { formatted, itemsOf } from "../../checks.ts";
import { dns1123Label, dns1123Subdomain, type Format, labelKey } from "../../formats.ts";
import type { Fields } from "../../rules.ts";
import { dataKey } from "../data.ts";
import { containersOf } from "./places.ts";
import { noUpwardPath } from "./volume-sources.ts";

const sources: readonly string[] = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

const envFields: readonly string[] = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
const envResources: readonly string[] = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
];

/** What may be read of a pod into a volume. */
export const volumeFields: readonly string[] = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
];

/** Fields of pods that a path may name, beside those that only some places take. */
const convertible = new Set([
  ...envFields,
  ...volumeFields,
  "spec.restartPolicy",
  "spec.schedulerName",
  "status.phase",
]);

const envName: Format = (value) =>
  /^[ -<>-~]+$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];

/** ValidateEnv. */
export function validateEnv(env: unknown, path: string): readonly FieldError[] {
  return itemsOf(env, path).flatMap(([each, field]) => [
    ...(each["name"] ? formatted(`${field}.name`, each["name"], envName) : [required(`${field}.name`)]),
    ...(each["valueFrom"] === undefined ? [] : valueFrom(each, `${field}.valueFrom`)),
  ]);
}

function valueFrom(each: Fields, path: string): readonly FieldError[] {
  const source = each["valueFrom"] as Fields;
  const given = sources.filter((name) => source[name] !== undefined);
  return [
    ...given.flatMap((name) => sourceRules[name]?.(source[name], `${path}.${name}`) ?? []),
    ...(given.length === 0
      ? [invalid(path, "", `must specify one of: \`${sources.slice(0, -1).join("`, `")}\` or \`${sources.at(-1)}\``)]
      : each["value"]
        ? [invalid(path, "", "may not be specified when `value` is not empty")]
        : given.length > 1
          ? [invalid(path, "", "may not have more than one field specified at a time")]
          : []),
  ];
}

const sourceRules: { readonly [source: string]: (source: Fields, path: string) => readonly FieldError[] } = {
  fieldRef: (source, path) => validateFieldRef(source, path, envFields),
  resourceFieldRef: (source, path) => validateResourceFieldRef(source, path, false),
  configMapKeyRef: keySelector,
  secretKeyRef: keySelector,
  fileKeyRef: ({ key, volumeName, path: file = "" }, path) => [
    ...(key ? formatted(`${path}.key`, key, envName) : [required(`${path}.key`)]),
    ...(volumeName ? formatted(`${path}.volumeName`, volumeName, dns1123Label) : [required(`${path}.volumeName`)]),
    ...(file === "" ? [required(`${path}.path`)] : noUpwardPath(`${path}.path`, file)),
  ],
};

function keySelector({ name = "", key }: Fields, path: string): readonly FieldError[] {
  return [
    ...formatted(`${path}.name`, name, dns1123Subdomain),
    ...(key ? formatted(`${path}.key`, key, dataKey) : [required(`${path}.key`)]),
  ];
}

/** validateFileKeyRefVolumes: files with variables lie in volumes that containers may fill. */
export function validateFileVolumes(spec: Fields, path: string): readonly FieldError[] {
  const volumes = new Map(((spec["volumes"] ?? []) as Fields[]).map((each) => [each["name"], each]));
  return containersOf(spec, path).flatMap(([{ env }, place]) =>
    itemsOf(env, `${place}.env`).flatMap(([{ valueFrom: source }, at]) => {
      if (source?.fileKeyRef === undefined) return [];
      const { volumeName = "" } = source.fileKeyRef;
      const field = `${at}.valueFrom.fileKeyRef.volumeName`;
      const volume = volumes.get(volumeName);
      if (volume === undefined) return [notFound(field, volumeName)];
      return volume["emptyDir"] === undefined
        ? [invalid(field, volumeName, "referenced volume must be of type emptyDir")]
        : [];
    }),
  );
}

/** validateObjectFieldSelector. */
export function validateFieldRef(
  { apiVersion, fieldPath }: Fields,
  path: string,
  allowed: readonly string[],
): readonly FieldError[] {
  if (!apiVersion) return [required(`${path}.apiVersion`)];
  if (!fieldPath) return [required(`${path}.fieldPath`)];
  const [, holder = "", key = ""] = /^(.+?)\['(.*)'\]$/.exec(fieldPath) ?? [];
  const fault = conversionFault(apiVersion, fieldPath, holder);
  if (fault !== undefined) return [invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: ${fault}`)];
  if (holder !== "") return formatted(path, holder === subscripted.labels ? key : key.toLowerCase(), labelKey);
  const field = fieldPath === "spec.host" ? "spec.nodeName" : fieldPath;
  return allowed.includes(field) ? [] : [notSupported(`${path}.fieldPath`, field, allowed)];
}

const subscripted = { labels: "metadata.labels", annotations: "metadata.annotations" };

function conversionFault(apiVersion: string, fieldPath: string, holder: string): string | undefined {
  if (apiVersion !== "v1") return `unsupported pod version: ${apiVersion}`;
  if (holder !== "")
    return Object.values(subscripted).includes(holder)
      ? undefined
      : `field label does not support subscript: ${fieldPath}`;
  return convertible.has(fieldPath) || fieldPath === "spec.host"
    ? undefined
    : `field label not supported: ${fieldPath}`;
}

/** validateContainerResourceFieldSelector; of a volume it names its container. */
export function validateResourceFieldRef(source: Fields, path: string, isVolume: boolean): readonly FieldError[] {
  const { containerName, resource = "", divisor } = source;
  return [
    ...(isVolume && !containerName
      ? [required(`${path}.containerName`)]
      : resource === ""
        ? [required(`${path}.resource`)]
        : envResources.includes(resource) || isHugePages(resource)
          ? []
          : [notSupported(`${path}.resource`, resource, envResources)]),
    ...validateDivisor(resource, divisor, `${path}.divisor`),
  ];
}

function isHugePages(resource: string): boolean {
  return /^(limits|requests)\.hugepages-/.test(resource);
}

const byteUnits = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei";

/** What amounts may be told in, by the resource; what they are called. */
const divisors: { readonly [resource: string]: readonly [units: string, name: string] } = {
  cpu: ["1m and 1", "cpu"],
  memory: [byteUnits, "memory"],
  "ephemeral-storage": [byteUnits, "local ephemeral storage"],
};

function validateDivisor(resource: string, divisor: unknown, field: string): readonly FieldError[] {
  if (divisor === undefined || nanosOf(divisor) === 0n) return [];
  const [units, name] = isHugePages(resource)
    ? [byteUnits, "hugepages"]
    : (divisors[resource.replace(/^(limits|requests)\./, "")] ?? []);
  if (units === undefined || units.split(/, | and /).includes(shownQuantity(divisor))) return [];
  return [invalid(field, resource, `only divisor's values ${units} are supported with the ${name} resource`)];
}

/** ValidateEnvFrom. */
export function validateEnvFrom(list: unknown, path: string): readonly FieldError[] {
  return itemsOf(list, path).flatMap(([each, field]) => {
    const errors: FieldError[] = [];
    if (each["prefix"]) errors.push(...formatted(`${field}.prefix`, each["prefix"], envName));
    const given = ["configMapRef", "secretRef"].filter((name) => each[name] !== undefined);
    for (const name of given) {
      const { name: source } = each[name] as Fields;
      errors.push(
        ...(source
          ? formatted(`${field}.${name}.name`, source, dns1123Subdomain)
          : [required(`${field}.${name}.name`)]),
      );
    }
    if (given.length === 0) errors.push(invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"));
    if (given.length > 1) errors.push(invalid(path, "", "may not have more than one field specified at a time"));
    return errors;
  });
}
