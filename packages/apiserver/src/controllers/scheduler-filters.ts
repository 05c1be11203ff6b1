import { type Amounts, amountsOf, plus, podRequests } from "@sallyport/kube";
import { isSelectedNode, type Node, type Placement, untolerated } from "./nodes.ts";
import type { Pod } from "./pods.ts";

/** A node with the pods that it has, without those that are done. */
export interface Candidate {
  readonly node: Node;
  readonly pods: readonly Pod[];
}

/** Why a pod does not fit a node. */
export interface Misfit {
  readonly reasons: readonly string[];
  /** It would fit if other pods went. */
  readonly isCrowded: boolean;
}

type Filter = (pod: Pod, candidate: Candidate) => Misfit | undefined;

const one = (reason: string): Misfit => ({ reasons: [reason], isCrowded: false });

const unschedulableTaint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

/** kube-scheduler's filters, in its order; the first one that objects is heard. */
const filters: readonly Filter[] = [unschedulable, nodeName, taints, affinity, hostPorts, resources];

/** What keeps a pod from a node, in kube-scheduler's words; undefined when it fits. */
export function misfitOf(pod: Pod, candidate: Candidate): Misfit | undefined {
  for (const filter of filters) {
    const misfit = filter(pod, candidate);
    if (misfit !== undefined) return misfit;
  }
  return undefined;
}

function placementOf({ spec }: Pod): Placement {
  return (spec ?? {}) as Placement;
}

function unschedulable(pod: Pod, { node }: Candidate): Misfit | undefined {
  if (node.spec?.unschedulable !== true) return undefined;
  const marked = { ...node, spec: { taints: [unschedulableTaint] } };
  const { tolerations = [] } = placementOf(pod);
  return untolerated(marked, tolerations, ["NoSchedule"]) && one("node(s) were unschedulable");
}

function nodeName({ spec }: Pod, { node }: Candidate): Misfit | undefined {
  const isElsewhere = Boolean(spec?.nodeName) && spec?.nodeName !== node.metadata.name;
  return isElsewhere ? one("node(s) didn't match the requested node name") : undefined;
}

function taints(pod: Pod, { node }: Candidate): Misfit | undefined {
  const taint = untolerated(node, placementOf(pod).tolerations ?? [], ["NoSchedule", "NoExecute"]);
  return taint && one("node(s) had untolerated taint(s)");
}

function affinity(pod: Pod, { node }: Candidate): Misfit | undefined {
  return isSelectedNode(placementOf(pod), node) ? undefined : one("node(s) didn't match Pod's node affinity/selector");
}

interface Port {
  readonly hostPort?: number;
  readonly hostIP?: string;
  readonly protocol?: string;
}

function hostPorts(pod: Pod, { pods }: Candidate): Misfit | undefined {
  const taken = pods.flatMap(portsOf);
  const isTaken = portsOf(pod).some((port) => taken.some((each) => isSamePort(port, each)));
  return isTaken
    ? { reasons: ["node(s) didn't have free ports for the requested pod ports"], isCrowded: true }
    : undefined;
}

function portsOf({ spec }: Pod): readonly Port[] {
  const containers = (spec?.["containers"] ?? []) as readonly { readonly ports?: readonly Port[] }[];
  return containers.flatMap(({ ports = [] }) => ports).filter(({ hostPort }) => hostPort);
}

function isSamePort(a: Port, b: Port): boolean {
  const isEverywhere = ({ hostIP = "" }: Port) => hostIP === "" || hostIP === "0.0.0.0";
  const isSameAddress = isEverywhere(a) || isEverywhere(b) || a.hostIP === b.hostIP;
  return a.hostPort === b.hostPort && (a.protocol ?? "TCP") === (b.protocol ?? "TCP") && isSameAddress;
}

const nano = 1_000_000_000n;

function resources(pod: Pod, { node, pods }: Candidate): Misfit | undefined {
  const allocatable = amountsOf(node.status?.allocatable);
  const used = pods.map(requestsOf).reduce<Amounts>(plus, new Map());
  const wanted = [...requestsOf(pod)].filter(([, { nanos }]) => nanos > 0n);
  const short = wanted.filter(([name, { nanos }]) => nanos > nanosAt(allocatable, name) - nanosAt(used, name));
  const isFull = BigInt(pods.length + 1) * nano > nanosAt(allocatable, "pods");
  if (short.length === 0 && !isFull) return undefined;
  return {
    reasons: [...(isFull ? ["Too many pods"] : []), ...short.map(([name]) => `Insufficient ${name}`)],
    isCrowded: short.every(([name, { nanos }]) => nanos <= nanosAt(allocatable, name)),
  };
}

/** The part of a node's processors that is asked for: the scheduler prefers the node that has more left. */
export function loadOf({ node, pods }: Candidate): number {
  const all = nanosAt(amountsOf(node.status?.allocatable), "cpu");
  const used = pods.reduce((total, pod) => total + nanosAt(requestsOf(pod), "cpu"), 0n);
  return all === 0n ? 1 : Number(used) / Number(all);
}

function requestsOf({ spec = {} }: Pod): Amounts {
  return podRequests(spec as Parameters<typeof podRequests>[0]);
}

function nanosAt(amounts: Amounts, name: string): bigint {
  return amounts.get(name)?.nanos ?? 0n;
}
