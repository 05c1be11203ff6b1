import { type FieldError, invalid, notSupported, required } from "../../../names.ts";
import { formatted, itemsOf } from "../../checks.ts";
import { dns1123Subdomain, type Format, qualified } from "../../formats.ts";
import type { Fields } from "../../rules.ts";
import { dataKey } from "../data.ts";

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

/** Labels that the conversion of field paths knows, beside those that only some places take. */
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
    : [
        "a valid environment variable name must consist only of printable ASCII characters other than '=' (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[ -<>-~]+')",
      ];

/** ValidateEnv. */
export function validateEnv(env: unknown, path: string): readonly FieldError[] {
  return itemsOf(env, path).flatMap(([each, field]) => [
    ...(each["name"] ? formatted(`${field}.name`, each["name"], envName) : [required(`${field}.name`)]),
    ...(each["valueFrom"] === undefined ? [] : valueFrom(each, `${field}.valueFrom`)),
  ]);
}

function valueFrom(each: Fields, path: string): readonly FieldError[] {
  const source = each["valueFrom"] as Fields;
  const errors: FieldError[] = [];
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = source;
  if (fieldRef !== undefined) errors.push(...validateFieldRef(fieldRef, `${path}.fieldRef`, envFields));
  if (resourceFieldRef !== undefined)
    errors.push(...validateResourceFieldRef(resourceFieldRef, `${path}.resourceFieldRef`, false));
  if (configMapKeyRef !== undefined) errors.push(...keySelector(configMapKeyRef, `${path}.configMapKeyRef`));
  if (secretKeyRef !== undefined) errors.push(...keySelector(secretKeyRef, `${path}.secretKeyRef`));
  const count = sources.filter((name) => source[name] !== undefined).length;
  if (count === 0)
    errors.push(
      invalid(path, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"),
    );
  else if (each["value"]) errors.push(invalid(path, "", "may not be specified when `value` is not empty"));
  else if (count > 1) errors.push(invalid(path, "", "may not have more than one field specified at a time"));
  return errors;
}

function keySelector({ name, key }: Fields, path: string): readonly FieldError[] {
  return [
    ...(name ? formatted(`${path}.name`, name, dns1123Subdomain) : []),
    ...(key ? formatted(`${path}.key`, key, dataKey) : [required(`${path}.key`)]),
  ];
}

/** validateObjectFieldSelector. */
export function validateFieldRef(
  { apiVersion, fieldPath }: Fields,
  path: string,
  allowed: readonly string[],
): readonly FieldError[] {
  if (!apiVersion) return [required(`${path}.apiVersion`)];
  if (!fieldPath) return [required(`${path}.fieldPath`)];
  const subscript = /^(metadata\.(?:labels|annotations))\['(.*)'\]$/.exec(fieldPath);
  if (subscript !== null) {
    const [, , key = ""] = subscript;
    const isLabel = fieldPath.startsWith("metadata.labels");
    return formatted(path, isLabel ? key : key.toLowerCase(), qualified);
  }
  if (!convertible.has(fieldPath))
    return [
      invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: field label not supported: ${fieldPath}`),
    ];
  return allowed.includes(fieldPath) ? [] : [notSupported(`${path}.fieldPath`, fieldPath, allowed)];
}

/** validateContainerResourceFieldSelector; of a volume it names its container. */
export function validateResourceFieldRef(
  { containerName, resource }: Fields,
  path: string,
  isVolume: boolean,
): readonly FieldError[] {
  if (isVolume && !containerName) return [required(`${path}.containerName`)];
  if (!resource) return [required(`${path}.resource`)];
  if (envResources.includes(resource) || /^(limits|requests)\.hugepages-/.test(resource)) return [];
  return [notSupported(`${path}.resource`, resource, envResources)];
}

/** ValidateEnvFrom. */
export function validateEnvFrom(list: unknown, path: string): readonly FieldError[] {
  return itemsOf(list, path).flatMap(([each, field]) => {
    const errors: FieldError[] = [];
    if (each["prefix"]) errors.push(...formatted(`${field}.prefix`, each["prefix"], envName));
    const given = ["configMapRef", "secretRef"].filter((name) => each[name] !== undefined);
    for (const name of given)
      if (each[name].name) errors.push(...formatted(`${field}.${name}.name`, each[name].name, dns1123Subdomain));
    if (given.length === 0) errors.push(invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"));
    if (given.length > 1) errors.push(invalid(path, "", "may not have more than one field specified at a time"));
    return errors;
  });
}
