import { type LabelSelectorObject, matchesSelector } from "@sallyport/kube";
import type { MeshView } from "../view/mesh-view.ts";
import { type MeshWorkload, portsOf } from "../view/mesh-workload.ts";
import { type Fields, listOf, ofKind, type PlacedObject } from "../view/placed-object.ts";

/** Whether NetworkPolicies let a workload call another one. */
export interface Reach {
  /** `maybe`: by its address, which may be one that is let in. */
  readonly isLet: "yes" | "no" | "maybe";
  /** The policy that lets it in by its labels or its namespace's: it is expected to call. */
  readonly named?: PlacedObject;
}

/** What the NetworkPolicies of a server say of who calls its port. https://kubernetes.io/docs/concepts/services-networking/network-policies/ */
export function reachTo(view: MeshView, server: MeshWorkload, port: number): (client: MeshWorkload) => Reach {
  const policies = ofKind(view.objects, "networking.k8s.io", "NetworkPolicy").filter((each) => isolates(each, server));
  if (policies.length === 0) return () => ({ isLet: "yes" });
  const rules = policies.flatMap((policy) =>
    rulesOf(policy)
      .filter((rule) => meansPort(rule, server, port))
      .map((rule) => ({ policy, rule })),
  );
  return (client) => reachBy(view, rules, client);
}

function reachBy(
  view: MeshView,
  rules: readonly { readonly policy: PlacedObject; readonly rule: Fields }[],
  client: MeshWorkload,
): Reach {
  const answers = rules.map(({ policy, rule }) => ({ policy, ...peerAnswer(view, rule, policy, client) }));
  const named = answers.find((each) => each.isNamed)?.policy;
  const isLet = answers.some((each) => each.isLet === "yes")
    ? "yes"
    : answers.some((each) => each.isLet === "maybe")
      ? "maybe"
      : "no";
  return { isLet, ...(named === undefined ? {} : { named }) };
}

function specOf({ object }: PlacedObject): Fields {
  return object["spec"] ?? {};
}

function rulesOf(policy: PlacedObject): readonly Fields[] {
  return listOf(specOf(policy).ingress);
}

function isolates(policy: PlacedObject, server: MeshWorkload): boolean {
  const { podSelector = {}, policyTypes } = specOf(policy);
  const isInbound = !Array.isArray(policyTypes) || policyTypes.length === 0 || policyTypes.includes("Ingress");
  return isInbound && policy.object.metadata.namespace === server.namespace && matches(podSelector, server.labels);
}

function meansPort({ ports }: Fields, server: MeshWorkload, port: number): boolean {
  const all = listOf(ports);
  return (
    all.length === 0 ||
    all.some(({ port: named, endPort, protocol = "TCP" }) => {
      if (protocol !== "TCP") return false;
      if (named === undefined) return true;
      const first = typeof named === "number" ? named : portsOf(server).find(({ name }) => name === named)?.number;
      return first !== undefined && port >= first && port <= (endPort ?? first);
    })
  );
}

function peerAnswer(
  view: MeshView,
  { from }: Fields,
  policy: PlacedObject,
  client: MeshWorkload,
): { readonly isLet: Reach["isLet"]; readonly isNamed: boolean } {
  const peers = listOf(from);
  if (peers.length === 0) return { isLet: "yes", isNamed: false };
  // A policy knows those of the node's network by their addresses alone.
  const isOfNode = client.pod.spec.hostNetwork === true;
  const named = peers.filter(
    (peer) => peer.ipBlock === undefined && !isOfNode && meansPeer(view, peer, policy, client),
  );
  if (named.length > 0) return { isLet: "yes", isNamed: named.some(isNarrow) };
  const isByAddress = isOfNode || peers.some(({ ipBlock }) => ipBlock !== undefined);
  return { isLet: isByAddress ? "maybe" : "no", isNamed: false };
}

function meansPeer(view: MeshView, peer: Fields, policy: PlacedObject, client: MeshWorkload): boolean {
  const { podSelector, namespaceSelector } = peer;
  const labels = { "kubernetes.io/metadata.name": client.namespace, ...view.namespaces.get(client.namespace) };
  const isThere =
    namespaceSelector === undefined
      ? client.namespace === policy.object.metadata.namespace
      : matches(namespaceSelector, labels);
  return isThere && (podSelector === undefined || matches(podSelector, client.labels));
}

/** It speaks of some, not of all pods. */
function isNarrow({ podSelector, namespaceSelector }: Fields): boolean {
  const says = (selector: LabelSelectorObject | undefined) =>
    Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions ?? []).length > 0;
  return says(podSelector) || says(namespaceSelector);
}

/** A selector that is none matches nothing. */
export function matches(selector: LabelSelectorObject, labels: { readonly [key: string]: string }): boolean {
  try {
    return matchesSelector(selector, labels);
  } catch {
    return false;
  }
}
