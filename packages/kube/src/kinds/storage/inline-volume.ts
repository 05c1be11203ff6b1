import { type FieldError, forbidden, required } from "../../names.ts";
import { accessModes } from "../core/access-modes.ts";
import { validateSources } from "../core/persistent-volume.ts";
import type { Fields } from "../rules.ts";

const inContext = "in the context of inline volumes";

/** ValidatePersistentVolumeSpec of a volume that a pod brings along: only what is of its source, and that of CSI. */
export function validateInlineVolume(volume: Fields, path: string): readonly FieldError[] {
  const { capacity, csi, persistentVolumeReclaimPolicy: policy, nodeAffinity, storageClassName, volumeMode } = volume;
  const unless = (isRight: boolean, field: string, why = `may not be specified ${inContext}`) =>
    isRight ? [] : [forbidden(`${path}.${field}`, why)];
  return [
    ...unless(Object.keys(capacity ?? {}).length === 0, "capacity"),
    ...(csi === undefined ? [required(`${path}.csi`, `has to be specified ${inContext}`)] : []),
    ...accessModes(volume["accessModes"], `${path}.accessModes`, ""),
    ...unless(
      policy === undefined || policy === "Retain",
      "persistentVolumeReclaimPolicy",
      `may only be Retain ${inContext}`,
    ),
    ...unless(nodeAffinity === undefined, "nodeAffinity"),
    ...validateSources(volume).map((error) => ({ ...error, field: error.field.replace(/^spec/, path) })),
    ...unless(!storageClassName, "storageClassName"),
    ...unless(
      volumeMode === undefined || volumeMode === "Filesystem",
      "volumeMode",
      `may not specify volumeMode other than Filesystem ${inContext}`,
    ),
  ];
}
