import type { Difference } from "./run.ts";

interface Known {
  readonly why: string;
  readonly is: (difference: Difference) => boolean;
}

/** What differs rightly, and why. */
const known: readonly Known[] = [
  {
    why: "kube-controller-manager loses a race with itself: its second write of a sync has the first one's version, and what the next sync takes for progress depends on whether the ReplicaSet has been counted by then.",
    is: ({ object, path, theirs, ours }) =>
      object.startsWith("deployments ") &&
      /^\/status\/conditions\/\d+\/(reason|message)$/.test(path) &&
      [theirs, ours].some((each) => /^(NewReplicaSetCreated|Created new replica set )/.test(String(each))) &&
      [theirs, ours].some((each) => /^(ReplicaSetUpdated|.* is progressing\.)/.test(String(each))),
  },
  {
    why: "How many writes it took: each server writes a slice as often as it comes to look at it while pods come and go.",
    is: ({ object, path }) => object.startsWith("endpointslices ") && path === "/metadata/generation",
  },
  {
    why: "kube-controller-manager tells of writes that it lost to another of its controllers, and tries again; which ones depends on the moment.",
    is: ({ object, theirs, ours }) =>
      object.startsWith("events ") &&
      ours === undefined &&
      /the object has been modified/.test(String((theirs as { readonly message?: unknown }).message)),
  },
];

/** True for a difference that has a reason. */
export function isKnown(difference: Difference): boolean {
  return known.some(({ is }) => is(difference));
}
