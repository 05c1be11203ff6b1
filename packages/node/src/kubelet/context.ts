import type { RecordEvent } from "@sallyport/kube";
import type { ImageConfig } from "../image/image.ts";
import type { ContainerRuntime } from "../runtime/container-runtime.ts";
import type { OciProcess } from "../runtime/oci-spec.ts";
import type { KubeletContainer, Pod } from "./pod.ts";

/** Time, as a kubelet needs it. */
export interface KubeletClock {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Resolves early, without a fault, when the signal is given. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Writes an event of a pod, or of one of its containers, which is its field path: `spec.containers{web}`. */
export type Tell = RecordEvent;

/** A container whose image, volumes and bundle are there. */
export interface PreparedContainer {
  /** Unique on the machine. */
  readonly id: string;
  readonly bundle: string;
  readonly process: OciProcess;
  /** As statuses name them. */
  readonly image: string;
  readonly imageID: string;
  readonly config: ImageConfig;
  /** On this machine: what the container says at its end. */
  readonly terminationLog: string;
}

/** A reason and a message as a container's status tells them while it waits. */
export class WaitingFault extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.name = "WaitingFault";
    this.reason = reason;
  }
}

/** What the workers of a pod's containers share. */
export interface PodContext {
  readonly pod: () => Pod;
  readonly clock: KubeletClock;
  readonly tell: Tell;
  /** Called when a status has changed. */
  readonly changed: () => void;
  /** Of the pod's sandbox, which must be there. */
  readonly runtime: () => ContainerRuntime;
  /** The pod's address, or the node's; probes ask there. */
  readonly ip: () => string;
  /** Everything but the image, which must be there. Rejects with a WaitingFault: `CreateContainerConfigError`. */
  readonly prepare: (container: KubeletContainer, attempt: number) => Promise<PreparedContainer>;
  /** Fetches the image by the container's policy and tells events of it. Rejects with a WaitingFault: `ErrImagePull`. */
  readonly ensureImage: (container: KubeletContainer, signal: AbortSignal) => Promise<void>;
  /** Takes away what `prepare` made. */
  readonly discard: (prepared: PreparedContainer) => Promise<void>;
  /** Where the lines of an attempt are written. */
  readonly logFolder: (container: string) => string;
}
