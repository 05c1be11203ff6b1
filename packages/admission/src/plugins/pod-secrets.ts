import type { PodSpec } from "./pod-spec.ts";

interface SecretName {
  readonly name?: string;
}

/** Where containers name secrets. */
export interface SecretUser {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly valueFrom?: { readonly secretKeyRef?: SecretName } }[];
  readonly envFrom?: readonly { readonly secretRef?: SecretName }[];
}

type Volume = { readonly [source: string]: { readonly [field: string]: unknown } | undefined };

const containerLists = ["initContainers", "containers", "ephemeralContainers"] as const;

/** Kinds of volumes that are mounted with what a secret in their field `secretRef` says. */
const withSecretRef = ["cephfs", "cinder", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos"];

/** The names of all secrets that a pod refers to, as upstream's VisitPodSecretNames finds them. */
export function secretNames(spec: PodSpec): readonly string[] {
  const pullSecrets = (spec["imagePullSecrets"] ?? []) as readonly SecretName[];
  const users = containerLists.flatMap((list) => (spec[list] ?? []) as readonly SecretUser[]);
  const volumes = (spec["volumes"] ?? []) as readonly Volume[];
  const names = [
    ...pullSecrets.map(({ name }) => name),
    ...users.flatMap((user) => [...envSecrets(user).map(({ secret }) => secret), ...envFromSecrets(user)]),
    ...volumes.flatMap(volumeSecrets),
  ];
  return names.filter((name) => name !== undefined && name !== "") as readonly string[];
}

/** Each variable of a container that is a secret's, with the secret's name. */
export function envSecrets({
  env = [],
}: SecretUser): readonly { readonly variable: string; readonly secret: string }[] {
  return env.flatMap(({ name, valueFrom }) =>
    valueFrom?.secretKeyRef === undefined ? [] : [{ variable: name, secret: valueFrom.secretKeyRef.name ?? "" }],
  );
}

/** The secrets of which a container has all keys as variables. */
export function envFromSecrets({ envFrom = [] }: SecretUser): readonly string[] {
  return envFrom.flatMap(({ secretRef }) => (secretRef === undefined ? [] : [secretRef.name ?? ""]));
}

function volumeSecrets(volume: Volume): readonly (string | undefined)[] {
  const { secret, azureFile, projected, csi } = volume;
  const sources = (projected?.["sources"] ?? []) as readonly { readonly secret?: SecretName }[];
  return [
    secret?.["secretName"] as string | undefined,
    azureFile?.["secretName"] as string | undefined,
    (csi?.["nodePublishSecretRef"] as SecretName | undefined)?.name,
    ...withSecretRef.map((kind) => (volume[kind]?.["secretRef"] as SecretName | undefined)?.name),
    ...sources.map((source) => source.secret?.name),
  ];
}
