import type { Pod, WorldObject } from "./world.ts";

interface SecretRef {
  readonly name?: string;
  readonly secretName?: string;
}

interface Volume {
  readonly secret?: SecretRef;
  readonly projected?: {
    readonly sources?: readonly { readonly secret?: SecretRef; readonly serviceAccountToken?: object }[];
  };
  readonly csi?: { readonly nodePublishSecretRef?: SecretRef };
  readonly [driver: string]: { readonly secretRef?: SecretRef } | object | undefined;
}

interface Container {
  readonly env?: readonly { readonly valueFrom?: { readonly secretKeyRef?: SecretRef } }[];
  readonly envFrom?: readonly { readonly secretRef?: SecretRef }[];
}

interface PodSpec {
  readonly nodeName?: string;
  readonly serviceAccountName?: string;
  readonly serviceAccount?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly imagePullSecrets?: readonly SecretRef[];
  readonly volumes?: readonly Volume[];
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly ephemeralContainers?: readonly Container[];
}

/** Pods of the objects, and of each workload none of whose pods is among them one of its template. */
export function podsOf(objects: readonly WorldObject[]): readonly Pod[] {
  const accounts = new Map(
    objects.filter(({ kind }) => kind === "ServiceAccount").map((each) => [placeOf(each), each] as const),
  );
  const made = ownersOf(objects);
  return objects.flatMap((object) => {
    const spec = podSpecOf(object);
    if (spec === undefined || made.has(object.metadata.uid ?? "") || !runs(object)) return [];
    const account = spec.serviceAccountName || spec.serviceAccount || "default";
    const namespace = object.metadata.namespace ?? "default";
    return [podOf(object, namespace, spec, account, accounts.get(`${namespace}/${account}`))];
  });
}

/** False for pods that have ended, and for workloads that have no pods: an old ReplicaSet of a Deployment. */
function runs({ kind, ...object }: WorldObject): boolean {
  const { replicas } = (object["spec"] ?? {}) as { readonly replicas?: number };
  const { phase } = (object["status"] ?? {}) as { readonly phase?: string };
  return kind === "Pod" ? phase !== "Succeeded" && phase !== "Failed" : replicas !== 0;
}

/** `uid`s of what has made some object that is here itself: a Deployment, by its ReplicaSet. */
function ownersOf(objects: readonly WorldObject[]): ReadonlySet<string> {
  return new Set(objects.flatMap(({ metadata }) => (metadata.ownerReferences ?? []).map(({ uid }) => uid)));
}

function placeOf({ metadata }: WorldObject): string {
  return `${metadata.namespace ?? "default"}/${metadata.name}`;
}

const workloads = new Set([
  "Deployment",
  "StatefulSet",
  "DaemonSet",
  "ReplicaSet",
  "ReplicationController",
  "Job",
  "CronJob",
]);

function podSpecOf({ kind, ...object }: WorldObject): PodSpec | undefined {
  const spec = (object["spec"] ?? {}) as { readonly [field: string]: never };
  if (kind === "Pod") return spec;
  if (!workloads.has(kind)) return undefined;
  const { template } = (kind === "CronJob" ? (spec["jobTemplate"]?.["spec"] ?? {}) : spec) as {
    readonly template?: { readonly spec?: PodSpec };
  };
  return template?.spec;
}

function podOf(
  { kind, metadata }: WorldObject,
  namespace: string,
  spec: PodSpec,
  account: string,
  accountObject: WorldObject | undefined,
): Pod {
  const pulling = (accountObject?.["imagePullSecrets"] ?? []) as readonly SecretRef[];
  return {
    namespace,
    name: metadata.name ?? metadata.generateName ?? "",
    kind,
    ...(spec.nodeName ? { node: spec.nodeName } : {}),
    account,
    hasToken: hasToken(spec, accountObject),
    secrets: named(seenSecrets(spec)),
    nodeSecrets: named([
      ...(spec.imagePullSecrets ?? []),
      ...(spec.imagePullSecrets === undefined ? pulling : []),
      ...(spec.volumes ?? []).flatMap(driverSecrets),
    ]),
  };
}

function hasToken(spec: PodSpec, account: WorldObject | undefined): boolean {
  const isMounted = spec.automountServiceAccountToken ?? account?.["automountServiceAccountToken"] ?? true;
  const sources = (spec.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? []);
  return isMounted !== false || sources.some(({ serviceAccountToken }) => serviceAccountToken !== undefined);
}

function seenSecrets(spec: PodSpec): readonly (SecretRef | undefined)[] {
  const { containers = [], initContainers = [], ephemeralContainers = [], volumes = [] } = spec;
  return [
    ...volumes.flatMap(({ secret, projected }) => [secret, ...(projected?.sources ?? []).map((each) => each.secret)]),
    ...[...containers, ...initContainers, ...ephemeralContainers].flatMap(({ env = [], envFrom = [] }) => [
      ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef),
      ...envFrom.map(({ secretRef }) => secretRef),
    ]),
  ];
}

/** `flexVolume`, `cephfs`, `iscsi`, `rbd`, `scaleIO`, `storageos` and `azureFile` name a secret each; the node reads it. */
function driverSecrets({ secret: _, projected: _other, csi, ...drivers }: Volume): readonly (SecretRef | undefined)[] {
  const named = Object.values(drivers).map((each) => {
    const { secretRef, secretName } = (each ?? {}) as { readonly secretRef?: SecretRef } & SecretRef;
    return secretRef ?? { ...(secretName === undefined ? {} : { secretName }) };
  });
  return [csi?.nodePublishSecretRef, ...named];
}

function named(refs: readonly (SecretRef | undefined)[]): ReadonlySet<string> {
  return new Set(refs.map((each) => each?.secretName ?? each?.name ?? "").filter(Boolean));
}
