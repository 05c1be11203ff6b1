import type { OciMount } from "../runtime/oci-spec.ts";
import type { KubeletContainer, Pod } from "./pod.ts";

/** A pod's volumes and the files that every pod has, such as /etc/hosts. */
export interface PodFiles {
  /** What one attempt of a container gets. Rejects with a WaitingFault: `CreateContainerConfigError`. */
  readonly of: (container: KubeletContainer, attempt: number) => Promise<ContainerFiles>;
  readonly remove: () => Promise<void>;
}

export interface ContainerFiles {
  readonly mounts: readonly OciMount[];
  /** `NAME=value`, of the container alone. */
  readonly environment: readonly string[];
  /** On this machine: what the container says at its end. */
  readonly terminationLog: string;
}

/** Makes a pod's files in a folder. Rejects with a WaitingFault: `FailedMount`. */
export type FilesOf = (pod: () => Pod, folder: string, ip: string | undefined) => Promise<PodFiles>;
