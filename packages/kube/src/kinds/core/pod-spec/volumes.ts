import { nanosOf } from "../../../go/quantity.ts";
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from "../../../names.ts";
import { formatted, itemsOf } from "../../checks.ts";
import { dns1123Label, dns1123Subdomain } from "../../formats.ts";
import { validateLabelSelector } from "../../label-selector.ts";
import type { Fields } from "../../rules.ts";
import { validateFieldRef, validateResourceFieldRef, volumeFields } from "./env.ts";
import { localDescendingPath } from "./security.ts";

const modeFault = "must be a number between 0 and 0777 (octal), both inclusive";

/** ValidateVolumes: each has a name of its own and one source. */
export function validateVolumes(volumes: unknown, path: string): readonly FieldError[] {
  const names = new Set<string>();
  return itemsOf(volumes, path).flatMap(([volume, field]) => {
    const name = String(volume["name"] ?? "");
    const nameFaults = name === "" ? [required(`${field}.name`)] : formatted(`${field}.name`, name, dns1123Label);
    const isTaken = nameFaults.length === 0 && names.has(name);
    names.add(name);
    return [...validateSources(volume, field), ...nameFaults, ...(isTaken ? [duplicate(`${field}.name`, name)] : [])];
  });
}

function validateSources(volume: Fields, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  let isFirst = true;
  for (const [name, validate] of Object.entries(volumeSources)) {
    const source = volume[name] as Fields | undefined;
    if (source === undefined) continue;
    const field = `${path}.${name}`;
    errors.push(...(isFirst ? validate(source, field) : [forbidden(field, "may not specify more than 1 volume type")]));
    isFirst = false;
  }
  return isFirst ? [...errors, required(path, "must specify a volume type")] : errors;
}

/** A source that only must name something. */
function naming(...fields: readonly string[]): (source: Fields, path: string) => readonly FieldError[] {
  return (source, path) => fields.filter((name) => !source[name]).map((name) => required(`${path}.${name}`));
}

/** In the order in which kube-apiserver looks. */
export const volumeSources: { readonly [name: string]: (source: Fields, path: string) => readonly FieldError[] } = {
  emptyDir: ({ sizeLimit }, path) =>
    nanosOf(sizeLimit) < 0n
      ? [forbidden(`${path}.sizeLimit`, "SizeLimit field must be a valid resource quantity")]
      : [],
  hostPath: validateHostPath,
  gitRepo: naming("repository"),
  gcePersistentDisk: naming("pdName"),
  awsElasticBlockStore: naming("volumeID"),
  secret: (source, path) => keyedSource(source, path, "secretName"),
  nfs: (source, path) => [
    ...naming("server", "path")(source, path),
    ...(source["path"] && !source["path"].startsWith("/")
      ? [invalid(`${path}.path`, source["path"], "must be an absolute path")]
      : []),
  ],
  iscsi: naming("targetPortal", "iqn"),
  glusterfs: naming("endpoints", "path"),
  flocker: () => [],
  persistentVolumeClaim: naming("claimName"),
  rbd: naming("monitors", "image"),
  cinder: naming("volumeID"),
  cephfs: naming("monitors"),
  quobyte: naming("registry", "volume"),
  downwardAPI: (source, path) => [
    ...validateMode(source["defaultMode"], `${path}.defaultMode`),
    ...downwardItems(source["items"], path),
  ],
  fc: () => [],
  flexVolume: naming("driver"),
  configMap: (source, path) => keyedSource(source, path, "name"),
  azureFile: naming("secretName", "shareName"),
  vsphereVolume: naming("volumePath"),
  photonPersistentDisk: naming("pdID"),
  portworxVolume: naming("volumeID"),
  azureDisk: naming("diskName", "diskURI"),
  storageos: () => [],
  projected: validateProjected,
  scaleIO: naming("gateway", "system"),
  csi: (source, path) => (source["driver"] ? [] : [required(`${path}.driver`)]),
  ephemeral: (source, path) =>
    source["volumeClaimTemplate"] === undefined ? [required(`${path}.volumeClaimTemplate`)] : [],
  image: ({ reference, pullPolicy }, path) => [
    ...(reference === "" ? [required(`${path}.reference`)] : []),
    ...(pullPolicy && !["Always", "IfNotPresent", "Never"].includes(pullPolicy)
      ? [notSupported(`${path}.pullPolicy`, pullPolicy, ["Always", "IfNotPresent", "Never"])]
      : []),
  ],
};

const hostPathTypes: readonly string[] = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
];

/** validateHostPathVolumeSource, of pods and of persistent volumes. */
export function validateHostPath({ path: value = "", type = "" }: Fields, path: string): readonly FieldError[] {
  if (value === "") return [required(`${path}.path`)];
  const errors: FieldError[] = [];
  errors.push(...noUpwardPath(`${path}.path`, value));
  if (!hostPathTypes.includes(type)) errors.push(notSupported(`${path}.type`, type, hostPathTypes));
  return errors;
}

/** validatePathNoBacksteps. */
export function noUpwardPath(field: string, value: string): readonly FieldError[] {
  return value.split("/").includes("..") ? [invalid(field, value, "must not contain '..'")] : [];
}

function validateMode(mode: number | undefined, field: string): readonly FieldError[] {
  return mode !== undefined && (mode < 0 || mode > 0o777) ? [invalid(field, mode, modeFault)] : [];
}

function keyedSource(source: Fields, path: string, name: string): readonly FieldError[] {
  return [
    ...(source[name] ? [] : [required(`${path}.${name}`)]),
    ...validateMode(source["defaultMode"], `${path}.defaultMode`),
    ...keysToPaths(source["items"], `${path}.items`),
  ];
}

function keysToPaths(items: unknown, path: string): readonly FieldError[] {
  return itemsOf(items, path).flatMap(([{ key, path: target, mode }, field]) => [
    ...(key ? [] : [required(`${field}.key`)]),
    ...targetPath(target, `${field}.path`),
    ...validateMode(mode, `${field}.mode`),
  ]);
}

/** Relative, and not one of the names that the kubelet takes for itself. */
function targetPath(target: string | undefined, field: string): readonly FieldError[] {
  if (!target) return [required(field)];
  return [
    ...localDescendingPath(target, field),
    ...(target.startsWith("..") && !target.startsWith("../")
      ? [invalid(field, target, "must not start with '..'")]
      : []),
  ];
}

function downwardItems(items: unknown, path: string): readonly FieldError[] {
  return itemsOf(items, path).flatMap(([{ path: target, fieldRef, resourceFieldRef, mode }]) => {
    const errors: FieldError[] = [...targetPath(target, `${path}.path`)];
    if (fieldRef !== undefined) {
      errors.push(...validateFieldRef(fieldRef, `${path}.fieldRef`, volumeFields));
      if (resourceFieldRef !== undefined)
        errors.push(invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"));
    } else if (resourceFieldRef !== undefined)
      errors.push(...validateResourceFieldRef(resourceFieldRef, `${path}.resourceFieldRef`, true));
    else errors.push(required(path, "one of fieldRef and resourceFieldRef is required"));
    return [...errors, ...validateMode(mode, `${path}.mode`)];
  });
}

function validateProjected(source: Fields, path: string): readonly FieldError[] {
  return [
    ...validateMode(source["defaultMode"], `${path}.defaultMode`),
    ...itemsOf(source["sources"], `${path}.sources`).flatMap(([part, field]) => validatePart(part, field)),
  ];
}

function validatePart(part: Fields, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  let isFirst = true;
  for (const [name, validate] of Object.entries(parts)) {
    if (part[name] === undefined) continue;
    const field = `${path}.${name}`;
    errors.push(
      ...(isFirst
        ? validate(part[name], field)
        : [forbidden(field, "may not specify more than 1 volume type per source")]),
    );
    isFirst = false;
  }
  return errors;
}

/** Seconds: ten minutes, and what 32 bits hold. */
const [minTokenSeconds, maxTokenSeconds] = [600, 2 ** 32];

const parts: { readonly [name: string]: (part: Fields, path: string) => readonly FieldError[] } = {
  secret: (part, path) => namedKeys(part, path),
  configMap: (part, path) => namedKeys(part, path),
  downwardAPI: (part, path) => downwardItems(part["items"], path),
  serviceAccountToken: ({ expirationSeconds = 0, path: target }, path) => [
    ...(expirationSeconds < minTokenSeconds
      ? [invalid(`${path}.expirationSeconds`, expirationSeconds, "may not specify a duration less than 10 minutes")]
      : []),
    ...(expirationSeconds > maxTokenSeconds
      ? [invalid(`${path}.expirationSeconds`, expirationSeconds, "may not specify a duration larger than 2^32 seconds")]
      : []),
    // kube-apiserver names the volume's own path here.
    ...targetPath(target, path.replace(/sources\[\d+\]\.serviceAccountToken$/, "path")),
  ],
  clusterTrustBundle: (part, path) => validateLabelSelector(part["labelSelector"], `${path}.labelSelector`),
  podCertificate: () => [],
};

function namedKeys(part: Fields, path: string): readonly FieldError[] {
  return [
    ...(part["name"] ? formatted(`${path}.name`, part["name"], dns1123Subdomain) : [required(`${path}.name`)]),
    ...keysToPaths(part["items"], `${path}.items`),
  ];
}
