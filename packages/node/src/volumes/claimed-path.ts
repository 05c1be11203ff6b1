import { hostPathOf } from "./host-path.ts";
import type { PodReader } from "./pod-reader.ts";

/**
 * Where the volume lies that a claim is bound to: a folder of this machine. Rejects with an `Error` in kubelet's words; what a volume of
 * another kind would need is not here. pkg/kubelet/volumemanager/populator: getPVCExtractPV
 */
export async function claimedPath(
  reader: PodReader,
  namespace: string,
  claimName: string,
  volumeName: string,
): Promise<string> {
  const fail = (why: string) => new Error(`error processing PVC ${namespace}/${claimName}: ${why}`);
  const claim = await reader.claim(namespace, claimName);
  if (claim === undefined)
    throw fail(`failed to fetch PVC from API server: persistentvolumeclaims "${claimName}" not found`);
  const { volumeName: name = "", volumeMode = "Filesystem" } = claim.spec ?? {};
  if (claim.status?.phase !== "Bound" || name === "") throw fail("PVC is not bound");
  if (volumeMode !== "Filesystem")
    throw fail(`volume ${volumeName} has volumeMode ${volumeMode}, but is specified in volumeMounts`);
  const volume = await reader.persistentVolume(name);
  if (volume === undefined) throw fail(`failed to fetch PV ${name} from API server: not found`);
  const { hostPath, local } = volume.spec ?? {};
  if (hostPath !== undefined) return hostPathOf(hostPath);
  if (local !== undefined) return hostPathOf({ path: local.path, type: "Directory" });
  throw new Error("no volume plugin matched");
}
