import { internalDiff, isSameValue, type KubeObject, qualifiedResource } from "@sallyport/kube";
import type { Plugin, PluginResult } from "../plugin.ts";
import { pass, skip } from "../refusals.ts";
import type { UserInfo } from "../request.ts";
import { evictPod, writePod, writePodStatus } from "./node-restriction-pods.ts";
import { type NodeContext, type NodeRule, quoted, refuse } from "./node-restriction-rule.ts";
import { requestToken } from "./node-restriction-tokens.ts";

/**
 * NodeRestriction: a kubelet (user `system:node:NAME` of the group `system:nodes`) writes only its own node, the pods that are bound
 * to it, its lease and its CSINode; it may set no labels that place workloads, and asks only for tokens that its pods mount.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
 */
export const nodeRestriction: Plugin = {
  name: "NodeRestriction",
  operations: ["CREATE", "UPDATE", "DELETE"],
  mutate: async (context) => {
    const node = nodeOf(context.request.userInfo);
    if (node === undefined) return skip("not a node's request");
    const rule = rules[qualifiedResource(context.request.resource)];
    if (rule === undefined) return pass();
    return (await rule({ ...context, node })) ?? pass();
  },
};

/** The node that a user speaks for, as upstream's default node identifier tells it. */
function nodeOf({ username, groups }: UserInfo): string | undefined {
  const prefix = "system:node:";
  return username.startsWith(prefix) && groups.includes("system:nodes") ? username.slice(prefix.length) : undefined;
}

const rules: { readonly [resource: string]: NodeRule } = {
  pods: (context) => {
    const { subResource } = context.request;
    if (subResource === "") return writePod(context);
    if (subResource === "status") return writePodStatus(context);
    if (subResource === "eviction") return evictPod(context);
    const message = `unexpected pod subresource ${quoted(subResource)}, only 'status' and 'eviction' are allowed`;
    return refuse(context, message);
  },
  nodes: writeNode,
  persistentvolumeclaims: writeClaim,
  serviceaccounts: requestToken,
  "leases.coordination.k8s.io": (context) => {
    const { namespace } = context.request;
    if (namespace !== "kube-node-lease")
      return refuse(context, `can only access leases in the "kube-node-lease" system namespace`);
    return namedAsNode(context, "node lease");
  },
  "csinodes.storage.k8s.io": (context) => {
    const refusal = namedAsNode(context, "CSINode");
    if (refusal !== undefined || context.request.subResource !== "status") return refusal;
    return refuse(context, "CSIVolumeHealth feature gate is disabled");
  },
  "resourceslices.resource.k8s.io": writeSlice,
  "certificatesigningrequests.certificates.k8s.io": requestCertificate,
};

function namedAsNode(context: NodeContext, what: string): PluginResult | undefined {
  const { request, node } = context;
  const name = request.operation === "CREATE" ? request.object?.metadata.name : request.name;
  return name === node
    ? undefined
    : refuse(context, `can only access ${what} with the same name as the requesting node`);
}

interface NodeSpec {
  readonly configSource?: unknown;
  readonly taints?: readonly unknown[];
}

function writeNode(context: NodeContext): PluginResult | undefined {
  const { request, node } = context;
  const { operation, object, oldObject } = request;
  const me = `node ${quoted(node)}`;
  if (request.name !== node)
    return refuse(context, `${me} is not allowed to modify node ${quoted(request.name)}`, "metadata.name");
  if (object === null) return undefined;
  const spec = (object["spec"] ?? {}) as NodeSpec;
  const labels = forbiddenLabels(object, oldObject).join(", ");
  if (operation === "CREATE") {
    if (spec.configSource !== undefined)
      return refuse(context, `${me} is not allowed to create pods with a non-nil configSource`, "spec.configSource");
    const message = `${me} is not allowed to set the following labels: ${labels}`;
    return labels === "" ? undefined : refuse(context, message, "metadata.labels");
  }
  const old = (oldObject?.["spec"] ?? {}) as NodeSpec;
  if (spec.configSource !== undefined && !isSameValue(spec.configSource, old.configSource))
    return refuse(context, `${me} is not allowed to update configSource to a new non-nil configSource`);
  if (!isSameValue(spec.taints ?? [], old.taints ?? []))
    return refuse(context, `${me} is not allowed to modify taints`, "spec.taints");
  if (!isSameValue(object.metadata.ownerReferences ?? [], oldObject?.metadata.ownerReferences ?? []))
    return refuse(context, `${me} is not allowed to modify ownerReferences`, "metadata.ownerReferences");
  return labels === "" ? undefined : refuse(context, `is not allowed to modify labels: ${labels}`, "metadata.labels");
}

/** Labels of Kubernetes' domains that a kubelet sets itself. k8s.io/kubelet well-known labels. */
const kubeletLabels = new Set([
  "kubernetes.io/hostname",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
  "node.kubernetes.io/instance-type",
  "beta.kubernetes.io/instance-type",
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
]);
const kubeletDomains = ["kubelet.kubernetes.io", "node.kubernetes.io"];

function forbiddenLabels(object: KubeObject, oldObject: KubeObject | null): readonly string[] {
  const [after, before] = [object.metadata.labels ?? {}, oldObject?.metadata.labels ?? {}];
  const changed = Object.keys({ ...before, ...after }).filter((key) => before[key] !== after[key]);
  return changed.filter(isForbiddenLabel).sort();
}

function isForbiddenLabel(key: string): boolean {
  const slash = key.indexOf("/");
  const domain = slash < 0 ? "" : key.slice(0, slash);
  const isWithin = (parent: string) => domain === parent || domain.endsWith(`.${parent}`);
  if (isWithin("node-restriction.kubernetes.io")) return true;
  return [isWithin("kubernetes.io"), isWithin("k8s.io")].includes(true) && !isKubeletLabel(key, isWithin);
}

function isKubeletLabel(key: string, isWithin: (parent: string) => boolean): boolean {
  return kubeletLabels.has(key) || kubeletDomains.some(isWithin);
}

/** Only what a kubelet learns while it grows a volume. */
const claimStatusFields = ["capacity", "conditions", "allocatedResourceStatuses", "allocatedResources"];

function writeClaim(context: NodeContext): PluginResult | undefined {
  const { request, node } = context;
  if (request.subResource !== "status") return refuse(context, "may only update PVC status");
  if (request.operation !== "UPDATE") return refuse(context, `unexpected operation ${quoted(request.operation)}`);
  const [before, after] = [fixedPart(request.oldObject), fixedPart(request.object)];
  if (isSameValue(before, after)) return undefined;
  const difference = internalDiff("core.PersistentVolumeClaim", before, after);
  const message = `node ${quoted(node)} is not allowed to update fields other than status.quantity and status.conditions: ${difference}`;
  return refuse(context, message, "status");
}

function fixedPart(claim: KubeObject | null): object {
  const { metadata, ...rest } = claim as KubeObject;
  const { resourceVersion: _, managedFields: __, ...kept } = metadata;
  const status = Object.entries((rest["status"] ?? {}) as object).filter(([key]) => !claimStatusFields.includes(key));
  return { ...rest, metadata: kept, status: Object.fromEntries(status) };
}

function writeSlice(context: NodeContext): PluginResult | undefined {
  const { request, node } = context;
  if (request.operation === "UPDATE") return undefined;
  const slice = request.operation === "CREATE" ? request.object : request.oldObject;
  if ((slice?.["spec"] as { readonly nodeName?: string } | undefined)?.nodeName === node) return undefined;
  const verb = request.operation === "CREATE" ? "create" : "delete";
  return refuse(
    context,
    `can only ${verb} ResourceSlice with the same NodeName as the requesting node`,
    "spec.nodeName",
  );
}

const kubeletSigners = ["kubernetes.io/kubelet-serving", "kubernetes.io/kube-apiserver-client-kubelet"];

function requestCertificate(context: NodeContext): PluginResult | undefined {
  const { request, effects, node } = context;
  if (request.operation !== "CREATE") return undefined;
  const spec = (request.object?.["spec"] ?? {}) as { readonly signerName?: string; readonly request?: string };
  if (!kubeletSigners.includes(spec.signerName ?? "")) return undefined;
  const subject = effects.subjectOf(spec.request ?? "");
  if (typeof subject === "string") return refuse(context, `unable to parse csr: ${subject}`, "spec.request");
  if (subject.commonName === `system:node:${node}`) return undefined;
  return refuse(context, `can only create a node CSR with CN=system:node:${node}`, "spec.request");
}
