import { nanosOf } from "../../../go/quantity.ts";
import { type FieldError, forbidden, invalid, notSupported, required } from "../../../names.ts";
import { formatted, oneOf } from "../../checks.ts";
import { dns1123Label, dns1123Subdomain } from "../../formats.ts";
import type { Fields } from "../../rules.ts";
import { driverName } from "../../storage/csi-node.ts";
import { localDescendingPath } from "./security.ts";

/** What the source of a volume must be; `path` is that of the source. */
export type SourceRule = (source: Fields, path: string) => readonly FieldError[];

/** A source that must name something. */
function naming(...fields: readonly string[]): SourceRule {
  return (source, path) => fields.filter((name) => !source[name]?.length).map((name) => required(`${path}.${name}`));
}

function joined(...rules: readonly SourceRule[]): SourceRule {
  return (source, path) => rules.flatMap((rule) => rule(source, path));
}

/** Parts of disks; 0 is the whole disk, which the words do not tell. */
const partition: SourceRule = ({ partition: part = 0 }, path) =>
  part < 0 || part > 255 ? [invalid(`${path}.partition`, part, "must be between 1 and 255, inclusive")] : [];

function unit(lun: number, path: string): readonly FieldError[] {
  return lun < 0 || lun > 255 ? [invalid(`${path}.lun`, lun, "must be between 0 and 255, inclusive")] : [];
}

/** A reference to a secret, if there is one, names all of these. */
function secretNaming(...fields: readonly string[]): SourceRule {
  return ({ secretRef }, path) => (secretRef === undefined ? [] : naming(...fields)(secretRef, `${path}.secretRef`));
}

/** Sources that pods and persistent volumes have alike. */
export const sharedSources: { readonly [name: string]: SourceRule } = {
  hostPath: validateHostPath,
  gcePersistentDisk: (source, path) =>
    joined(naming("pdName"), partition)(source, path.replace(/gcePersistentDisk$/, "persistentDisk")),
  awsElasticBlockStore: joined(naming("volumeID"), partition),
  nfs: joined(naming("server", "path"), ({ path: value = "" }, path) =>
    value.startsWith("/") ? [] : [invalid(`${path}.path`, value, "must be an absolute path")],
  ),
  flocker: validateFlocker,
  rbd: naming("monitors", "image"),
  cephfs: naming("monitors"),
  quobyte: joined(validateRegistry, naming("volume")),
  fc: validateFibreChannel,
  flexVolume: joined(naming("driver"), ({ options = {} }, path) =>
    Object.keys(options)
      .filter((key) => /\.(?:kubernetes|k8s)\.io$/.test(`.${key.split("/", 1)[0]?.toLowerCase()}`))
      .map((key) => invalid(`${path}.options[${key}]`, key, "kubernetes.io and k8s.io namespaces are reserved")),
  ),
  vsphereVolume: naming("volumePath"),
  photonPersistentDisk: naming("pdID"),
  portworxVolume: naming("volumeID"),
  azureDisk: joined(naming("diskName", "diskURI"), validateAzureDisk),
  scaleIO: naming("gateway", "system", "volumeName"),
};

/** Sources of pods' volumes alone. */
export const podSources: { readonly [name: string]: SourceRule } = {
  emptyDir: ({ sizeLimit, mode }, path) => [
    ...(nanosOf(sizeLimit) < 0n
      ? [forbidden(`${path}.sizeLimit`, "SizeLimit field must be a valid resource quantity")]
      : []),
    ...(mode !== undefined && (mode < 0 || mode > 0o1777)
      ? [invalid(`${path}.mode`, mode, "must be a number between 0 and 01777 (octal), both inclusive")]
      : []),
  ],
  gitRepo: joined(naming("repository"), ({ directory = "" }, path) =>
    localDescendingPath(directory, `${path}.directory`),
  ),
  iscsi: joined(naming("targetPortal"), (source, path) =>
    validateIscsi(source, path, "must be valid format starting with iqn, eui, or naa"),
  ),
  glusterfs: naming("endpoints", "path"),
  persistentVolumeClaim: naming("claimName"),
  cinder: joined(naming("volumeID"), secretNaming("name")),
  azureFile: naming("secretName", "shareName"),
  storageos: joined(validateStorageOs, secretNaming("name")),
  csi: ({ driver = "", nodePublishSecretRef: secret }, path) => [
    ...driverName(driver, `${path}.driver`),
    ...(secret === undefined
      ? []
      : secret.name
        ? formatted(`${path}.name`, secret.name, dns1123Subdomain)
        : [required(`${path}.nodePublishSecretRef.name`)]),
  ],
  image: ({ reference, pullPolicy }, path) => [
    ...(reference ? [] : [required(`${path}.reference`)]),
    ...oneOf(`${path}.pullPolicy`, pullPolicy, ["Always", "IfNotPresent", "Never"]),
  ],
};

/** Sources of persistent volumes alone: their secrets lie in a namespace that must be named. */
export const persistentSources: { readonly [name: string]: SourceRule } = {
  glusterfs: joined(naming("endpoints", "path"), ({ endpointsNamespace: namespace }, path) => {
    const field = `${path}.endpointsNamespace`;
    if (namespace === undefined) return [];
    return namespace === ""
      ? [invalid(field, "", "if the endpointnamespace is set, it must be a valid namespace name")]
      : formatted(field, namespace, dns1123Label);
  }),
  iscsi: joined(
    naming("targetPortal"),
    (source, path) => validateIscsi(source, path, "must be valid format"),
    secretNaming("name"),
  ),
  cinder: joined(naming("volumeID"), secretNaming("name", "namespace")),
  azureFile: joined(naming("secretName", "shareName"), ({ secretNamespace }, path) =>
    secretNamespace === "" ? [required(`${path}.secretNamespace`)] : [],
  ),
  storageos: joined(validateStorageOs, secretNaming("name", "namespace")),
  csi: validatePersistentCsi,
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

function validateHostPath({ path: value = "", type = "" }: Fields, path: string): readonly FieldError[] {
  if (value === "") return [required(`${path}.path`)];
  const types = hostPathTypes.includes(type) ? [] : [notSupported(`${path}.type`, type, hostPathTypes)];
  return [...noUpwardPath(`${path}.path`, value), ...types];
}

/** validatePathNoBacksteps. */
export function noUpwardPath(field: string, value: string): readonly FieldError[] {
  return value.split("/").includes("..") ? [invalid(field, value, "must not contain '..'")] : [];
}

function validateFlocker({ datasetName = "", datasetUUID = "" }: Fields, path: string): readonly FieldError[] {
  return [
    ...(datasetName === "" && datasetUUID === ""
      ? [required(path, "one of datasetName and datasetUUID is required")]
      : []),
    ...(datasetName !== "" && datasetUUID !== ""
      ? [invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously")]
      : []),
    ...(datasetName.includes("/") ? [invalid(`${path}.datasetName`, datasetName, "must not contain '/'")] : []),
  ];
}

function validateRegistry({ registry = "", tenant = "" }: Fields, path: string): readonly FieldError[] {
  const why = "must be a host:port pair or multiple pairs separated by commas";
  if (registry === "") return [required(`${path}.registry`, why)];
  if (tenant.length >= 65)
    return [required(`${path}.tenant`, "must be a UUID and may not exceed a length of 64 characters")];
  return (registry as string)
    .split(",")
    .filter((pair) => !/^(?:[^:[\]]*|\[[^[\]]*\]):[^:[\]]*$/.test(pair))
    .map(() => invalid(`${path}.registry`, registry, why));
}

function validateFibreChannel({ targetWWNs = [], wwids = [], lun }: Fields, path: string): readonly FieldError[] {
  const field = `${path}.targetWWNs`;
  const units = targetWWNs.length === 0 ? [] : lun === undefined ? undefined : unit(lun, path);
  return [
    ...(targetWWNs.length + wwids.length === 0
      ? [required(field, "must specify either targetWWNs or wwids, but not both")]
      : []),
    ...(targetWWNs.length > 0 && wwids.length > 0
      ? [invalid(field, targetWWNs, "targetWWNs and wwids can not be specified simultaneously")]
      : []),
    ...(units ?? [required(`${path}.lun`, "lun is required if targetWWNs is specified")]),
  ];
}

const cachingModes: readonly string[] = ["None", "ReadOnly", "ReadWrite"];
const diskKinds: readonly string[] = ["Dedicated", "Managed", "Shared"];
const managedDisk = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
const blobDisk = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";

function validateAzureDisk({ diskURI = "", cachingMode, kind }: Fields, path: string): readonly FieldError[] {
  const isManaged = kind === "Managed";
  const prefix = isManaged ? "/subscriptions/" : "https://";
  return [
    ...(cachingMode === undefined || cachingModes.includes(cachingMode)
      ? []
      : [notSupported(`${path}.cachingMode`, cachingMode, cachingModes)]),
    ...(kind === undefined || diskKinds.includes(kind) ? [] : [notSupported(`${path}.kind`, kind, diskKinds)]),
    ...(kind === undefined || diskURI.startsWith(prefix)
      ? []
      : [notSupported(`${path}.diskURI`, diskURI, [isManaged ? managedDisk : blobDisk])]),
  ];
}

const initiators: { readonly [scheme: string]: RegExp } = {
  iqn: /iqn\.\d{4}-\d{2}\.([a-zA-Z0-9.-]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[a-zA-Z0-9]{16}$/,
  naa: /^naa.[a-zA-Z0-9]{32}$/,
};

/** A name by one of the three schemes; `stranger` says what is wrong with another one. */
function initiator(field: string, name: string, stranger: string): readonly FieldError[] {
  const pattern = initiators[name.slice(0, 3)];
  if (pattern === undefined) return [invalid(field, name, stranger)];
  return pattern.test(name) ? [] : [invalid(field, name, "must be valid format")];
}

function validateIscsi(source: Fields, path: string, stranger: string): readonly FieldError[] {
  const { iqn = "", lun = 0, initiatorName, secretRef } = source;
  const needsSecret = source["chapAuthDiscovery"] === true || source["chapAuthSession"] === true;
  return [
    ...(iqn === "" ? [required(`${path}.iqn`)] : initiator(`${path}.iqn`, iqn, stranger)),
    ...unit(lun, path),
    ...(needsSecret && secretRef === undefined ? [required(`${path}.secretRef`)] : []),
    ...(initiatorName === undefined ? [] : initiator(`${path}.initiatorname`, initiatorName, stranger)),
  ];
}

function validateStorageOs({ volumeName = "", volumeNamespace }: Fields, path: string): readonly FieldError[] {
  return [
    ...(volumeName === ""
      ? [required(`${path}.volumeName`)]
      : formatted(`${path}.volumeName`, volumeName, dns1123Label)),
    ...(volumeNamespace ? formatted(`${path}.volumeNamespace`, volumeNamespace, dns1123Label) : []),
  ];
}

const csiSecrets = [
  "controllerPublishSecretRef",
  "controllerExpandSecretRef",
  "nodePublishSecretRef",
  "nodeExpandSecretRef",
];

function validatePersistentCsi(source: Fields, path: string): readonly FieldError[] {
  return [
    ...driverName(source["driver"] ?? "", `${path}.driver`),
    ...(source["volumeHandle"] ? [] : [required(`${path}.volumeHandle`)]),
    ...csiSecrets
      .filter((name) => source[name] !== undefined)
      .flatMap((reference) => {
        const { name, namespace } = source[reference] as Fields;
        const field = `${path}.${reference}`;
        return [
          ...(name ? formatted(`${field}.name`, name, dns1123Subdomain) : [required(`${field}.name`)]),
          ...(namespace ? formatted(`${field}.namespace`, namespace, dns1123Label) : [required(`${field}.namespace`)]),
        ];
      }),
  ];
}
