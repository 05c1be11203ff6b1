import type { KubeObject, RbacReader } from "@sallyport/kube";

// biome-ignore lint/suspicious/noExplicitAny: looks into specs that validation has passed already
type Fields = { readonly [field: string]: any };

/** Kinds of objects that a node may need because of what runs on it. */
export type NodeObject =
  | "configmaps"
  | "persistentvolumeclaims"
  | "persistentvolumes"
  | "resourceclaims"
  | "secrets"
  | "serviceaccounts"
  | "volumeattachments";

/** True when a pod that is bound to the node needs the object, by itself or through a claim and its volume. */
export function needs(
  reader: RbacReader,
  node: string,
  resource: NodeObject,
  namespace: string,
  name: string,
): boolean {
  if (resource === "volumeattachments")
    return specOf(reader.get("storage.k8s.io", resource, "", name))["nodeName"] === node;
  const pods = reader.list("", "pods", resource === "persistentvolumes" ? undefined : namespace);
  const own = pods.filter((pod) => specOf(pod)["nodeName"] === node);
  if (resource === "persistentvolumes")
    return own.some((pod) => volumesOf(reader, pod).some((volume) => volume.metadata.name === name));
  if (own.some((pod) => referencesOf(pod)[resource].has(name))) return true;
  return (
    resource === "secrets" &&
    reader
      .list("", "pods")
      .filter((pod) => specOf(pod)["nodeName"] === node)
      .some((pod) => volumesOf(reader, pod).some((volume) => volumeSecrets(volume).has(`${namespace}/${name}`)))
  );
}

type References = {
  readonly [resource in Exclude<NodeObject, "persistentvolumes" | "volumeattachments">]: Set<string>;
};

/** What a pod names of its own namespace. A static pod's mirror names nothing: the node wrote it. */
function referencesOf(pod: KubeObject): References {
  const spec = specOf(pod);
  const found: References = {
    configmaps: new Set(),
    persistentvolumeclaims: new Set(),
    resourceclaims: new Set(),
    secrets: new Set(),
    serviceaccounts: new Set(),
  };
  if (pod.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined) return found;
  const add = (set: Set<string>, name: unknown) => typeof name === "string" && name !== "" && set.add(name);
  add(found.serviceaccounts, spec["serviceAccountName"]);
  for (const each of spec["imagePullSecrets"] ?? []) add(found.secrets, each.name);
  for (const container of containersOf(spec)) {
    for (const { configMapRef, secretRef } of container["envFrom"] ?? []) {
      add(found.configmaps, configMapRef?.name);
      add(found.secrets, secretRef?.name);
    }
    for (const { valueFrom } of container["env"] ?? []) {
      add(found.configmaps, valueFrom?.configMapKeyRef?.name);
      add(found.secrets, valueFrom?.secretKeyRef?.name);
    }
  }
  for (const volume of spec["volumes"] ?? []) addVolume(found, volume, pod.metadata.name ?? "", add);
  for (const { resourceClaimName } of spec["resourceClaims"] ?? []) add(found.resourceclaims, resourceClaimName);
  const status = (pod["status"] ?? {}) as Fields;
  for (const { resourceClaimName } of status["resourceClaimStatuses"] ?? [])
    add(found.resourceclaims, resourceClaimName);
  return found;
}

function addVolume(
  found: References,
  volume: Fields,
  pod: string,
  add: (set: Set<string>, name: unknown) => unknown,
): void {
  add(found.configmaps, volume["configMap"]?.name);
  add(found.secrets, volume["secret"]?.secretName);
  add(found.secrets, volume["azureFile"]?.secretName);
  add(found.secrets, volume["csi"]?.nodePublishSecretRef?.name);
  for (const kind of ["cephfs", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos"])
    add(found.secrets, volume[kind]?.secretRef?.name);
  add(found.persistentvolumeclaims, volume["persistentVolumeClaim"]?.claimName);
  if (volume["ephemeral"] !== undefined) add(found.persistentvolumeclaims, `${pod}-${volume["name"]}`);
  for (const source of volume["projected"]?.sources ?? []) {
    add(found.configmaps, source.configMap?.name);
    add(found.secrets, source.secret?.name);
  }
}

function volumesOf(reader: RbacReader, pod: KubeObject): readonly KubeObject[] {
  const namespace = pod.metadata.namespace ?? "";
  return [...referencesOf(pod).persistentvolumeclaims].flatMap((claim) => {
    const volume = specOf(reader.get("", "persistentvolumeclaims", namespace, claim))["volumeName"];
    const found = volume === undefined ? undefined : reader.get("", "persistentvolumes", "", String(volume));
    return found === undefined ? [] : [found];
  });
}

/** `namespace/name` of the secrets with which a volume is mounted. */
function volumeSecrets(volume: KubeObject): Set<string> {
  const spec = specOf(volume);
  const home = spec["claimRef"]?.namespace ?? "";
  const sources = Object.values(spec).filter((each): each is Fields => typeof each === "object" && each !== null);
  const refs = sources.flatMap((source) =>
    Object.entries(source)
      .filter(([key, value]) => /secretref$/i.test(key) && value?.name)
      .map(([, value]) => `${value.namespace ?? home}/${value.name}`),
  );
  const azure = spec["azureFile"];
  return new Set(azure === undefined ? refs : [...refs, `${azure.secretNamespace ?? home}/${azure.secretName}`]);
}

function containersOf(spec: Fields): readonly Fields[] {
  return ["containers", "initContainers", "ephemeralContainers"].flatMap((each) => spec[each] ?? []);
}

function specOf(object: KubeObject | undefined): Fields {
  return (object?.["spec"] ?? {}) as Fields;
}
