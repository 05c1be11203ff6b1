import { allows, bootstrapRbac, type PolicyRule, type RbacReader } from "@sallyport/kube";
import type { Attributes, Authorizer, Verdict } from "./authorizer.ts";
import { type NodeObject, needs } from "./node-graph.ts";

/** What every kubelet may do whatever runs on it: the rules of the role `system:node`. */
const nodeRules = (bootstrapRbac.find(
  ({ kind, metadata }) => kind === "ClusterRole" && metadata.name === "system:node",
)?.["rules"] ?? []) as readonly PolicyRule[];

/** The name of the node that asks, when a node does. */
export function nodeOf({ username, groups }: Attributes["user"]): string | undefined {
  return groups.includes("system:nodes") ? /^system:node:(.+)$/.exec(username)?.[1] : undefined;
}

/** Nodes see what their pods need. https://kubernetes.io/docs/reference/access-authn-authz/node/ */
export function nodeAuthorizer(reader: RbacReader): Authorizer {
  return {
    authorize: (attributes) => {
      const node = nodeOf(attributes.user);
      if (node === undefined) return isNameless(attributes.user) ? unknownNode(attributes.user) : nothing;
      const check = attributes.path === undefined ? checks[`${attributes.group}/${attributes.resource}`] : undefined;
      if (check !== undefined) return check(attributes, node, reader);
      return byRules(attributes);
    },
    rules: (user) =>
      nodeOf(user) === undefined
        ? { rules: [], isIncomplete: false, errors: [] }
        : { rules: [], isIncomplete: true, errors: ["node authorizer does not support user rule resolution"] },
  };
}

type Check = (attributes: Attributes, node: string, reader: RbacReader) => Verdict;

const checks: { readonly [place: string]: Check } = {
  "/secrets": readsNamespaced("secrets"),
  "/configmaps": readsNamespaced("configmaps"),
  "/persistentvolumeclaims": (attributes, node, reader) =>
    attributes.subresource === "status"
      ? updatesStatus(attributes, node, reader)
      : gets("persistentvolumeclaims")(attributes, node, reader),
  "/persistentvolumes": gets("persistentvolumes"),
  "resource.k8s.io/resourceclaims": gets("resourceclaims"),
  "storage.k8s.io/volumeattachments": gets("volumeattachments"),
  "/serviceaccounts": (attributes, node, reader) =>
    attributes.subresource === "token"
      ? createsToken(attributes, node, reader)
      : gets("serviceaccounts")(attributes, node, reader),
  "coordination.k8s.io/leases": ownLease,
  "storage.k8s.io/csinodes": ownCsiNode,
  "resource.k8s.io/resourceslices": ownSlices,
  "/nodes": ownNode,
  "/pods": ownPods,
};

const nothing: Verdict = { decision: "NoOpinion", reason: "" };

function noOpinion(reason: string): Verdict {
  return { decision: "NoOpinion", reason: `node: ${reason}` };
}

/** One who says that it is a node, and not which. */
function isNameless({ username, groups }: Attributes["user"]): boolean {
  return username === "system:node:" && groups.includes("system:nodes");
}

function unknownNode({ username }: Attributes["user"]): Verdict {
  return noOpinion(`unknown node for user ${JSON.stringify(username)}`);
}

const allowed: Verdict = { decision: "Allow", reason: "" };

function byRules(attributes: Attributes): Verdict {
  return nodeRules.some((rule) => allows(rule, attributes)) ? allowed : nothing;
}

function related(resource: NodeObject, { namespace, name }: Attributes, node: string, reader: RbacReader): Verdict {
  return needs(reader, node, resource, namespace, name)
    ? allowed
    : noOpinion(`no relationship found between node '${node}' and this object`);
}

function gets(resource: NodeObject): Check {
  return (attributes, node, reader) => {
    if (attributes.verb !== "get") return noOpinion("can only get individual resources of this type");
    if (attributes.subresource) return noOpinion("cannot get subresource");
    if (attributes.name === "") return noOpinion("No Object name found");
    return related(resource, attributes, node, reader);
  };
}

/** Lists and watches too, when they are of one object by its name. */
function readsNamespaced(resource: NodeObject): Check {
  return (attributes, node, reader) => {
    if (!["get", "list", "watch"].includes(attributes.verb)) return noOpinion("can only read resources of this type");
    if (attributes.subresource) return noOpinion("cannot read subresource");
    if (attributes.namespace === "") return noOpinion("can only read namespaced object of this type");
    if (attributes.name === "") return noOpinion("No Object name found");
    return related(resource, attributes, node, reader);
  };
}

function updatesStatus(attributes: Attributes, node: string, reader: RbacReader): Verdict {
  if (!["update", "patch"].includes(attributes.verb)) return noOpinion("can only get/update/patch this type");
  if (attributes.name === "") return noOpinion("No Object name found");
  return related("persistentvolumeclaims", attributes, node, reader);
}

function createsToken(attributes: Attributes, node: string, reader: RbacReader): Verdict {
  if (attributes.verb !== "create" || attributes.name === "")
    return noOpinion("can only create tokens for individual service accounts");
  return related("serviceaccounts", attributes, node, reader);
}

function ownLease(attributes: Attributes, node: string): Verdict {
  const { verb, name, namespace, subresource } = attributes;
  if (!["get", "create", "update", "patch", "delete"].includes(verb))
    return noOpinion("can only get, create, update, patch, or delete a node lease");
  if (subresource) return noOpinion("cannot authorize lease subresource");
  if (namespace !== "kube-node-lease")
    return noOpinion(`can only access leases in the "kube-node-lease" system namespace`);
  if (verb !== "create" && name !== node)
    return noOpinion("can only access node lease with the same name as the requesting node");
  return allowed;
}

function ownCsiNode({ verb, name, subresource }: Attributes, node: string): Verdict {
  if (!["get", "create", "update", "patch", "delete"].includes(verb))
    return noOpinion("can only get, create, update, patch, or delete a CSINode");
  if (subresource) return noOpinion("cannot authorize CSINode subresource");
  if (verb !== "create" && name !== node)
    return noOpinion("can only access CSINode with the same name as the requesting node");
  return allowed;
}

/** What there is for pods on the node, by drivers of the node. */
function ownSlices({ verb, name, subresource, fieldSelector }: Attributes, node: string, reader: RbacReader): Verdict {
  if (subresource) return noOpinion("cannot authorize ResourceSlice subresource");
  if (verb === "create") return allowed;
  if (["get", "update", "patch", "delete"].includes(verb)) {
    const slice = reader.get("resource.k8s.io", "resourceslices", "", name);
    const home = (slice?.["spec"] as { readonly nodeName?: string } | undefined)?.nodeName;
    return home === node ? allowed : noOpinion(`no relationship found between node '${node}' and this object`);
  }
  if (["list", "watch", "deletecollection"].includes(verb))
    return fieldSelector?.["spec.nodeName"] === node
      ? allowed
      : noOpinion("can only list/watch/deletecollection resourceslices with nodeName field selector");
  return noOpinion(
    "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection",
  );
}

function ownNode(attributes: Attributes, node: string): Verdict {
  const { verb, name, subresource } = attributes;
  if (subresource === "" || subresource === undefined) {
    if (["create", "update", "patch"].includes(verb)) return allowed;
    if (["get", "list", "watch"].includes(verb))
      return name === node
        ? allowed
        : noOpinion(
            name === ""
              ? `node '${node}' cannot read all nodes, only its own Node object`
              : `node '${node}' cannot read '${name}', only its own Node object`,
          );
  }
  if (subresource === "status" && ["update", "patch"].includes(verb)) return allowed;
  return byRules(attributes);
}

function ownPods(attributes: Attributes, node: string, reader: RbacReader): Verdict {
  const { verb, namespace, name, subresource } = attributes;
  if (verb === "get" && !subresource) {
    const pod = reader.get("", "pods", namespace, name);
    const home = (pod?.["spec"] as { readonly nodeName?: string } | undefined)?.nodeName;
    return home === node ? allowed : noOpinion(`no relationship found between node '${node}' and this object`);
  }
  if ((verb === "list" || verb === "watch") && attributes.fieldSelector?.["spec.nodeName"] !== node)
    return noOpinion("can only list/watch pods with spec.nodeName field selector");
  return byRules(attributes);
}
