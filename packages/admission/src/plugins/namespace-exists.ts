import { StatusError } from "@sallyport/kube";
import type { Plugin } from "../plugin.ts";
import { denyWith, isCore, pass, skip } from "../refusals.ts";

/**
 * NamespaceExists: refuses every request in a namespace that does not exist. Deprecated: NamespaceLifecycle does this and more.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#namespaceexists
 */
export const namespaceExists: Plugin = {
  name: "NamespaceExists",
  operations: ["CREATE", "UPDATE", "DELETE"],
  validate: ({ request, snapshot }) => {
    if (request.namespace === "" || isCore(request, "namespaces")) return skip("not in a namespace");
    if (snapshot.objects.get("", "namespaces", "", request.namespace) !== undefined) return pass();
    const message = `namespaces "${request.namespace}" not found`;
    const error = new StatusError("NotFound", message, { name: request.namespace, kind: "namespaces" });
    return denyWith(error, [
      { code: "namespace-not-found", message, fieldPath: "metadata.namespace", value: request.namespace },
    ]);
  },
};
