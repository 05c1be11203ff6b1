import type { KubeObject } from "@sallyport/kube";
import type { ContainerSpec, PodSpec } from "../security-context/pod.ts";

/** A pod that was assigned to this node. */
export interface Pod extends KubeObject {
  readonly spec: KubeletPodSpec;
  readonly status?: PodStatus;
}

/** What a kubelet reads of core/v1 PodSpec. */
export interface KubeletPodSpec extends PodSpec {
  readonly containers: readonly KubeletContainer[];
  readonly initContainers?: readonly KubeletContainer[];
  readonly ephemeralContainers?: readonly KubeletContainer[];
  readonly restartPolicy?: RestartPolicy;
  readonly nodeName?: string;
  readonly hostname?: string;
  readonly subdomain?: string;
  readonly runtimeClassName?: string;
  readonly serviceAccountName?: string;
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly terminationGracePeriodSeconds?: number;
  readonly activeDeadlineSeconds?: number;
  readonly dnsPolicy?: string;
  readonly readinessGates?: readonly { readonly conditionType: string }[];
}

export type RestartPolicy = "Always" | "OnFailure" | "Never";

/** What a kubelet reads of core/v1 Container. */
export interface KubeletContainer extends ContainerSpec {
  readonly image: string;
  readonly imagePullPolicy?: string;
  /** Of init containers: `Always` makes a sidecar of one. Of others it goes before the pod's. */
  readonly restartPolicy?: RestartPolicy;
  /** Of ephemeral containers: whose processes they see. */
  readonly targetContainerName?: string;
  readonly stdin?: boolean;
  readonly stdinOnce?: boolean;
  readonly tty?: boolean;
  readonly terminationMessagePath?: string;
  readonly terminationMessagePolicy?: "File" | "FallbackToLogsOnError";
  readonly lifecycle?: { readonly postStart?: Handler; readonly preStop?: Handler; readonly stopSignal?: string };
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
}

/** core/v1 LifecycleHandler, and what probes ask. */
export interface Handler {
  readonly exec?: { readonly command?: readonly string[] };
  readonly httpGet?: {
    readonly path?: string;
    readonly port: number | string;
    readonly host?: string;
    readonly scheme?: string;
    readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
  };
  readonly tcpSocket?: { readonly port: number | string; readonly host?: string };
  readonly grpc?: { readonly port: number; readonly service?: string };
  readonly sleep?: { readonly seconds: number };
}

export interface Probe extends Handler {
  readonly initialDelaySeconds?: number;
  readonly timeoutSeconds?: number;
  readonly periodSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
  readonly terminationGracePeriodSeconds?: number;
}

/** core/v1 PodStatus, as a kubelet writes it. */
export interface PodStatus {
  readonly phase?: Phase;
  readonly conditions?: readonly PodCondition[];
  readonly message?: string;
  readonly reason?: string;
  readonly hostIP?: string;
  readonly hostIPs?: readonly { readonly ip: string }[];
  readonly podIP?: string;
  readonly podIPs?: readonly { readonly ip: string }[];
  readonly startTime?: string;
  readonly observedGeneration?: number;
  readonly initContainerStatuses?: readonly ContainerStatus[];
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly ephemeralContainerStatuses?: readonly ContainerStatus[];
  readonly qosClass?: string;
  readonly [field: string]: unknown;
}

export type Phase = "Pending" | "Running" | "Succeeded" | "Failed";

export interface PodCondition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason?: string;
  readonly message?: string;
  readonly lastProbeTime?: string | null;
  readonly lastTransitionTime?: string | null;
  readonly observedGeneration?: number;
}

export interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  readonly imageID: string;
  readonly containerID?: string;
  readonly ready: boolean;
  readonly started: boolean;
  readonly restartCount: number;
  readonly state: ContainerState;
  readonly lastState: ContainerState;
  readonly [field: string]: unknown;
}

/** One of the three. */
export interface ContainerState {
  readonly waiting?: { readonly reason: string; readonly message?: string };
  readonly running?: { readonly startedAt: string };
  readonly terminated?: Terminated;
}

export interface Terminated {
  readonly exitCode: number;
  readonly signal?: number;
  readonly reason: string;
  readonly message?: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly containerID?: string;
}

/** Native sidecars: init containers that go on beside the others. */
export function isSidecar(container: KubeletContainer): boolean {
  return container.restartPolicy === "Always";
}
