import type { KubeObject, ObjectMeta } from "@sallyport/kube";

/** Who is asked: of `httpGet`, `tcpSocket` and `grpc` a handler has one; `exec` and `sleep` are no business of a mesh. */
export interface Handler {
  readonly httpGet?: {
    readonly path?: string;
    readonly port: number | string;
    readonly host?: string;
    readonly scheme?: string;
    readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
  };
  readonly tcpSocket?: { readonly port: number | string; readonly host?: string };
  readonly grpc?: { readonly port: number; readonly service?: string };
  readonly [field: string]: unknown;
}

export interface Probe extends Handler {
  readonly timeoutSeconds?: number;
}

/** The fields of a container that injection reads or writes. */
export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly startupProbe?: Probe;
  readonly lifecycle?: { readonly preStop?: Handler; readonly postStart?: Handler; readonly stopSignal?: string };
  readonly securityContext?: { readonly runAsUser?: number; readonly [field: string]: unknown };
  readonly restartPolicy?: string;
  readonly [field: string]: unknown;
}

export interface Volume {
  readonly name: string;
  readonly [source: string]: unknown;
}

export interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly securityContext?: { readonly runAsUser?: number; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** A pod, or the template of one with its owner's kind left out. */
export interface Pod extends KubeObject {
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
}

/** What the sidecar and the init container of a mesh are called, whoever injects them. */
export const proxyContainer = "istio-proxy";
export const initContainer = "istio-init";

/** Those of the pod's owner: the sidecar is none, nor is who makes its rules. */
export function isOwners({ name }: Container): boolean {
  return name !== proxyContainer && name !== initContainer;
}
