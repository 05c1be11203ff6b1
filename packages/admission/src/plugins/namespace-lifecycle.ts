import { StatusError } from "@sallyport/kube";
import type { Plugin, PluginContext, PluginResult } from "../plugin.ts";
import { denyWith, forbiddenStatus, isCore, pass, skip } from "../refusals.ts";

/** Namespaces that no request may delete. */
const immortal = new Set(["default", "kube-system", "kube-public"]);

/**
 * NamespaceLifecycle: nothing is created in a namespace that does not exist or is going away, and three namespaces are never
 * deleted. Access reviews, which store nothing, pass.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#namespacelifecycle
 */
export const namespaceLifecycle: Plugin = {
  name: "NamespaceLifecycle",
  operations: ["CREATE", "UPDATE", "DELETE"],
  // Upstream admits in the mutating phase, so that later plugins can rely on the namespace.
  mutate: check,
};

function check({ request, snapshot }: PluginContext): PluginResult {
  if (isCore(request, "namespaces")) {
    if (request.operation !== "DELETE" || !immortal.has(request.name)) return pass();
    return denyWith(forbiddenStatus(request, "this namespace may not be deleted"), [
      { code: "namespace-immortal", message: "this namespace may not be deleted", fieldPath: "" },
    ]);
  }
  const { namespace } = request;
  if (namespace === "") return skip("not in a namespace");
  if (request.operation !== "CREATE") return pass();
  if (request.resource.resource === "localsubjectaccessreviews") return pass();
  const found = snapshot.objects.get("", "namespaces", "", namespace);
  if (found === undefined) {
    const message = `namespaces "${namespace}" not found`;
    const error = new StatusError("NotFound", message, { name: namespace, kind: "namespaces" });
    return denyWith(error, [
      { code: "namespace-not-found", message, fieldPath: "metadata.namespace", value: namespace },
    ]);
  }
  const phase = (found["status"] as { readonly phase?: string } | undefined)?.phase;
  if (phase !== "Terminating" && !found.metadata.deletionTimestamp) return pass();
  const message = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const causes = [
    {
      reason: "NamespaceTerminating",
      message: `namespace ${namespace} is being terminated`,
      field: "metadata.namespace",
    },
  ];
  return denyWith(forbiddenStatus(request, message, { causes }), [
    { code: "namespace-terminating", message, fieldPath: "metadata.namespace", value: namespace },
  ]);
}
