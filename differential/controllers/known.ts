import type { Difference } from "./run.ts";

interface Known {
  readonly why: string;
  readonly is: (difference: Difference) => boolean;
}

/** What differs rightly, and why. */
const known: readonly Known[] = [
  {
    why: "Each server writes a slice as often as it happens to look at it while pods change.",
    is: ({ object, path }) => object.startsWith("endpointslices ") && path === "/metadata/generation",
  },
  {
    why: "Pods on a node that nobody has made an object of have endpoints too: in a lesson somebody plays the kubelet.",
    is: ({ scenario, object }) =>
      scenario.includes("names and ending pods") && /^(endpointslices|events Service) /.test(object),
  },
  {
    why: "kube-controller-manager writes a Deployment's status in the middle of a sync, and sees its own writes at different times.",
    is: ({ object, path, theirs, ours }) =>
      object.startsWith("deployments ") &&
      /^\/status\/conditions\/\d+\/(reason|message)$/.test(path) &&
      [theirs, ours].some((each) => /^(NewReplicaSetCreated|Created new replica set )/.test(String(each))) &&
      [theirs, ours].some((each) => /^(ReplicaSetUpdated|.* is progressing\.)/.test(String(each))),
  },
  {
    why: "Which ten of many events of one reason are told one by one depends on how often each controller comes by while pods change.",
    is: ({ scenario, object }) => /surge/.test(scenario) && object.startsWith("events "),
  },
  {
    why: "A rate of retries: how often a refused pod was tried until all was quiet.",
    is: ({ scenario, object }) => /quota/.test(scenario) && /^events \w+ \S+ FailedCreate/.test(object),
  },
];

/** True for a difference that has a reason. */
export function isKnown(difference: Difference): boolean {
  return known.some(({ is }) => is(difference));
}
