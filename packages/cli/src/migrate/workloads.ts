import type { UserInfo } from "@sallyport/admission";
import type { Manifest } from "../manifests.ts";
import { podManifest } from "../pod-manifest.ts";

/** What runs pods, one of its pods, and who creates it. */
export interface Workload {
  readonly manifest: Manifest;
  readonly pod: Manifest;
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  /** Whoever creates pods by hand, where absent. */
  readonly creator?: UserInfo;
}

/** The controllers of kube-controller-manager that create the pods of a kind. */
const controllers: { readonly [kind: string]: string } = {
  CronJob: "job-controller",
  DaemonSet: "daemon-set-controller",
  Deployment: "replicaset-controller",
  Job: "job-controller",
  ReplicaSet: "replicaset-controller",
  ReplicationController: "replication-controller",
  StatefulSet: "statefulset-controller",
};

export function workloadsOf(manifests: readonly Manifest[], defaultNamespace: string): readonly Workload[] {
  return manifests.flatMap((manifest) => {
    const pod = podManifest(manifest);
    // A template that nobody uses runs nothing.
    if (pod === undefined || manifest.value["kind"] === "PodTemplate") return [];
    const { name, namespace } = (manifest.value["metadata"] ?? {}) as { readonly [field: string]: string | undefined };
    const kind = String(manifest.value["kind"]);
    const creator = creatorOf(kind, pod);
    const workload = { manifest, pod, namespace: namespace ?? defaultNamespace, kind, name: name ?? "" };
    return [creator === undefined ? workload : { ...workload, creator }];
  });
}

function creatorOf(kind: string, pod: Manifest): UserInfo | undefined {
  const controller = controllers[kind];
  if (controller !== undefined)
    return {
      username: `system:serviceaccount:kube-system:${controller}`,
      groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
    };
  const { metadata, spec } = pod.value as {
    readonly metadata?: { readonly annotations?: { readonly [key: string]: string } };
    readonly spec?: { readonly nodeName?: string };
  };
  // What a kubelet runs from files of its node it shows to the API server.
  const isMirror = metadata?.annotations?.["kubernetes.io/config.mirror"] !== undefined;
  return isMirror
    ? { username: `system:node:${spec?.nodeName ?? ""}`, groups: ["system:nodes", "system:authenticated"] }
    : undefined;
}
