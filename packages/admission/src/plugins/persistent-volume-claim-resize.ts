import { type KubeObject, nanosOf, storageClassOf } from "@sallyport/kube";
import type { Plugin } from "../plugin.ts";
import { deny, isCore, pass, skip } from "../refusals.ts";
import type { Snapshot } from "../snapshot.ts";

interface Claim {
  readonly spec?: {
    readonly resources?: { readonly requests?: { readonly storage?: string } };
  };
  readonly status?: { readonly phase?: string };
}

/**
 * PersistentVolumeClaimResize: a claim grows only when it is bound and its class allows expansion.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#persistentvolumeclaimresize
 */
export const persistentVolumeClaimResize: Plugin = {
  name: "PersistentVolumeClaimResize",
  operations: ["UPDATE"],
  validate: ({ request, snapshot }) => {
    const { object, oldObject } = request;
    if (!isCore(request, "persistentvolumeclaims") || object === null || oldObject === null) return skip("not a claim");
    if (sizeOf(object) <= sizeOf(oldObject)) return pass("does not grow");
    const field = "spec.resources.requests.storage";
    if ((oldObject as Claim).status?.phase !== "Bound")
      return deny(request, "claim-not-bound", "Only bound persistent volume claims can be expanded", field);
    if (allowsExpansion(object, oldObject, snapshot)) return pass();
    const message =
      "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize";
    return deny(request, "claim-not-expandable", message, field);
  },
};

function sizeOf(claim: KubeObject): bigint {
  return nanosOf((claim as Claim).spec?.resources?.requests?.storage);
}

function allowsExpansion(claim: KubeObject, old: KubeObject, snapshot: Snapshot): boolean {
  const name = storageClassOf(claim);
  if (name === "" || name !== storageClassOf(old)) return false;
  return snapshot.objects.get("storage.k8s.io", "storageclasses", "", name)?.["allowVolumeExpansion"] === true;
}
