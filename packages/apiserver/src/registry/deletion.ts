import type { KubeObject } from "@sallyport/kube";
import type { DeleteOptions, WriteContext } from "./context.ts";
import { failedPrecondition } from "./faults.ts";

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
    throw failedPrecondition(info, name, label, wanted, current.metadata[field]);
  }
}

/** Something must still be done before the object may go. */
export function isHeld(object: KubeObject): boolean {
  return (object.metadata.finalizers ?? []).length > 0 || hasSpecFinalizers(object);
}

/** An update took the last finalizer off an object that is being deleted. */
export function isReleased(object: KubeObject, current: KubeObject): boolean {
  return Boolean(current.metadata.deletionTimestamp) && !isHeld(object);
}

/** The finalizers by which the garbage collector is asked to look after dependents first. */
const orphan = "orphan";
const foreground = "foregroundDeletion";

/** The object as it waits for its finalizers: marked, and with the garbage collector's finalizer that the policy asks for. */
export function marked(current: KubeObject, options: DeleteOptions, timestamp: string): KubeObject {
  const finalizers = finalizersFor(current, options);
  const { deletionTimestamp, deletionGracePeriodSeconds, ...metadata } = current.metadata;
  const status =
    current.kind === "Namespace" ? { status: { ...((current["status"] ?? {}) as object), phase: "Terminating" } } : {};
  return {
    ...current,
    metadata: {
      ...metadata,
      ...(finalizers.length === 0 ? {} : { finalizers }),
      deletionTimestamp: deletionTimestamp ?? timestamp,
      deletionGracePeriodSeconds: deletionGracePeriodSeconds ?? 0,
    },
    ...status,
  };
}

/** k8s.io/apiserver's deletionFinalizersForGarbageCollection: the policy's finalizer in place of the other one. */
function finalizersFor(current: KubeObject, options: DeleteOptions): readonly string[] {
  const held = current.metadata.finalizers ?? [];
  const policy = policyOf(options);
  if (policy === undefined) return held;
  const others = held.filter((each) => each !== orphan && each !== foreground);
  if (policy === "Orphan") return [...others, orphan];
  return policy === "Foreground" ? [...others, foreground] : others;
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
