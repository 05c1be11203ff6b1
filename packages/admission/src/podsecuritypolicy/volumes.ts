import type { FieldError } from "@sallyport/kube";
import { containersOf, type Spec, type Volume } from "./pod.ts";
import { invalidValue, type PodSecurityPolicySpec } from "./policy.ts";

/** Kinds of volumes by the field that makes one, in the order in which upstream looks; most are called like it. */
const kinds: readonly string[] = [
  "hostPath",
  "emptyDir",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "gitRepo",
  "secret",
  "nfs",
  "iscsi",
  "glusterfs",
  "persistentVolumeClaim",
  "rbd",
  "flexVolume",
  "cinder",
  "cephfs",
  "flocker",
  "downwardAPI",
  "fc",
  "azureFile",
  "configMap",
  "vsphereVolume",
  "quobyte",
  "azureDisk",
  "photonPersistentDisk",
  "storageos",
  "projected",
  "portworxVolume",
  "scaleIO",
  "csi",
  "ephemeral",
];

/** All FSTypes that a policy may name, `*` aside. */
export const fsTypes: readonly string[] = kinds.map((each) => (each === "cephfs" ? "cephFS" : each)).sort();

export function validateVolumes(rules: PodSecurityPolicySpec, spec: Spec): readonly FieldError[] {
  return (spec.volumes ?? []).flatMap((volume, i) => validateVolume(rules, spec, volume, `spec.volumes[${i}]`));
}

function validateVolume(rules: PodSecurityPolicySpec, spec: Spec, volume: Volume, path: string): readonly FieldError[] {
  const source = kinds.find((each) => volume[each] !== undefined && volume[each] !== null);
  // What Kubernetes has learned since (image volumes) has no FSType: no policy could have meant to allow it.
  if (source === undefined) return [invalidValue(path, '""', "unknown volume type for volume")];
  const type = source === "cephfs" ? "cephFS" : source;
  const { volumes = [] } = rules;
  if (!volumes.includes("*") && !isAllowed(volumes, type, volume))
    return [invalidValue(path, JSON.stringify(type), `${type} volumes are not allowed to be used`)];
  if (type === "hostPath") return validateHostPath(rules, spec, volume, path);
  if (type === "flexVolume") return validateFlex(rules, volume, path);
  return type === "csi" ? validateCsi(rules, volume, path) : [];
}

/** Where secrets may be used, so may the volume with the pod's own token. */
function isAllowed(volumes: readonly string[], type: string, volume: Volume): boolean {
  return volumes.includes(type) || (volumes.includes("secret") && type === "projected" && isTokenVolume(volume));
}

interface ProjectedSource {
  readonly serviceAccountToken?: { readonly path?: string; readonly audience?: string };
  readonly configMap?: { readonly name?: string };
  readonly downwardAPI?: {
    readonly items?: readonly {
      readonly path?: string;
      readonly fieldRef?: { readonly apiVersion?: string; readonly fieldPath?: string };
    }[];
  };
}

function isTokenVolume({ projected }: Volume): boolean {
  const { sources = [] } = projected as { readonly sources?: readonly ProjectedSource[] };
  return sources.every(({ serviceAccountToken: token, configMap, downwardAPI }) => {
    if (token === undefined && configMap === undefined && downwardAPI === undefined) return false;
    if (token !== undefined && (token.path !== "token" || token.audience)) return false;
    if (configMap !== undefined && configMap.name !== "kube-root-ca.crt") return false;
    return (downwardAPI?.items ?? []).every(
      ({ path, fieldRef }) =>
        path === "namespace" && fieldRef?.apiVersion === "v1" && fieldRef.fieldPath === "metadata.namespace",
    );
  });
}

function validateHostPath(
  { allowedHostPaths = [] }: PodSecurityPolicySpec,
  spec: Spec,
  volume: Volume,
  path: string,
): readonly FieldError[] {
  const given = String(volume["hostPath"].path ?? "");
  const matching = allowedHostPaths.filter(({ pathPrefix }) => hasPathPrefix(given, pathPrefix));
  if (allowedHostPaths.length === 0) return [];
  if (matching.length === 0)
    return [invalidValue(`${path}.hostPath.pathPrefix`, JSON.stringify(given), "is not allowed to be used")];
  if (matching.some(({ readOnly }) => readOnly !== true)) return [];
  return containersOf(spec).flatMap(([{ volumeMounts = [] }, place]) =>
    volumeMounts.flatMap(({ name, readOnly }, i) =>
      name === volume.name && readOnly !== true
        ? [invalidValue(`${place}.volumeMounts[${i}].readOnly`, "false", "must be read-only")]
        : [],
    ),
  );
}

/** By whole segments: `/foo` is a prefix of `/foo/bar`, and none of `/foobar`. */
function hasPathPrefix(path: string, prefix: string): boolean {
  const [whole, start] = [path, prefix].map((each) => each.replace(/\/$/, "")) as [string, string];
  return whole === start || whole.startsWith(`${start}/`);
}

function validateFlex(
  { allowedFlexVolumes = [] }: PodSecurityPolicySpec,
  volume: Volume,
  path: string,
): readonly FieldError[] {
  const driver = String(volume["flexVolume"].driver ?? "");
  if (allowedFlexVolumes.length === 0 || allowedFlexVolumes.some((each) => each.driver === driver)) return [];
  return [invalidValue(`${path}.driver`, JSON.stringify(driver), "Flexvolume driver is not allowed to be used")];
}

function validateCsi(
  { allowedCSIDrivers = [] }: PodSecurityPolicySpec,
  volume: Volume,
  path: string,
): readonly FieldError[] {
  const driver = String(volume["csi"].driver ?? "");
  if (allowedCSIDrivers.length === 0 || allowedCSIDrivers.some(({ name }) => name === driver)) return [];
  return [invalidValue(`${path}.csi.driver`, JSON.stringify(driver), "Inline CSI driver is not allowed to be used")];
}
