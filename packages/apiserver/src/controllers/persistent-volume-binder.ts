import { defaultStorageClassName, type KubeObject } from "@sallyport/kube";
import { isEqual } from "../registry/equality.ts";
import type { CacheEvent } from "../registry/history.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import type { Node } from "./nodes.ts";
import { claimNamesOf, isFinished, type Pod } from "./pods.ts";
import { reconciler } from "./reconciler.ts";
import { reclaim } from "./volume-reclaim.ts";
import {
  bindCompleted,
  boundByController,
  type Claim,
  classOf,
  isFor,
  matchingVolume,
  mismatchOf,
  namesClass,
  type StorageClass,
  selectedNode,
  type Volume,
} from "./volumes.ts";

/** Gives claims the volumes that fit them, asks for new ones where a class makes them, and says what became of both. It makes no volume itself. */
export const persistentVolumeBinder: ControllerKind = {
  name: "persistentvolume-binder-controller",
  alias: "persistentvolume-binder",
  account: "persistent-volume-binder",
  component: "persistentvolume-controller",
  create: (context) =>
    reconciler(
      {
        name: persistentVolumeBinder.name,
        follows: [
          { group: "", resource: "persistentvolumes", keys: (event) => keysOfVolume(event, context) },
          { group: "", resource: "persistentvolumeclaims", keys: (event) => keysOfClaim(event, context) },
          { group: "storage.k8s.io", resource: "storageclasses", keys: () => pendingClaims(context) },
        ],
        sync: (key) => syncOne(key, context),
      },
      context,
    ),
};

/** `volume NAME` or `claim NAMESPACE NAME`. */
function keysOfVolume({ name, object, previous }: CacheEvent, context: ControllerContext): readonly string[] {
  const claims = [object, previous].flatMap((each) => {
    const { claimRef } = (each as Volume | undefined)?.spec ?? {};
    return claimRef === undefined ? [] : [`claim ${claimRef.namespace} ${claimRef.name}`];
  });
  const isNews = object !== undefined && !isEqual(object["spec"], previous?.["spec"]);
  const isFree = (object as Volume | undefined)?.status?.phase === "Available";
  return [`volume ${name}`, ...claims, ...(isNews || isFree ? pendingClaims(context) : [])];
}

function keysOfClaim(
  { namespace, name, object, previous }: CacheEvent,
  { cache }: ControllerContext,
): readonly string[] {
  const named = [object, previous].map((each) => (each as Claim | undefined)?.spec.volumeName);
  const kept = (cache.list("", "persistentvolumes") as readonly Volume[]).filter(
    ({ spec }) => spec.claimRef?.namespace === namespace && spec.claimRef.name === name,
  );
  const volumes = new Set([...named, ...kept.map(({ metadata }) => metadata.name)].filter(Boolean));
  return [`claim ${namespace} ${name}`, ...[...volumes].map((each) => `volume ${each}`)];
}

function pendingClaims({ cache }: ControllerContext): readonly string[] {
  return (cache.list("", "persistentvolumeclaims") as readonly Claim[])
    .filter(({ status }) => status?.phase !== "Bound" && status?.phase !== "Lost")
    .map(({ metadata }) => `claim ${metadata.namespace} ${metadata.name}`);
}

async function syncOne(key: string, context: ControllerContext): Promise<void> {
  const [kind, first = "", second = ""] = key.split(" ");
  if (kind === "volume") {
    const volume = context.cache.get("", "persistentvolumes", "", first);
    if (volume !== undefined) await reclaim(volume as Volume, context);
    return;
  }
  const claim = context.cache.get("", "persistentvolumeclaims", first, second) as Claim | undefined;
  if (claim === undefined || claim.metadata.deletionTimestamp) return;
  if (claim.metadata.annotations?.[bindCompleted] !== undefined) await syncBound(claim, context);
  else if (claim.spec.volumeName) await syncNamed(claim, claim.spec.volumeName, context);
  else await syncUnbound(claim, context);
}

async function syncUnbound(claim: Claim, context: ControllerContext): Promise<void> {
  const { cache, record } = context;
  const found = cache.get("storage.k8s.io", "storageclasses", "", classOf(claim)) as StorageClass | undefined;
  const nodeName = claim.metadata.annotations?.[selectedNode];
  const isDelayed = found?.volumeBindingMode === "WaitForFirstConsumer" && nodeName === undefined;
  const node = nodeName === undefined ? undefined : (cache.get("", "nodes", "", nodeName) as Node | undefined);
  const volumes = cache.list("", "persistentvolumes") as readonly Volume[];
  const volume = matchingVolume(claim, volumes, { node, kept: isDelayed });
  if (volume !== undefined) return bind(volume, claim, context);
  // What became of that is another event.
  if (await assignClass(claim, context)) return;
  if (isDelayed) {
    const { reason, message } = waitedFor(claim, context);
    record(claim, "Normal", reason, message);
  } else if (classOf(claim) !== "") await askProvisioner(claim, found, context);
  else
    record(
      claim,
      "Normal",
      "FailedBinding",
      "no persistent volumes available for this claim and no storage class is set",
    );
  await setPhase(claim, "Pending", context);
}

/** Whoever named no class gets the default one, also where it was marked after the claim was made. Resolves to whether there was one. */
async function assignClass(claim: Claim, { cache, client }: ControllerContext): Promise<boolean> {
  const storageClassName = defaultStorageClassName(cache.list("storage.k8s.io", "storageclasses"));
  if (storageClassName === undefined || namesClass(claim)) return false;
  const named = (fresh: KubeObject) =>
    namesClass(fresh as Claim) ? fresh : { ...fresh, spec: { ...(fresh as Claim).spec, storageClassName } };
  await client.update(claim, named);
  return true;
}

/** What a claim waits for whose volume is to be where its user runs. */
function waitedFor(
  { metadata: { namespace, name = "" } }: Claim,
  { cache }: ControllerContext,
): { readonly reason: string; readonly message: string } {
  const users = (cache.list("", "pods", namespace) as readonly Pod[])
    .filter((pod) => claimNamesOf(pod).includes(name) && !isFinished(pod) && !pod.spec?.nodeName)
    .map(({ metadata }) => metadata.name);
  if (users.length === 0)
    return { reason: "WaitForFirstConsumer", message: "waiting for first consumer to be created before binding" };
  const pods = users.length === 1 ? "pod" : "pods";
  return { reason: "WaitForPodScheduled", message: `waiting for ${pods} ${users.join(",")} to be scheduled` };
}

/** Says whose turn it is: a provisioner of the class makes the volume, and binds it by its claimRef. */
async function askProvisioner(
  claim: Claim,
  found: StorageClass | undefined,
  { client, record }: ControllerContext,
): Promise<void> {
  if (found === undefined) {
    const name = JSON.stringify(classOf(claim));
    return record(claim, "Warning", "ProvisioningFailed", `storageclass.storage.k8s.io ${name} not found`);
  }
  const { provisioner } = found;
  if (provisioner === "kubernetes.io/no-provisioner")
    return record(claim, "Warning", "ProvisioningFailed", `no volume plugin matched name: ${provisioner}`);
  const key = "volume.kubernetes.io/storage-provisioner";
  if (claim.metadata.annotations?.[key] !== provisioner) {
    const annotations = { [key]: provisioner, "volume.beta.kubernetes.io/storage-provisioner": provisioner };
    await client.update(claim, (fresh) => ({
      ...fresh,
      metadata: { ...fresh.metadata, annotations: { ...fresh.metadata.annotations, ...annotations } },
    }));
  }
  const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
  record(claim, "Normal", "ExternalProvisioning", message);
}

/** Its user asks for one volume, and no other. */
async function syncNamed(claim: Claim, name: string, context: ControllerContext): Promise<void> {
  const { cache, record } = context;
  const volume = cache.get("", "persistentvolumes", "", name) as Volume | undefined;
  if (volume === undefined) return setPhase(claim, "Pending", context);
  if (isFor(volume.spec, claim)) return bind(volume, claim, context);
  const text = JSON.stringify(name);
  if (volume.spec.claimRef !== undefined) {
    record(claim, "Warning", "FailedBinding", `volume ${text} already bound to a different claim.`);
    return setPhase(claim, "Pending", context);
  }
  const mismatch = mismatchOf(volume, claim);
  if (mismatch === undefined) return bind(volume, claim, context);
  record(claim, "Warning", "VolumeMismatch", `Cannot bind to requested volume ${text}: ${mismatch}`);
  await setPhase(claim, "Pending", context);
}

/** A claim that once had its volume never gets another. */
async function syncBound(claim: Claim, context: ControllerContext): Promise<void> {
  const { volumeName = "" } = claim.spec;
  const volume = context.cache.get("", "persistentvolumes", "", volumeName) as Volume | undefined;
  if (volumeName === "")
    return lose(
      claim,
      "ClaimLost",
      "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!",
      context,
    );
  if (volume === undefined)
    return lose(claim, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!", context);
  if (volume.spec.claimRef === undefined || volume.spec.claimRef.uid === claim.metadata.uid)
    return bind(volume, claim, context);
  await lose(claim, "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly", context);
}

async function lose(claim: Claim, reason: string, message: string, context: ControllerContext): Promise<void> {
  if (claim.status?.phase === "Lost") return;
  context.record(claim, "Warning", reason, message);
  await setPhase(claim, "Lost", context);
}

async function setPhase(claim: Claim, phase: string, { client }: ControllerContext): Promise<void> {
  if (claim.status?.phase !== phase)
    await client.updateStatus(claim, (fresh) => ({ ...fresh, status: { ...(fresh as Claim).status, phase } }));
}

/** The volume first: what says that a claim is bound is written when its volume is. */
async function bind(volume: Volume, claim: Claim, context: ControllerContext): Promise<void> {
  const { client } = context;
  const bound = (await client.update(volume, (fresh) => keptFor(fresh as Volume, claim))) as Volume;
  if (!isFor(bound.spec, claim)) return;
  if (bound.status?.phase !== "Bound")
    await client.updateStatus(bound, (fresh) => ({
      ...fresh,
      status: { ...(fresh["status"] as object), phase: "Bound" },
    }));
  const named = (await client.update(claim, (fresh) => claimOf(fresh as Claim, volume))) as Claim;
  const { accessModes, capacity } = volume.spec;
  const status = { ...named.status, phase: "Bound", accessModes, capacity: named.status?.capacity ?? capacity };
  if (!isEqual(named.status, status)) await client.updateStatus(named, (fresh) => ({ ...fresh, status }));
}

/** A volume that its user kept for the claim stays without the mark: it is not to be given to another one. */
function keptFor(volume: Volume, { metadata }: Claim): Volume {
  const { claimRef } = volume.spec;
  if (claimRef?.uid === metadata.uid || (claimRef?.uid && claimRef.uid !== metadata.uid)) return volume;
  const { namespace, name, uid, resourceVersion } = metadata;
  const annotations =
    claimRef === undefined
      ? { ...volume.metadata.annotations, [boundByController]: "yes" }
      : volume.metadata.annotations;
  return {
    ...volume,
    metadata: { ...volume.metadata, ...(annotations === undefined ? {} : { annotations }) },
    spec: {
      ...volume.spec,
      claimRef: { kind: "PersistentVolumeClaim", apiVersion: "v1", namespace, name, uid, resourceVersion } as never,
    },
  };
}

function claimOf(claim: Claim, { metadata }: Volume): Claim {
  const { annotations = {} } = claim.metadata;
  if (claim.spec.volumeName === metadata.name && annotations[bindCompleted] !== undefined) return claim;
  const byController = claim.spec.volumeName ? {} : { [boundByController]: "yes" };
  return {
    ...claim,
    metadata: { ...claim.metadata, annotations: { ...annotations, [bindCompleted]: "yes", ...byController } },
    spec: { ...claim.spec, volumeName: metadata.name ?? "" },
  };
}
