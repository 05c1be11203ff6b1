import { type OwnerReference, parseApiVersion } from "@sallyport/kube";
import type { Plugin, PluginContext, PluginResult } from "../plugin.ts";
import { deny, pass, skip } from "../refusals.ts";
import type { Request } from "../request.ts";
import type { AuthorizationAttributes } from "../snapshot.ts";

/**
 * OwnerReferencesPermissionEnforcement: who changes the owners of an object must be allowed to delete it, as the garbage collector
 * would; who makes a reference block its owner's deletion must be allowed to update the owner's finalizers.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#ownerreferencespermissionenforcement
 */
export const ownerReferencesPermissionEnforcement: Plugin = {
  name: "OwnerReferencesPermissionEnforcement",
  operations: ["CREATE", "UPDATE"],
  validate: async (context) => {
    const { request } = context;
    const { group, resource } = request.resource;
    // A kubelet writes the status of pods that it does not own.
    if (group === "" && resource === "pods" && request.subResource === "status") return skip("a pod's status");
    const [after, before] = [ownersOf(request.object), ownersOf(request.oldObject)];
    if (JSON.stringify(after.map(ordered)) === JSON.stringify(before.map(ordered)))
      return pass("owners stay as they are");
    return (await mayDelete(context)) ?? (await mayBlock(context, newlyBlocking(after, before))) ?? pass();
  },
};

function ownersOf(object: Request["object"]): readonly OwnerReference[] {
  return object?.metadata.ownerReferences ?? [];
}

function ordered(owner: OwnerReference): readonly unknown[] {
  const { apiVersion, kind, name, uid, controller, blockOwnerDeletion } = owner;
  return [apiVersion, kind, name, uid, controller, blockOwnerDeletion];
}

async function mayDelete(context: PluginContext): Promise<PluginResult | undefined> {
  const { request } = context;
  if (request.operation === "CREATE") return undefined;
  const { group, version, resource } = request.resource;
  const reason = await refusedBy(context, {
    verb: "delete",
    group,
    version,
    resource,
    subresource: request.subResource,
    namespace: request.namespace,
    name: request.name,
  });
  if (reason === undefined) return undefined;
  const message = `cannot set an ownerRef on a resource you can't delete: ${reason}, <nil>`;
  return deny(request, "owner-reference", message, "metadata.ownerReferences");
}

function newlyBlocking(after: readonly OwnerReference[], before: readonly OwnerReference[]): readonly OwnerReference[] {
  const blocking = new Set(before.filter((each) => each.blockOwnerDeletion === true).map(({ uid }) => uid));
  return after.filter((each) => each.blockOwnerDeletion === true && !blocking.has(each.uid));
}

async function mayBlock(context: PluginContext, owners: readonly OwnerReference[]): Promise<PluginResult | undefined> {
  const { request, snapshot } = context;
  const anything = { verb: "update", group: "*", version: "*", resource: "*", subresource: "finalizers", name: "*" };
  if (owners.length === 0 || (await refusedBy(context, { ...anything, namespace: "" })) === undefined) return undefined;
  for (const { apiVersion, kind, name } of owners) {
    const { group, version } = parseApiVersion(apiVersion);
    const info = snapshot.catalogue.findKind(group, version, kind);
    if (info === undefined) {
      const message = `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${apiVersion} Kind ${kind}: no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`;
      return deny(request, "owner-unknown", message, "metadata.ownerReferences");
    }
    const namespace = info.namespaced ? request.namespace : "";
    const place = { group, version: info.version, resource: info.resource, namespace, name };
    const reason = await refusedBy(context, { verb: "update", subresource: "finalizers", ...place });
    if (reason === undefined) continue;
    const message = `cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ${reason}, <nil>`;
    return deny(request, "owner-finalizers", message, "metadata.ownerReferences");
  }
  return undefined;
}

/** The authorizer's reason when it does not allow; undefined when it does. */
async function refusedBy(
  { request, snapshot }: PluginContext,
  attributes: Omit<AuthorizationAttributes, "user">,
): Promise<string | undefined> {
  const { allowed, reason } = await snapshot.authorizer.authorize({ user: request.userInfo, ...attributes });
  return allowed ? undefined : reason;
}
