import { nanosOf, shownQuantity } from "../../go/quantity.ts";
import type { KubeObject } from "../../object.ts";
import { itemsOf } from "../checks.ts";
import { type Fields, specOf } from "../rules.ts";
import { oldNodeLabels, oldVolumes, volumeNames } from "./pod-warnings.ts";

const classAnnotation = "volume.beta.kubernetes.io/storage-class";

const oldAnnotations: { readonly [annotation: string]: string } = {
  [classAnnotation]: 'deprecated since v1.8; use "storageClassName" attribute instead',
  "volume.beta.kubernetes.io/mount-options": 'deprecated since v1.31; use "mountOptions" attribute instead',
};

/** The kinds of volumes that are told of, in kube-apiserver's order. */
const oldSources: readonly string[] = ["cephfs", "photonPersistentDisk", "scaleIO", "storageos", "glusterfs", "rbd"];

/** GetWarningsForPersistentVolume. */
export function volumeWarnings(object: KubeObject): readonly string[] {
  const spec = specOf(object);
  const terms = itemsOf(
    spec["nodeAffinity"]?.required?.nodeSelectorTerms,
    "spec.nodeAffinity.required.nodeSelectorTerms",
  );
  return [
    ...annotationWarnings(object, Object.keys(oldAnnotations)),
    ...(spec["persistentVolumeReclaimPolicy"] === "Recycle"
      ? [
          "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.",
        ]
      : []),
    ...terms.flatMap(([term, path]) =>
      itemsOf(term["matchExpressions"], `${path}.matchExpressions`).flatMap(([{ key = "" }, field]) =>
        oldNodeLabels[key] === undefined ? [] : [`${field}.key: ${key} is ${oldNodeLabels[key]}`],
      ),
    ),
    ...oldSources
      .filter((source) => spec[source] !== undefined)
      .map((source) => `spec.${volumeNames[source] ?? source}: ${oldVolumes[source]}`),
  ];
}

/** GetWarningsForPersistentVolumeClaim. */
export function claimWarnings(object: KubeObject): readonly string[] {
  const resources = (specOf(object)["resources"] ?? {}) as Fields;
  return [
    ...annotationWarnings(object, [classAnnotation]),
    ...["requests", "limits"].flatMap((list) => {
      const amount = resources[list]?.storage as string | undefined;
      const isWhole = nanosOf(amount) % 1_000_000_000n === 0n;
      const text = `fractional byte value ${JSON.stringify(shownQuantity(amount))} is invalid, must be an integer`;
      return isWhole ? [] : [`spec.resources.${list}[storage]: ${text}`];
    }),
  ];
}

function annotationWarnings({ metadata }: KubeObject, names: readonly string[]): readonly string[] {
  return names
    .filter((name) => metadata.annotations?.[name] !== undefined)
    .map((name) => `metadata.annotations[${name}]: ${oldAnnotations[name]}`);
}
