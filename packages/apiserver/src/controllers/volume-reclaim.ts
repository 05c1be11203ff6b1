import type { ControllerContext } from "./controller.ts";
import { boundByController, type Claim, provisionedBy, type Volume } from "./volumes.ts";

/** Says what became of a volume, and when its claim is gone, does by its reclaim policy what can be done here: nothing is wiped. */
export async function reclaim(volume: Volume, context: ControllerContext): Promise<void> {
  const { cache, client } = context;
  const { claimRef } = volume.spec;
  if (!claimRef?.uid) return setVolumePhase(volume, "Available", context);
  const found = cache.get("", "persistentvolumeclaims", claimRef.namespace ?? "", claimRef.name ?? "");
  const claim = found?.metadata.uid === claimRef.uid ? (found as Claim) : undefined;
  if (claim?.spec.volumeName === volume.metadata.name) return setVolumePhase(volume, "Bound", context);
  if (claim === undefined) return release(volume, context);
  // Its claim has another volume by now. An empty volumeName is filled in by the claim's own turn.
  if (!claim.spec.volumeName) return;
  if (volume.metadata.annotations?.[provisionedBy] && volume.spec.persistentVolumeReclaimPolicy === "Delete")
    return release(volume, context);
  if (volume.metadata.annotations?.[boundByController] === undefined) return;
  await client.update(volume, (fresh) => unbound(fresh as Volume));
}

/** What was kept for a claim by us is anybody's again. */
function unbound(volume: Volume): Volume {
  const { claimRef: _, ...spec } = volume.spec;
  const { [boundByController]: _mark, ...annotations } = volume.metadata.annotations ?? {};
  return { ...volume, metadata: { ...volume.metadata, annotations }, spec };
}

async function release(volume: Volume, context: ControllerContext): Promise<void> {
  const { phase } = volume.status ?? {};
  if (phase !== "Released" && phase !== "Failed") await setVolumePhase(volume, "Released", context);
  switch (volume.spec.persistentVolumeReclaimPolicy) {
    case "Recycle":
      return fail(volume, "VolumeFailedRecycle", "No recycler plugin found for the volume!", context);
    case "Delete":
      // Whoever made it takes it away.
      if (volume.metadata.annotations?.[provisionedBy]) return;
      return fail(volume, "VolumeFailedDelete", undeletable(volume), context);
    default:
      return;
  }
}

/** What kube-controller-manager would delete of a machine, the folders in /tmp, stays: that machine need not be this one. */
function undeletable({ metadata, spec }: Volume): string {
  const { path } = (spec["hostPath"] ?? {}) as { readonly path?: string };
  return path === undefined || path.startsWith("/tmp/")
    ? `error getting deleter volume plugin for volume ${JSON.stringify(metadata.name)}: no deletable volume plugin matched`
    : `host_path deleter only supports /tmp/.+ but received provided ${path}`;
}

async function fail(volume: Volume, reason: string, message: string, context: ControllerContext): Promise<void> {
  if (volume.status?.phase === "Failed") return;
  context.record(volume, "Warning", reason, message);
  await setVolumePhase(volume, "Failed", context, message);
}

/** Also the times of phases are kept by the API server. */
async function setVolumePhase(
  volume: Volume,
  phase: string,
  { client }: ControllerContext,
  message = "",
): Promise<void> {
  if (volume.status?.phase === phase) return;
  await client.updateStatus(volume, (fresh) => {
    const { reason: _reason, message: _message, ...status } = (fresh["status"] ?? {}) as { [field: string]: unknown };
    return { ...fresh, status: { ...status, phase, ...(message !== "" && { message }) } };
  });
}
