import { isSameValue, type KubeObject } from "@sallyport/kube";
import type { PluginResult } from "../plugin.ts";
import { existing } from "../refusals.ts";
import { type NodeContext, quoted, refuse } from "./node-restriction-rule.ts";
import { secretNames } from "./pod-secrets.ts";
import { mirrorAnnotation, type PodSpec, specOf } from "./pod-spec.ts";

/** A kubelet creates mirror pods of its static pods, and deletes the pods that are bound to it. */
export function writePod(context: NodeContext): PluginResult | undefined {
  const { request, node } = context;
  if (request.operation === "CREATE") return createMirrorPod(context, request.object as KubeObject);
  if (request.operation !== "DELETE") {
    const message = `unexpected operation ${quoted(request.operation)}, node ${quoted(node)} can only create and delete mirror pods`;
    return refuse(context, message);
  }
  if (existingPod(context, request.name).nodeName === node) return undefined;
  return refuse(context, `node ${quoted(node)} can only delete pods with spec.nodeName set to itself`);
}

/** Throws `NotFound`. */
function existingPod({ request, snapshot }: NodeContext, name: string): PodSpec {
  return specOf(existing(snapshot.objects.get("", "pods", request.namespace, name), "pods", name));
}

function createMirrorPod(context: NodeContext, pod: KubeObject): PluginResult | undefined {
  const me = `node ${quoted(context.node)}`;
  if (pod.metadata.annotations?.[mirrorAnnotation] === undefined) {
    const message = `pod does not have ${quoted(mirrorAnnotation)} annotation, ${me} can only create mirror pods`;
    return refuse(context, message, "metadata.annotations");
  }
  if (specOf(pod).nodeName !== context.node)
    return refuse(context, `${me} can only create pods with spec.nodeName set to itself`, "spec.nodeName");
  const fault = ownerFault(context, pod);
  if (fault !== undefined) return refuse(context, fault, "metadata.ownerReferences");
  const referenced = referencedObject(specOf(pod));
  return referenced === undefined
    ? undefined
    : refuse(context, `${me} can not create pods that reference ${referenced}`, "spec");
}

function ownerFault({ node, snapshot }: NodeContext, pod: KubeObject): string | undefined {
  const me = `node ${quoted(node)}`;
  const [owner, second] = pod.metadata.ownerReferences ?? [];
  if (second !== undefined) return `${me} can only create pods with a single owner reference set to itself`;
  if (owner?.apiVersion !== "v1" || owner.kind !== "Node" || owner.name !== node)
    return `${me} can only create pods with an owner reference set to itself`;
  if (owner.controller !== true) return `${me} can only create pods with a controller owner reference set to itself`;
  if (owner.blockOwnerDeletion === true) return `${me} must not set blockOwnerDeletion on an owner reference`;
  const { uid = "" } = existing(snapshot.objects.get("", "nodes", "", node), "nodes", node).metadata;
  return owner.uid === uid ? undefined : `node ${node} UID mismatch: expected ${owner.uid} got ${uid}`;
}

type Volume = { readonly [source: string]: unknown };

/** The first kind of API object that a pod refers to; a static pod may refer to none. */
function referencedObject(spec: PodSpec): string | undefined {
  if (spec.serviceAccountName) return "serviceaccounts";
  if (secretNames(spec).length > 0) return "secrets";
  if (/"(configMapRef|configMapKeyRef|configMap)":/.test(JSON.stringify(spec))) return "configmaps";
  if (((spec["resourceClaims"] ?? []) as readonly unknown[]).length > 0) return "resourceclaims";
  const volumes = (spec["volumes"] ?? []) as readonly Volume[];
  const sources = volumes.flatMap(({ projected }) => (projected as { sources?: readonly Volume[] })?.sources ?? []);
  if (sources.some(({ clusterTrustBundle }) => clusterTrustBundle !== undefined)) return "clustertrustbundles";
  for (const volume of volumes) {
    const found = Object.keys(referringVolumes).find((source) => volume[source] !== undefined);
    if (found !== undefined) return referringVolumes[found];
  }
  return undefined;
}

const referringVolumes: { readonly [source: string]: string } = {
  persistentVolumeClaim: "persistentvolumeclaims",
  csi: "csidrivers (via CSI volumes)",
  ephemeral: "persistentvolumeclaims (via ephemeral volumes)",
  glusterfs: "endpoints (via glusterFS volumes)",
};

interface PodStatus {
  readonly resourceClaimStatuses?: unknown;
  readonly extendedResourceClaimStatus?: unknown;
}

/** The status of its own pods, without their labels and claims. */
export function writePodStatus(context: NodeContext): PluginResult | undefined {
  const { request, node } = context;
  const { object, oldObject } = request;
  const me = `node ${quoted(node)}`;
  if (request.operation !== "UPDATE" || object === null || oldObject === null)
    return refuse(context, `unexpected operation ${quoted(request.operation)}`);
  if (specOf(oldObject).nodeName !== node)
    return refuse(context, `${me} can only update pod status for pods with spec.nodeName set to itself`);
  if (!isSameValue(object.metadata.labels ?? {}, oldObject.metadata.labels ?? {}))
    return refuse(context, `${me} cannot update labels through pod status`, "metadata.labels");
  const [after, before] = [object["status"] ?? {}, oldObject["status"] ?? {}] as [PodStatus, PodStatus];
  if (!isSameValue(after.resourceClaimStatuses ?? [], before.resourceClaimStatuses ?? []))
    return refuse(context, `${me} cannot update resource claim statues`, "status.resourceClaimStatuses");
  if (!isSameValue(after.extendedResourceClaimStatus ?? null, before.extendedResourceClaimStatus ?? null))
    return refuse(context, `${me} cannot update extended resource claim status`, "status.extendedResourceClaimStatus");
  return undefined;
}

/** It may evict the pods that are bound to it. */
export function evictPod(context: NodeContext): PluginResult | undefined {
  const { request, node } = context;
  if (request.operation !== "CREATE") return refuse(context, `unexpected operation ${request.operation}`);
  const name = request.name || (request.object?.metadata.name ?? "");
  if (name === "") return refuse(context, "could not determine pod from request data");
  if (existingPod(context, name).nodeName === node) return undefined;
  return refuse(context, `node ${node} can only evict pods with spec.nodeName set to itself`);
}
