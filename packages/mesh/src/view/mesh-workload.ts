import type { KubeObject, ObjectMeta } from "@sallyport/kube";
import { interceptionOf } from "../injection/annotations.ts";
import { defaultInjectionPolicy, injectionChoice } from "../injection/injection-required.ts";
import { statusAnnotation } from "../injection/injection-status.ts";
import { type Pod, type PodSpec, proxyContainer } from "../injection/pod.ts";
import type { Workload } from "../policy/workload.ts";
import { type Fields, listOf, type PlacedObject } from "./placed-object.ts";

/** Pods that are alike: of one owner, or one that has none. */
export interface MeshWorkload extends Workload {
  /** Of the owner: `Deployment`; `Pod` where there is none. */
  readonly kind: string;
  /** As pods have them, with those of injection where they have been injected. */
  readonly pod: Pod;
  /** Whether it is of the mesh, and in a few words why. */
  readonly sidecar: { readonly isThere: boolean; readonly why: string };
  readonly ips: readonly string[];
  /** Names of its pods; none of what is only a template. */
  readonly pods: readonly string[];
  /** By which its owner selects its pods: the least that tells them from others. */
  readonly selector: { readonly [key: string]: string };
  readonly place?: string;
}

type Labels = { readonly [key: string]: string };

const templatePaths: { readonly [kind: string]: readonly string[] } = {
  PodTemplate: ["template"],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
};

/** Workloads of pods and of what makes pods, in the order in which they stand; what others own is told with its owner. */
export function meshWorkloads(
  objects: readonly PlacedObject[],
  namespaces: ReadonlyMap<string, Labels>,
  revision: string,
): readonly MeshWorkload[] {
  const owners = objects.filter(({ object }) => object.kind !== "Pod" && templateOf(object) !== undefined);
  const jobs = new Map(owners.map(({ object }) => [keyOf(object.kind, object.metadata), object]));
  const groups = new Map<string, { owner?: PlacedObject; pods: PlacedObject[] }>();
  const groupAt = (key: string) => {
    const group = groups.get(key) ?? { pods: [] };
    groups.set(key, group);
    return group;
  };
  for (const each of objects) {
    const { kind, metadata } = each.object;
    if (kind === "Pod") groupAt(ownerKey(each.object, jobs)).pods.push(each);
    else if (templateOf(each.object) !== undefined && controllerOf(metadata) === undefined)
      groupAt(keyOf(kind, metadata)).owner = each;
  }
  return [...groups].flatMap(([key, { owner, pods }]) => {
    const first = owner ?? pods[0];
    return first === undefined ? [] : [workloadOf(key, owner, pods, first, namespaces, revision)];
  });
}

function workloadOf(
  key: string,
  owner: PlacedObject | undefined,
  pods: readonly PlacedObject[],
  first: PlacedObject,
  namespaces: ReadonlyMap<string, Labels>,
  revision: string,
): MeshWorkload {
  const [kind = "", namespace = "", name = ""] = key.split("/");
  const pod = (pods[0]?.object ?? templatePod(first.object)) as Pod;
  const labels = pod.metadata.labels ?? {};
  const selector = (owner?.object["spec"] as Fields)?.selector?.matchLabels ?? withoutHashes(labels);
  const isLive = pods.some(({ object }) => ipsOf(object).length > 0);
  return {
    kind,
    namespace,
    name,
    labels,
    serviceAccount: stringOr(pod.spec?.["serviceAccountName"], "default"),
    pod,
    sidecar: isLive
      ? sidecarOfPods(pods)
      : sidecarToCome(pod, { name: namespace, labels: namespaces.get(namespace) ?? {} }, revision),
    ips: pods.flatMap(({ object }) => ipsOf(object)),
    pods: pods.map(({ object }) => object.metadata.name ?? ""),
    selector,
    ...(first.place === undefined ? {} : { place: first.place }),
  };
}

/** Of pods that run: each has its sidecar or none, whatever was asked for. */
function sidecarOfPods(pods: readonly PlacedObject[]): MeshWorkload["sidecar"] {
  const without = pods.filter(({ object }) => !isInjected(object as Pod));
  if (without.length === 0) return { isThere: true, why: "its pods have a sidecar" };
  const names = without.map(({ object }) => object.metadata.name).join(", ");
  return { isThere: false, why: `no sidecar in ${without.length === pods.length ? "its pods" : `its pods ${names}`}` };
}

function sidecarToCome(
  pod: Pod,
  namespace: { name: string; labels: Labels },
  revision: string,
): MeshWorkload["sidecar"] {
  if (isInjected(pod)) return { isThere: true, why: "it has a sidecar" };
  const { inject, why } = injectionChoice(pod, namespace, { revision }, defaultInjectionPolicy);
  return { isThere: inject, why };
}

/** Whether a pod has a sidecar, by whoever made it. */
export function isInjected({ metadata, spec }: Pod): boolean {
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  return (
    containers.some(({ name }) => name === proxyContainer) ||
    metadata.labels?.["security.istio.io/tlsMode"] === "istio" ||
    metadata.annotations?.[statusAnnotation] !== undefined
  );
}

/** Whether connections to a port come to the sidecar at all. */
export function isIntercepted({ pod }: MeshWorkload, port: number): boolean {
  const { inboundPorts, excludedInboundPorts } = interceptionOf(pod.metadata.annotations ?? {}, []);
  return !excludedInboundPorts.includes(port) && (inboundPorts === "*" || inboundPorts.includes(port));
}

/** Of its containers: what they say they listen to, over TCP. */
export function portsOf({ pod }: MeshWorkload): readonly { readonly number: number; readonly name?: string }[] {
  const all = [...(pod.spec.containers ?? []), ...sidecars(pod.spec)].filter(({ name }) => name !== proxyContainer);
  return all
    .flatMap(({ ports }) => listOf(ports))
    .filter(({ containerPort, protocol = "TCP" }) => typeof containerPort === "number" && protocol === "TCP")
    .map(({ containerPort, name }) => ({ number: containerPort, ...(name === undefined ? {} : { name }) }));
}

function sidecars({ initContainers = [] }: PodSpec) {
  return initContainers.filter(({ restartPolicy }) => restartPolicy === "Always");
}

/** `Deployment shop/web`. */
export function titleOf({ kind, namespace, name }: MeshWorkload): string {
  return `${kind} ${namespace}/${name}`;
}

function templateOf(object: KubeObject): Fields {
  const path = templatePaths[object.kind] ?? ["spec", "template"];
  const template = path.reduce<Fields>((at, field) => at?.[field], object);
  return Array.isArray(template?.spec?.containers) ? template : undefined;
}

function templatePod(object: KubeObject): KubeObject {
  const { metadata = {}, spec } = templateOf(object);
  const { name = "", namespace = "" } = object.metadata;
  return { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, generateName: `${name}-`, namespace }, spec };
}

function keyOf(kind: string, { namespace = "", name = "", generateName = "" }: ObjectMeta): string {
  return `${kind}/${namespace}/${name || generateName}`;
}

function controllerOf({ ownerReferences = [] }: ObjectMeta) {
  return ownerReferences.find(({ controller, kind }) => controller === true && kind !== "Node");
}

/** The top of a pod's owners: of a ReplicaSet, by its name, the Deployment; of a Job, where it is known, the CronJob. */
function ownerKey(pod: KubeObject, owners: ReadonlyMap<string, KubeObject>): string {
  const { metadata } = pod;
  const owner = controllerOf(metadata);
  const { namespace = "" } = metadata;
  if (owner === undefined) return keyOf("Pod", metadata);
  const hash = metadata.labels?.["pod-template-hash"];
  if (owner.kind === "ReplicaSet" && hash !== undefined && owner.name.endsWith(`-${hash}`))
    return keyOf("Deployment", { namespace, name: owner.name.slice(0, -hash.length - 1) });
  const known = owners.get(keyOf(owner.kind, { namespace, name: owner.name }));
  const above = known === undefined ? undefined : controllerOf(known.metadata);
  return keyOf(above?.kind ?? owner.kind, { namespace, name: above?.name ?? owner.name });
}

const hashes = [
  "pod-template-hash",
  "controller-revision-hash",
  "pod-template-generation",
  "security.istio.io/tlsMode",
];

function withoutHashes(labels: Labels): Labels {
  const own = Object.entries(labels).filter(([key]) => !hashes.includes(key) && !key.startsWith("service.istio.io/"));
  return Object.fromEntries(own);
}

function ipsOf(pod: KubeObject): readonly string[] {
  const { podIP, podIPs } = (pod["status"] ?? {}) as Fields;
  const all = [...listOf(podIPs).map(({ ip }) => ip), podIP];
  return [...new Set(all.filter((each) => typeof each === "string" && each !== ""))];
}

function stringOr(value: unknown, otherwise: string): string {
  return typeof value === "string" && value !== "" ? value : otherwise;
}
