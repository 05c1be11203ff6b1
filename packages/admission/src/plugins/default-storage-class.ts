import { defaultStorageClassName } from "@sallyport/kube";
import type { Plugin } from "../plugin.ts";
import { isCore, pass, skip } from "../refusals.ts";

/**
 * DefaultStorageClass: a claim that names no class gets the default one. Of several defaults the newest is taken, then the first by
 * name. A claim with the empty class, or the old annotation, has named one.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#defaultstorageclass
 */
export const defaultStorageClass: Plugin = {
  name: "DefaultStorageClass",
  operations: ["CREATE"],
  mutate: ({ request, snapshot }) => {
    if (!isCore(request, "persistentvolumeclaims") || request.object === null) return skip("not a claim");
    const spec = (request.object["spec"] ?? {}) as { readonly storageClassName?: string };
    const named = request.object.metadata.annotations?.["volume.beta.kubernetes.io/storage-class"];
    if (spec.storageClassName !== undefined || named !== undefined) return pass("the claim names its class");
    const storageClassName = defaultStorageClassName(snapshot.objects.list("storage.k8s.io", "storageclasses"));
    if (storageClassName === undefined) return pass("there is no default class");
    const object = { ...request.object, spec: { ...spec, storageClassName } };
    return { outcome: "mutated", why: `default class ${storageClassName}`, object };
  },
};
