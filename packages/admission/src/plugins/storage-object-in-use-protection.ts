import { qualifiedResource } from "@sallyport/kube";
import type { Plugin } from "../plugin.ts";
import { pass, skip } from "../refusals.ts";

/** The finalizer of each resource that its controller removes when nothing uses the object any more. */
const finalizers: { readonly [resource: string]: string } = {
  persistentvolumes: "kubernetes.io/pv-protection",
  persistentvolumeclaims: "kubernetes.io/pvc-protection",
  "volumeattributesclasses.storage.k8s.io": "kubernetes.io/vac-protection",
};

/**
 * StorageObjectInUseProtection: volumes and claims get a finalizer, so that one in use is not deleted below its user.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#storageobjectinuseprotection
 */
export const storageObjectInUseProtection: Plugin = {
  name: "StorageObjectInUseProtection",
  operations: ["CREATE"],
  mutate: ({ request }) => {
    const finalizer = finalizers[qualifiedResource(request.resource)];
    if (finalizer === undefined || request.subResource !== "" || request.object === null)
      return skip("no storage object");
    const { metadata } = request.object;
    if (metadata.finalizers?.includes(finalizer)) return pass();
    const object = {
      ...request.object,
      metadata: { ...metadata, finalizers: [...(metadata.finalizers ?? []), finalizer] },
    };
    return { outcome: "mutated", why: `finalizer ${finalizer}`, object };
  },
};
