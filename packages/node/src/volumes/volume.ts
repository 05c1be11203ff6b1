import type { KubeObject } from "@sallyport/kube";
import type { FieldRef, ResourceFieldRef } from "../kubelet/downward-api.ts";

/** core/v1 Volume, as far as kubelets set it up without a driver. */
export interface Volume {
  readonly name: string;
  readonly emptyDir?: EmptyDirSource;
  readonly hostPath?: { readonly path: string; readonly type?: string };
  readonly configMap?: ConfigMapSource & { readonly defaultMode?: number };
  readonly secret?: Omit<SecretProjection, "name"> & { readonly secretName?: string; readonly defaultMode?: number };
  readonly downwardAPI?: { readonly items?: readonly DownwardFile[]; readonly defaultMode?: number };
  readonly image?: ImageSource;
  readonly persistentVolumeClaim?: { readonly claimName: string; readonly readOnly?: boolean };
  /** A claim of the pod's own, `POD-VOLUME`. */
  readonly ephemeral?: object;
  readonly projected?: { readonly sources?: readonly Projection[]; readonly defaultMode?: number };
  readonly [source: string]: unknown;
}

export interface EmptyDirSource {
  /** Empty for the disk, or `Memory`. */
  readonly medium?: string;
  readonly sizeLimit?: string;
}

/** core/v1 ImageVolumeSource. */
export interface ImageSource {
  readonly reference?: string;
  readonly pullPolicy?: string;
}

export interface KeyToPath {
  readonly key: string;
  readonly path: string;
  readonly mode?: number;
}

export interface ConfigMapSource {
  readonly name?: string;
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
}

export type SecretProjection = ConfigMapSource;

export interface DownwardFile {
  readonly path: string;
  readonly fieldRef?: FieldRef;
  readonly resourceFieldRef?: ResourceFieldRef;
  readonly mode?: number;
}

/** core/v1 VolumeProjection. */
export interface Projection {
  readonly secret?: SecretProjection;
  readonly configMap?: ConfigMapSource;
  readonly downwardAPI?: { readonly items?: readonly DownwardFile[] };
  readonly serviceAccountToken?: TokenProjection;
  readonly [source: string]: unknown;
}

export interface TokenProjection {
  readonly path: string;
  readonly audience?: string;
  readonly expirationSeconds?: number;
}

/** core/v1 VolumeMount. */
export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
  readonly recursiveReadOnly?: string;
  readonly subPath?: string;
  readonly subPathExpr?: string;
  readonly mountPropagation?: string;
}

export interface VolumeContainer {
  readonly name: string;
  readonly volumeMounts?: readonly VolumeMount[];
  readonly securityContext?: { readonly [field: string]: unknown };
}

/** What of a pod's spec decides its volumes. */
export interface VolumeSpec {
  readonly volumes?: readonly Volume[];
  readonly containers?: readonly VolumeContainer[];
  readonly initContainers?: readonly VolumeContainer[];
  readonly ephemeralContainers?: readonly VolumeContainer[];
  readonly serviceAccountName?: string;
  readonly securityContext?: {
    readonly runAsUser?: number;
    readonly fsGroup?: number;
    readonly fsGroupChangePolicy?: string;
    readonly [field: string]: unknown;
  };
}

export function volumeSpecOf(pod: KubeObject): VolumeSpec {
  return pod["spec"] as VolumeSpec;
}

export function volumeContainersOf(spec: VolumeSpec): readonly VolumeContainer[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
}
