import { nanosOf } from "../../go/quantity.ts";
import { type FieldError, forbidden, invalid, notSupported, required } from "../../names.ts";

import { oneOf } from "../checks.ts";
import { type Fields, fill, immutable, type KindRules, specOf } from "../rules.ts";
import { accessModes } from "./access-modes.ts";
import { validateNodeSelector } from "./pod-spec/affinity.ts";
import { validateHostPath } from "./pod-spec/volumes.ts";

export const persistentVolume: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    fill(spec, { volumeMode: "Filesystem", persistentVolumeReclaimPolicy: "Retain" });
    if (spec["hostPath"] !== undefined) spec["hostPath"].type ??= "";
  },
  validate: (object) => validateVolume(specOf(object)),
  validateUpdate: (object, old) => immutable(object, old, ["spec.volumeMode"]),
};

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
    errors.push(notSupported("spec.capacity", capacity, ["storage"]));
  for (const [name, amount] of Object.entries(capacity))
    if (nanosOf(amount) <= 0n) errors.push(invalid(`spec.capacity[${name}]`, amount, "must be greater than zero"));
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
    ...oneOf("spec.volumeMode", spec["volumeMode"], ["Block", "Filesystem"], true),
  ];
}

function validateSources(spec: Fields): readonly FieldError[] {
  const given = sources.filter((name) => spec[name] !== undefined);
  const [first, ...others] = given;
  if (first === undefined) return [required("spec", "must specify a volume type")];
  const errors = others.map((name) => forbidden(`spec.${name}`, "may not specify more than 1 volume type"));
  const own = first === "hostPath" ? validateHostPath(spec["hostPath"], "spec.hostPath") : [];
  const isRoot = spec["hostPath"]?.path === "/" && spec["persistentVolumeReclaimPolicy"] === "Recycle";
  return [
    ...own,
    ...errors,
    ...(isRoot
      ? [forbidden("spec.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'")]
      : []),
  ];
}
