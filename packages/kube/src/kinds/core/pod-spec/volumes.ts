import { duplicate, type FieldError, forbidden, required } from "../../../names.ts";
import { formatted, itemsOf } from "../../checks.ts";
import { dns1123Label } from "../../formats.ts";
import type { Fields } from "../../rules.ts";
import { validateTemplateMetadata } from "../../template-metadata.ts";
import { validateClaimSpec } from "../persistent-volume-claim.ts";
import { validateProjection } from "./projections.ts";
import { validateDownward, validateKey, validateMode, validateUser } from "./volume-items.ts";
import { podSources, type SourceRule, sharedSources } from "./volume-sources.ts";

/** ValidateVolumes: each has a name of its own and one source. */
export function validateVolumes(volumes: unknown, path: string, right: Fields[] = []): readonly FieldError[] {
  const names = new Set<string>();
  return itemsOf(volumes, path).flatMap(([volume, field]) => {
    const name = String(volume["name"] ?? "");
    const nameFaults = name === "" ? [required(`${field}.name`)] : formatted(`${field}.name`, name, dns1123Label);
    const taken = names.has(name) ? [duplicate(`${field}.name`, name)] : [];
    const errors = [...validateSources(volume, field), ...nameFaults, ...taken];
    if (errors.length > 0) return errors;
    names.add(name);
    right.push(volume);
    return errors;
  });
}

function validateSources(volume: Fields, path: string): readonly FieldError[] {
  const [first, ...others] = order.filter((name) => volume[name] !== undefined);
  if (first === undefined) return [required(path, "must specify a volume type")];
  return [
    ...(rules[first]?.(volume[first], `${path}.${first}`) ?? []),
    ...others.map((name) => forbidden(`${path}.${misspelt[name] ?? name}`, "may not specify more than 1 volume type")),
  ];
}

/** In the order in which kube-apiserver looks. */
const order: readonly string[] = [
  "emptyDir",
  "hostPath",
  "gitRepo",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "secret",
  "nfs",
  "iscsi",
  "glusterfs",
  "flocker",
  "persistentVolumeClaim",
  "rbd",
  "cinder",
  "cephfs",
  "quobyte",
  "downwardAPI",
  "fc",
  "flexVolume",
  "configMap",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "storageos",
  "projected",
  "scaleIO",
  "csi",
  "ephemeral",
  "image",
];

const rules: { readonly [name: string]: SourceRule } = {
  ...sharedSources,
  ...podSources,
  secret: (source, path) => keyedSource(source, path, "secretName"),
  configMap: (source, path) => keyedSource(source, path, "name"),
  downwardAPI: (source, path) => [
    ...validateMode(source["defaultMode"], `${path}.defaultMode`),
    ...validateUser(source["defaultUser"], `${path}.defaultUser`),
    ...downwardItems(source["items"], path),
  ],
  projected: validateProjected,
  ephemeral: ({ volumeClaimTemplate: template }, path) =>
    template === undefined ? [required(`${path}.volumeClaimTemplate`)] : validateClaimTemplate(template, path),
};

/** What else stands where a second source is refused. */
const misspelt: { readonly [name: string]: string } = { cephfs: "cephFS", downwardAPI: "downwarAPI" };

function validateClaimTemplate(template: Fields, path: string): readonly FieldError[] {
  const field = `${path}.volumeClaimTemplate`;
  return [
    ...validateTemplateMetadata(template["metadata"] as Fields | undefined, `${field}.metadata`),
    ...validateClaimSpec((template["spec"] ?? {}) as Fields, `${field}.spec`),
  ];
}

function keyedSource(source: Fields, path: string, name: string): readonly FieldError[] {
  return [
    ...(source[name] ? [] : [required(`${path}.${name}`)]),
    ...validateMode(source["defaultMode"], `${path}.defaultMode`),
    ...validateUser(source["defaultUser"], `${path}.defaultUser`),
    ...itemsOf(source["items"], `${path}.items`).flatMap(([item, field]) => validateKey(item, field)),
  ];
}

function downwardItems(items: unknown, path: string): readonly FieldError[] {
  return itemsOf(items, path).flatMap(([item]) => validateDownward(item, path));
}

function validateProjected(source: Fields, path: string): readonly FieldError[] {
  const taken = new Set<string>();
  return [
    ...validateMode(source["defaultMode"], `${path}.defaultMode`),
    ...validateUser(source["defaultUser"], `${path}.defaultUser`),
    ...itemsOf(source["sources"], `${path}.sources`).flatMap(([part, field]) =>
      validateProjection(part, field, { whole: path, taken }),
    ),
  ];
}
