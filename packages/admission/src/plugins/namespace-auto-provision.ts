import type { KubeObject } from "@sallyport/kube";
import type { Plugin } from "../plugin.ts";
import { isCore, pass, skip } from "../refusals.ts";

/**
 * NamespaceAutoProvision: what is created in a namespace that does not exist creates the namespace first. A dry run creates none.
 * Deprecated: NamespaceLifecycle refuses instead, so that a typing error makes no namespace.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#namespaceautoprovision
 */
export const namespaceAutoProvision: Plugin = {
  name: "NamespaceAutoProvision",
  operations: ["CREATE"],
  mutate: async ({ request, snapshot, effects }) => {
    const { namespace } = request;
    if (namespace === "" || isCore(request, "namespaces")) return skip("not in a namespace");
    if (snapshot.objects.get("", "namespaces", "", namespace) !== undefined) return pass();
    if (request.dryRun) return pass("a dry run creates no namespace");
    if (effects.create === undefined) return pass("nothing is created here");
    const object: KubeObject = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
    await effects.create(object);
    return pass(`created namespace ${namespace}`);
  },
};
