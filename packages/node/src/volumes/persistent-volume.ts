import { realpathSync, statSync } from "node:fs";
import type { KubeObject } from "@sallyport/kube";
import { hostPathOf } from "./host-path.ts";
import type { PersistentVolume, PersistentVolumeClaim, PodReader } from "./pod-reader.ts";
import type { Volume } from "./volume.ts";

/**
 * The volume that is bound to a pod's claim, or to the claim that was made for the pod alone; undefined where it asks for none. Rejects
 * with an `Error` in kubelet's words. pkg/kubelet/volumemanager/populator: createVolumeSpec
 */
export async function persistentVolumeOf(
  volume: Volume,
  { metadata }: KubeObject,
  { claim, persistentVolume }: PodReader,
): Promise<PersistentVolume | undefined> {
  const { name: podName = "", namespace = "", uid } = metadata;
  const { name, persistentVolumeClaim, ephemeral } = volume;
  const claimName = persistentVolumeClaim?.claimName ?? (ephemeral === undefined ? undefined : `${podName}-${name}`);
  if (claimName === undefined || claim === undefined || persistentVolume === undefined) return undefined;
  const found = await claim(namespace, claimName);
  const fault = claimFault(found, claimName);
  if (found === undefined || fault !== undefined)
    throw new Error(`error processing PVC ${namespace}/${claimName}: ${fault}`);
  const owner = found.metadata.ownerReferences?.find(({ controller }) => controller === true);
  // Anybody's claim could have the name that the pod's own would have.
  if (ephemeral !== undefined && owner?.uid !== uid)
    throw new Error(`PVC ${namespace}/${claimName} was not created for pod ${namespace}/${podName} (pod is not owner)`);
  const { volumeName = "", volumeMode = "Filesystem" } = found.spec ?? {};
  if (volumeMode !== "Filesystem")
    throw new Error(`volume ${name} has volumeMode ${volumeMode}, but is specified in volumeMounts`);
  return checkBound(await persistentVolume(volumeName), volumeName, found.metadata.uid);
}

function claimFault(claim: PersistentVolumeClaim | undefined, name: string): string | undefined {
  if (claim === undefined)
    return `failed to fetch PVC from API server: persistentvolumeclaims ${JSON.stringify(name)} not found`;
  if (claim.metadata.deletionTimestamp) return "PVC is being deleted";
  if (claim.status?.phase !== "Bound") return "PVC is not bound";
  return claim.spec?.volumeName ? undefined : "PVC has empty pvc.Spec.VolumeName";
}

/** A claim that names a volume has it only when the volume names the claim too. */
function checkBound(found: PersistentVolume | undefined, name: string, claim: string | undefined): PersistentVolume {
  if (found === undefined)
    throw new Error(`failed to fetch PV ${name} from API server: persistentvolumes ${JSON.stringify(name)} not found`);
  const { claimRef } = found.spec;
  if (claimRef === undefined)
    throw new Error(`found PV object ${name} with nil pv.Spec.ClaimRef indicating it is not yet bound to the claim`);
  if (claimRef.uid !== claim)
    throw new Error(
      `found PV object ${name} with a pv.Spec.ClaimRef.UID ${claimRef.uid} that does not match claim UID ${claim}`,
    );
  return found;
}

/** The real path of a volume that is a folder of this machine. Throws `Error` in kubelet's words. */
export function persistentPath({ spec: { hostPath, local } }: PersistentVolume): string {
  if (hostPath !== undefined) return hostPathOf(hostPath);
  if (local === undefined) throw new Error("no volume plugin matched");
  if (statSync(local.path, { throwIfNoEntry: false }) === undefined)
    throw new Error(`path ${JSON.stringify(local.path)} does not exist`);
  return realpathSync(local.path);
}
