import { type KubeObject, StatusError } from "@sallyport/kube";
import { type KubeletPlace, kubeletOf } from "../../kubelet/kubelets.ts";
import type { HandlerOptions } from "../call.ts";

interface PodSpec {
  readonly nodeName?: string;
  readonly containers?: readonly { readonly name: string }[];
  readonly initContainers?: readonly { readonly name: string }[];
  readonly ephemeralContainers?: readonly { readonly name: string }[];
}

/** The kubelet of the pod's node. Throws when the pod has none, or the node is not there. */
export function kubeletOfPod(pod: KubeObject, { cache, kubelets }: HandlerOptions): KubeletPlace {
  const { nodeName } = specOf(pod);
  if (!nodeName) throw new StatusError("BadRequest", `pod ${pod.metadata.name} does not have a host assigned`);
  return kubeletOf(nodeName, (name) => cache.get("", "nodes", "", name), kubelets, "pods");
}

export function specOf(pod: KubeObject): PodSpec {
  return (pod["spec"] ?? {}) as PodSpec;
}

/** The container that is meant. Throws what kube-apiserver says of one that is not there, or not clear. */
export function containerOf(pod: KubeObject, query: URLSearchParams): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = specOf(pod);
  const wanted = query.get("container") || pod.metadata.annotations?.["kubectl.kubernetes.io/default-container"];
  const names = containers.map(({ name }) => name);
  if (wanted === undefined && names.length !== 1) {
    const all = [`choose one of: [${names.join(" ")}]`];
    if (initContainers.length > 0)
      all.push(`or one of the init containers: [${initContainers.map(({ name }) => name).join(" ")}]`);
    throw new StatusError(
      "BadRequest",
      `a container name must be specified for pod ${pod.metadata.name}, ${all.join(" ")}`,
    );
  }
  const known = [...containers, ...initContainers, ...ephemeralContainers].some(({ name }) => name === wanted);
  if (wanted !== undefined && !known)
    throw new StatusError("BadRequest", `container ${wanted} is not valid for pod ${pod.metadata.name}`);
  return wanted ?? (names[0] as string);
}
