import { chmod, mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { KubeObject } from "@sallyport/kube";
import { isReason } from "./client.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { reconciler } from "./reconciler.ts";
import { type Claim, classOf, provisionedBy, type StorageClass, selectedNode, type Volume } from "./volumes.ts";

export const hostPathProvisionerName = "sallyport.dev/host-path";
const defaultClass = "storageclass.kubernetes.io/is-default-class";

/**
 * Makes volumes on this machine: each a folder of its own, that is there. What is written to it is really kept, until a volume whose
 * policy is Delete is released: then the folder goes, and all that is in it.
 */
export const hostPathProvisioner: ControllerKind = {
  name: "host-path-provisioner",
  alias: "hostpathprovisioner",
  account: "persistent-volume-binder",
  component: hostPathProvisionerName,
  isOptional: true,
  create: (context) =>
    reconciler(
      {
        name: hostPathProvisioner.name,
        first: ["class"],
        follows: [
          {
            group: "",
            resource: "persistentvolumeclaims",
            keys: ({ namespace, name }) => [`claim ${namespace} ${name}`],
          },
          { group: "", resource: "persistentvolumes", keys: ({ name }) => [`volume ${name}`] },
        ],
        sync: async (key) => {
          const { cache, volumeFolder, nodeName } = context;
          if (volumeFolder === undefined || nodeName === undefined) return;
          const [kind, first = "", second = ""] = key.split(" ");
          if (kind === "class") return keepClass(context);
          if (kind === "claim") {
            const claim = cache.get("", "persistentvolumeclaims", first, second) as Claim | undefined;
            return claim && provision(claim, volumeFolder, nodeName, context);
          }
          const volume = cache.get("", "persistentvolumes", "", first) as Volume | undefined;
          return volume && remove(volume, volumeFolder, context);
        },
      },
      context,
    ),
};

/** The class of claims that name none, unless there is one already. */
async function keepClass({ cache, client }: ControllerContext): Promise<void> {
  const all = cache.list("storage.k8s.io", "storageclasses");
  const hasDefault = all.some(({ metadata }) => metadata.annotations?.[defaultClass] === "true");
  const metadata = { name: "standard", ...(hasDefault ? {} : { annotations: { [defaultClass]: "true" } }) };
  if (all.some(({ metadata: { name } }) => name === metadata.name)) return;
  const made = {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata,
    provisioner: hostPathProvisionerName,
    reclaimPolicy: "Delete",
    volumeBindingMode: "WaitForFirstConsumer",
  };
  await client.create(made).catch((error: unknown) => {
    if (!isReason(error, "AlreadyExists")) throw error;
  });
}

async function provision(claim: Claim, folder: string, node: string, context: ControllerContext): Promise<void> {
  const { cache, client, record } = context;
  const { namespace, name, uid = "", annotations = {}, deletionTimestamp } = claim.metadata;
  const found = cache.get("storage.k8s.io", "storageclasses", "", classOf(claim)) as StorageClass | undefined;
  if (found?.provisioner !== hostPathProvisionerName || claim.spec.volumeName || deletionTimestamp) return;
  const isDelayed = found.volumeBindingMode === "WaitForFirstConsumer";
  if (
    isDelayed
      ? annotations[selectedNode] !== node
      : annotations[selectedNode] !== undefined && annotations[selectedNode] !== node
  )
    return;
  const volume = `pvc-${uid}`;
  if (cache.get("", "persistentvolumes", "", volume) !== undefined) return;
  const failed = (why: string) =>
    record(
      claim,
      "Warning",
      "ProvisioningFailed",
      `failed to provision volume with StorageClass ${JSON.stringify(classOf(claim))}: ${why}`,
    );
  if (claim.spec.volumeMode === "Block") return failed("this machine has folders, and no block devices");
  if (claim.spec.selector !== undefined) return failed("claim.spec.selector is not supported for dynamic provisioning");
  record(
    claim,
    "Normal",
    "Provisioning",
    `External provisioner is provisioning volume for claim "${namespace}/${name}"`,
  );
  const path = resolve(folder, volume);
  await mkdir(path, { recursive: true });
  // Containers have any user; mkdir's own mode is narrowed by a umask.
  await chmod(path, 0o777);
  await client.create(volumeFor(claim, found, path, node));
  record(claim, "Normal", "ProvisioningSucceeded", `Successfully provisioned volume ${volume}`);
}

function volumeFor({ metadata, spec }: Claim, found: StorageClass, path: string, node: string): KubeObject {
  const { namespace, name, uid, resourceVersion } = metadata;
  const hostname = { key: "kubernetes.io/hostname", operator: "In", values: [node] };
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `pvc-${uid}`, annotations: { [provisionedBy]: hostPathProvisionerName } },
    spec: {
      accessModes: spec.accessModes,
      capacity: { storage: spec.resources?.requests?.storage },
      claimRef: { kind: "PersistentVolumeClaim", apiVersion: "v1", namespace, name, uid, resourceVersion },
      hostPath: { path, type: "Directory" },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [hostname] }] } },
      persistentVolumeReclaimPolicy: found.reclaimPolicy ?? "Delete",
      storageClassName: found.metadata.name,
      volumeMode: "Filesystem",
      ...(found.mountOptions === undefined ? {} : { mountOptions: found.mountOptions }),
    },
  };
}

/** Only what was made here is taken away: a folder of the name that we give, where we make them. */
async function remove(volume: Volume, folder: string, { client, record }: ControllerContext): Promise<void> {
  const { metadata, spec, status } = volume;
  const isOurs = metadata.annotations?.[provisionedBy] === hostPathProvisionerName;
  const isOver = status?.phase === "Released" && spec.persistentVolumeReclaimPolicy === "Delete";
  if (!isOurs || !isOver || metadata.deletionTimestamp) return;
  const name = metadata.name ?? "";
  const path = join(resolve(folder), name);
  if (!/^pvc-[0-9a-f-]{36}$/.test(name) || spec.hostPath?.path !== path)
    return record(volume, "Warning", "VolumeFailedDelete", `${spec.hostPath?.path}: not a folder that was made here`);
  await rm(path, { recursive: true, force: true });
  await client.delete(volume);
}
