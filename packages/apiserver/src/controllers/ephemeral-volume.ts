import type { KubeObject } from "@sallyport/kube";
import { StatusError } from "@sallyport/kube";
import type { CacheEvent } from "../registry/history.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { controllerOf, controllerReference } from "./owners.ts";
import { ephemeralClaimsOf, type Pod } from "./pods.ts";
import { ownKey, partsOf, reconciler } from "./reconciler.ts";

/** Makes the claims of pods' ephemeral volumes: each goes with its pod, by its owner. */
export const ephemeralVolume: ControllerKind = {
  name: "ephemeral-volume-controller",
  alias: "ephemeral-volume",
  account: "ephemeral-volume-controller",
  component: "ephemeral_volume",
  create: (context) =>
    reconciler(
      {
        name: ephemeralVolume.name,
        follows: [
          // The volumes of a pod never change, and of a pod that goes nothing is left to make.
          { group: "", resource: "pods", keys: (event) => (event.previous === undefined ? ownKey(event) : []) },
          { group: "", resource: "persistentvolumeclaims", keys: podOfGoneClaim },
        ],
        sync: async (key) => {
          const pod = context.cache.get("", "pods", ...partsOf(key)) as Pod | undefined;
          if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return;
          for (const claim of ephemeralClaimsOf(pod)) await keep(pod, claim, context);
        },
      },
      context,
    ),
};

function podOfGoneClaim({ namespace, object, previous }: CacheEvent): readonly string[] {
  if (object !== undefined || previous === undefined) return [];
  const owner = controllerOf(previous);
  return owner?.kind === "Pod" ? [`${namespace}/${owner.name}`] : [];
}

type EphemeralClaim = ReturnType<typeof ephemeralClaimsOf>[number];

/** Rejects with a StatusError when the claim is refused: it is tried again. */
async function keep(pod: Pod, { volume, name, template }: EphemeralClaim, context: ControllerContext): Promise<void> {
  const { cache, client, record } = context;
  const { namespace = "", uid } = pod.metadata;
  const tell = (why: string) => record(pod, "Warning", "FailedBinding", `ephemeral volume ${volume}: ${why}`);
  const found = cache.get("", "persistentvolumeclaims", namespace, name);
  if (found !== undefined) {
    // Anybody's claim may have the name; the pod must not come to what is in it.
    if (controllerOf(found)?.uid !== uid)
      tell(`PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`);
    return;
  }
  const { labels, annotations } = template.metadata ?? {};
  const metadata = {
    name,
    namespace,
    ...(labels && { labels }),
    ...(annotations && { annotations }),
    ownerReferences: [controllerReference({ ...pod, apiVersion: "v1", kind: "Pod" })],
  };
  const claim: KubeObject = { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata, spec: template.spec ?? {} };
  try {
    await client.create(claim);
  } catch (error) {
    if (error instanceof StatusError) tell(`create PVC ${name}: ${error.message}`);
    throw error;
  }
}
