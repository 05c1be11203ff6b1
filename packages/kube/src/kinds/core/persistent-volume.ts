import { canonical } from "../../canonical.ts";
import { givenField } from "../../go/emptied.ts";
import { internalDiff, internalValue } from "../../go/internal.ts";
import { nanosOf } from "../../go/quantity.ts";
import { type FieldError, forbidden, invalid, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted, oneOf } from "../checks.ts";
import { dns1123Subdomain } from "../formats.ts";
import { type Fields, fill, immutable, type KindRules, specOf } from "../rules.ts";
import { accessModes } from "./access-modes.ts";
import { validateNodeSelector } from "./pod-spec/affinity.ts";
import { noUpwardPath, persistentSources, type SourceRule, sharedSources } from "./pod-spec/volume-sources.ts";
import { volumeSourceDefaults } from "./pod-spec-defaults.ts";
import { volumeWarnings } from "./volume-warnings.ts";

export const persistentVolume: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    fill(spec, { volumeMode: "Filesystem", persistentVolumeReclaimPolicy: "Retain" });
    volumeSourceDefaults(spec);
    fill((object["status"] ??= {}), { phase: "Pending" });
  },
  validate: (object) => validateVolume(specOf(object)),
  validateUpdate: validateVolumeUpdate,
  warnings: volumeWarnings,
};

/** In the order in which kube-apiserver looks. */
const sources: readonly string[] = [
  "hostPath",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "glusterfs",
  "flocker",
  "nfs",
  "rbd",
  "quobyte",
  "cephfs",
  "iscsi",
  "cinder",
  "fc",
  "flexVolume",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "scaleIO",
  "local",
  "storageos",
  "csi",
];

/** ValidatePersistentVolumeSpec. */
function validateVolume(spec: Fields): readonly FieldError[] {
  const capacity = (spec["capacity"] ?? {}) as Fields;
  const nodes = spec["nodeAffinity"] as Fields | undefined;
  const errors: FieldError[] = [
    ...accessModes(spec["accessModes"], "spec.accessModes", ""),
    ...(Object.keys(capacity).length === 0 ? [required("spec.capacity")] : []),
  ];
  if (capacity["storage"] === undefined || Object.keys(capacity).length > 1)
    errors.push(notSupported("spec.capacity", givenField(spec, "capacity") ?? null, ["storage"]));
  for (const [name, amount] of Object.entries(capacity))
    errors.push(...validateAmount(amount, `spec.capacity[${name}]`));
  errors.push(
    ...oneOf(
      "spec.persistentVolumeReclaimPolicy",
      spec["persistentVolumeReclaimPolicy"],
      ["Delete", "Recycle", "Retain"],
      true,
    ),
  );
  if (nodes !== undefined)
    errors.push(
      ...(nodes["required"] === undefined
        ? [required("spec.nodeAffinity.required", "must specify required node constraints")]
        : validateNodeSelector(nodes["required"], "spec.nodeAffinity.required")),
    );
  return [
    ...errors,
    ...validateSources(spec),
    ...className("spec.storageClassName", spec["storageClassName"]),
    ...(spec["volumeMode"] === undefined || volumeModes.includes(spec["volumeMode"])
      ? []
      : [notSupported("spec.volumeMode", spec["volumeMode"], volumeModes)]),
    ...validateAttributesClass(spec),
  ];
}

function validateAmount(amount: string, field: string): readonly FieldError[] {
  const nanos = nanosOf(amount);
  return [
    ...(nanos < 0n ? [invalid(field, -Math.ceil(Number(-nanos) / 1e9), "must be a valid resource quantity")] : []),
    ...(nanos <= 0n ? [invalid(field, amount, "must be greater than zero")] : []),
  ];
}

const volumeModes: readonly string[] = ["Block", "Filesystem"];

function className(field: string, name: string | undefined): readonly FieldError[] {
  return name ? formatted(field, name, dns1123Subdomain) : [];
}

function validateAttributesClass({ volumeAttributesClassName: name, csi }: Fields): readonly FieldError[] {
  if (name === undefined) return [];
  const field = "spec.volumeAttributesClassName";
  return [
    ...(name === "" ? [required(field, "an empty string is disallowed")] : className(field, name)),
    ...(csi === undefined ? [required("spec.csi", "has to be specified when using volumeAttributesClassName")] : []),
  ];
}

/** What a source must say, beyond its own place. */
const sourceRules: { readonly [name: string]: SourceRule } = {
  ...sharedSources,
  ...persistentSources,
  local: ({ path: value = "" }, path) =>
    value === "" ? [required(`${path}.path`)] : noUpwardPath(`${path}.path`, value),
};

export function validateSources(spec: Fields): readonly FieldError[] {
  const given = sources.filter((name) => spec[name] !== undefined);
  const [first, ...others] = given;
  if (first === undefined) return [required("spec", "must specify a volume type")];
  // kube-apiserver lets this one stand beside others.
  const errors = others.flatMap((name) =>
    name === "flexVolume"
      ? (sourceRules[name]?.(spec[name], `spec.${name}`) ?? [])
      : [forbidden(`spec.${name === "cephfs" ? "cephFS" : name}`, "may not specify more than 1 volume type")],
  );
  const isPlaced = spec["nodeAffinity"]?.required !== undefined;
  const own = [
    ...(sourceRules[first]?.(spec[first], `spec.${first}`) ?? []),
    ...(first === "local" && !isPlaced ? [required("spec.nodeAffinity", "Local volume requires node affinity")] : []),
  ];
  const isRoot = /^\/+$/.test(spec["hostPath"]?.path ?? "") && spec["persistentVolumeReclaimPolicy"] === "Recycle";
  return [
    ...own,
    ...errors,
    ...(isRoot
      ? [forbidden("spec.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'")]
      : []),
  ];
}

/** Where the data lies never changes. */
function validateVolumeUpdate(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const difference = internalDiff("core.PersistentVolumeSource", specOf(old), withoutNewSecret(object, old));
  const why = "spec.persistentvolumesource is immutable after creation";
  return [
    ...(difference === "" ? [] : [forbidden("spec.persistentvolumesource", `${why}\n${difference}`)]),
    ...immutable(object, old, ["spec.volumeMode"]).map((error) => ({ ...error, field: "volumeMode" })),
    ...validatePlace(specOf(object)["nodeAffinity"], specOf(old)["nodeAffinity"]),
    ...(specOf(old)["volumeAttributesClassName"] !== undefined &&
    specOf(object)["volumeAttributesClassName"] === undefined
      ? [forbidden("spec.volumeAttributesClassName", "update from non-nil value to nil is forbidden")]
      : []),
  ];
}

/** A secret for growing may come later. */
function withoutNewSecret(object: KubeObject, old: KubeObject): Fields {
  const spec = specOf(object);
  const before = specOf(old)["csi"] as Fields | undefined;
  if (spec["csi"] === undefined || before === undefined || before["controllerExpandSecretRef"] !== undefined)
    return spec;
  const { controllerExpandSecretRef: _, ...csi } = spec["csi"] as Fields;
  return { ...spec, csi };
}

/** Labels of nodes that others have replaced. */
const replacedLabels: { readonly [label: string]: string } = {
  "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
  "beta.kubernetes.io/os": "kubernetes.io/os",
  "beta.kubernetes.io/arch": "kubernetes.io/arch",
  "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
};

/** Where a volume is to be had is told once; only old names of labels may give way to new ones. */
function validatePlace(next: Fields | undefined, before: Fields | undefined): readonly FieldError[] {
  if (before === undefined) return [];
  const terms = [next, before].map((each) => (each?.["required"]?.nodeSelectorTerms ?? []) as readonly Fields[]);
  const isSame =
    next !== undefined &&
    terms[0]?.length === terms[1]?.length &&
    (terms[0] ?? []).every((term, i) => isSameTerm(term, terms[1]?.[i] as Fields));
  const shown = next === undefined ? null : internalValue("core.VolumeNodeAffinity", next);
  return isSame
    ? []
    : [invalid("nodeAffinity", shown, "field is immutable, except for updating from beta label to GA")];
}

function isSameTerm(next: Fields, before: Fields): boolean {
  const expressions = (term: Fields) => (term["matchExpressions"] ?? []) as readonly Fields[];
  const isReplaced = expressions(before).every((each, i) => {
    const key = expressions(next)[i]?.["key"] as string | undefined;
    return key === each["key"] || key === replacedLabels[each["key"]];
  });
  const renamed = expressions(before).map((each, i) => ({ ...each, key: expressions(next)[i]?.["key"] }));
  return (
    isReplaced &&
    canonical({ ...before, matchExpressions: renamed }) === canonical({ ...next, matchExpressions: expressions(next) })
  );
}
