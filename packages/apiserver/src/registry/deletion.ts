import { type KubeObject, type ResourceInfo, timestampOf } from "@sallyport/kube";
import { cleanupFinalizer, doomedStatus } from "../custom/stored-versions.ts";
import type { DeleteOptions, WriteContext } from "./context.ts";
import { failedDeletion } from "./faults.ts";

/** The deletion is of this very object and version, or it is refused. */
export function checkPreconditions(
  { preconditions }: DeleteOptions,
  current: KubeObject,
  { info, name }: WriteContext,
): void {
  for (const field of ["uid", "resourceVersion"] as const) {
    const wanted = preconditions?.[field];
    if (wanted === undefined || wanted === current.metadata[field]) continue;
    const label = field === "uid" ? "UID" : "ResourceVersion";
    throw failedDeletion(info, name, label, wanted, current.metadata[field]);
  }
}

/** Something must still be done before the object may go. */
export function isHeld(object: KubeObject): boolean {
  return (object.metadata.finalizers ?? []).length > 0 || hasSpecFinalizers(object);
}

/** The first deletion of a namespace only tells that it is to end, also where nothing holds it; the next one takes it away. */
export function isOnlyMarked({ kind, apiVersion, metadata }: KubeObject): boolean {
  return kind === "Namespace" && apiVersion === "v1" && !metadata.deletionTimestamp;
}

/** An update took the last finalizer off an object that is being deleted, and has no time left to end. */
export function isReleased(object: KubeObject, current: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = current.metadata;
  return Boolean(deletionTimestamp) && deletionGracePeriodSeconds === 0 && !isHeld(object);
}

/** The finalizers by which the garbage collector is asked to look after dependents first. */
export const orphan = "orphan";
export const foreground = "foregroundDeletion";

/** Resources whose DELETE answers the object that is gone, by group; all others answer a Status. Upstream's ReturnDeletedObject. */
const answered: { readonly [group: string]: readonly string[] } = {
  "": [
    "namespaces",
    "persistentvolumeclaims",
    "persistentvolumes",
    "pods",
    "podtemplates",
    "resourcequotas",
    "serviceaccounts",
    "services",
  ],
  // As Kubernetes 1.24, the last that had them.
  policy: ["podsecuritypolicies"],
  "resource.k8s.io": [
    "deviceclasses",
    "resourceclaims",
    "resourceclaimtemplates",
    "resourcepoolstatusrequests",
    "resourceslices",
  ],
  "storage.k8s.io": ["csidrivers", "csinodes", "storageclasses", "volumeattachments", "volumeattributesclasses"],
};

export function answersDeleted({ group, version, resource }: ResourceInfo): boolean {
  // Those of version v1 came when a Status had become the rule.
  if (group === "resource.k8s.io" && resource === "devicetaintrules") return version !== "v1";
  return answered[group]?.includes(resource) ?? false;
}

/** Whether objects of the kind are given time to end. */
function isGraceful({ kind, apiVersion }: KubeObject): boolean {
  return kind === "Pod" && apiVersion === "v1";
}

/** How long an object may take to end: only pods that run somewhere take any time. */
export function gracePeriod(current: KubeObject, options: DeleteOptions): number {
  if (!isGraceful(current)) return 0;
  const spec = (current["spec"] ?? {}) as {
    readonly nodeName?: string;
    readonly terminationGracePeriodSeconds?: number;
  };
  const { phase } = (current["status"] ?? {}) as { readonly phase?: string };
  if (!spec.nodeName || phase === "Succeeded" || phase === "Failed") return 0;
  const wanted = options.gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
  // A negative one asks for a quick end.
  return wanted < 0 ? 1 : wanted;
}

/** The options as admission sees them: with what the kind's own rules add to them. */
export function optionsAsked(options: DeleteOptions, current: KubeObject, grace: number): DeleteOptions {
  if (isGraceful(current)) return { ...options, gracePeriodSeconds: grace };
  const { uid } = current.metadata;
  if (current.kind !== "Namespace" || current.apiVersion !== "v1" || uid === undefined) return options;
  return { ...options, preconditions: { ...options.preconditions, uid: options.preconditions?.uid ?? uid } };
}

/** True when the object ends already and need not end sooner. */
export function isEnding({ metadata }: KubeObject, options: DeleteOptions, grace: number): boolean {
  const left = metadata.deletionGracePeriodSeconds ?? 0;
  return Boolean(metadata.deletionTimestamp) && left > 0 && (options.gracePeriodSeconds === undefined || grace >= left);
}

/** The object as it waits for its end: marked, and with the garbage collector's finalizer that the policy asks for. */
export function marked(current: KubeObject, options: DeleteOptions, now: number, grace: number): KubeObject {
  const finalizers = [...finalizersFor(current, options), ...cleanupOf(current)];
  const { finalizers: _, deletionTimestamp, deletionGracePeriodSeconds, generation, ...metadata } = current.metadata;
  const left =
    deletionTimestamp && deletionGracePeriodSeconds !== undefined ? Math.min(grace, deletionGracePeriodSeconds) : grace;
  const isNew = !deletionTimestamp;
  const earlier = ((deletionGracePeriodSeconds ?? 0) - left) * 1000;
  return {
    ...current,
    metadata: {
      ...metadata,
      ...(generation === undefined
        ? {}
        : { generation: isNew && !isDefinition(current) ? generation + 1 : generation }),
      ...(finalizers.length === 0 ? {} : { finalizers }),
      deletionTimestamp: timestampOf(isNew ? now + grace * 1000 : Date.parse(deletionTimestamp) - earlier),
      // Namespaces and definitions end by finalizers of their own, past the rules for graceful ends.
      ...(current.kind === "Namespace" || isDefinition(current) ? {} : { deletionGracePeriodSeconds: left }),
    },
    ...endingStatus(current, timestampOf(now)),
  };
}

/** Kinds whose status tells at once that they are to go. */
function endingStatus(current: KubeObject, now: string): { readonly status?: object } {
  if (current.kind === "Namespace")
    return { status: { ...((current["status"] ?? {}) as object), phase: "Terminating" } };
  return isDefinition(current) && !current.metadata.deletionTimestamp ? { status: doomedStatus(current, now) } : {};
}

/** k8s.io/apiserver's deletionFinalizersForGarbageCollection: the policy's finalizer in place of the other one. */
function finalizersFor(current: KubeObject, options: DeleteOptions): readonly string[] {
  const held = current.metadata.finalizers ?? [];
  if (isDefinition(current) && !current.metadata.deletionTimestamp) return held;
  // The garbage collector does not look at events.
  if (current.kind === "Event") return held;
  const isAsked = held.includes(orphan) || held.includes(foreground);
  const policy = policyOf(options) ?? (isAsked ? undefined : defaultPolicyOf(current));
  if (policy === undefined) return held;
  const others = held.filter((each) => each !== orphan && each !== foreground);
  if (policy === "Orphan") return [...others, orphan];
  return policy === "Foreground" ? [...others, foreground] : others;
}

/** Kinds from before there was a garbage collector keep their pods unless told otherwise. */
function defaultPolicyOf({ kind }: KubeObject): DeleteOptions["propagationPolicy"] {
  return kind === "ReplicationController" || kind === "Job" ? "Orphan" : undefined;
}

/** What kube-apiserver warns of who deletes such an object without saying what is to become of its pods. */
export function deletionWarning({ group, resource }: ResourceInfo, options: DeleteOptions): string | undefined {
  if (group !== "batch" || resource !== "jobs" || policyOf(options) !== undefined) return undefined;
  return "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning";
}

/** A definition waits for its objects, whatever else it waits for. */
function cleanupOf(object: KubeObject): readonly string[] {
  const { metadata } = object;
  return isDefinition(object) && !metadata.deletionTimestamp && !metadata.finalizers?.includes(cleanupFinalizer)
    ? [cleanupFinalizer]
    : [];
}

function isDefinition({ kind, apiVersion }: KubeObject): boolean {
  return kind === "CustomResourceDefinition" && apiVersion.startsWith("apiextensions.k8s.io/");
}

function policyOf({ propagationPolicy, orphanDependents }: DeleteOptions): DeleteOptions["propagationPolicy"] {
  if (propagationPolicy !== undefined) return propagationPolicy;
  if (orphanDependents === undefined) return undefined;
  return orphanDependents ? "Orphan" : "Background";
}

function hasSpecFinalizers(object: KubeObject): boolean {
  return (
    object.kind === "Namespace" &&
    ((object["spec"] as { readonly finalizers?: readonly string[] } | undefined)?.finalizers ?? []).length > 0
  );
}
