import type { Readable, Writable } from "node:stream";
import type { HandlerTraits } from "../bundle/machine.ts";
import type { OciProcess } from "./oci-spec.ts";

/**
 * Runs containers of bundles: what stands behind a RuntimeClass' handler. One for each of runc, crun, runsc and a guest kernel.
 * Every call rejects with a `RuntimeFault` within a bounded time, also when the program behind it hangs.
 */
export interface ContainerRuntime {
  /** The handler's name, as a RuntimeClass has it: `runc`. */
  readonly handler: string;
  /** As the program tells it: `1.1.5`. */
  readonly version: string;
  /** What pods of this handler cannot have here, or have otherwise: `seccomp of exec'd processes`. For people, on the Node and in reports. */
  readonly limits: readonly string[];
  /** What bundles for it must heed. */
  readonly traits: HandlerTraits;
  /** How long a container of `true` may take that is no sign of a runtime that hangs, where that is longer than usual. */
  readonly trialSeconds?: number;
  /** What must stand before the first container of a pod, where a pod's containers share one kernel; gone with `stopSandbox`. */
  readonly startSandbox?: (sandbox: SandboxRequest) => Promise<void>;
  readonly stopSandbox?: (id: string) => Promise<void>;
  /** Begins a container of a bundle; resolves once its process runs. */
  readonly run: (request: RunRequest) => Promise<RunningProcess>;
  /**
   * Begins another process in a running container. The whole process is given, with the container's own user, capabilities and
   * no_new_privs: crun and runsc would run it as root otherwise.
   */
  readonly exec: (id: string, process: OciProcess, io: ProcessIo) => Promise<RunningProcess>;
  /** To the container's first process, or with `all` to every one. A container that has ended is no fault. */
  readonly kill: (id: string, signal: string, options?: { readonly all?: boolean }) => Promise<void>;
  /** Forgets a container and what it left: processes, cgroups, state. One that is not there is no fault. */
  readonly delete: (id: string) => Promise<void>;
  /** Takes away what the program keeps on the machine for containers to come: the next one makes it anew. */
  readonly close?: () => Promise<void>;
  /** The containers that the program knows under this runtime's state folder, of an earlier life too. */
  readonly list: () => Promise<readonly string[]>;
}

export interface SandboxRequest {
  readonly id: string;
  readonly bundle: string;
  /** What the pod's containers may use together; absent where one of them has no limit. */
  readonly memoryBytes?: number;
  /** Nobody wants it any more: what takes long is given up, and leaves nothing. */
  readonly signal?: AbortSignal;
}

export interface RunRequest {
  /** Unique on the machine: letters, digits and dashes. */
  readonly id: string;
  /** A folder with config.json and, at its `root.path`, the file system. */
  readonly bundle: string;
  readonly io: ProcessIo;
}

export interface ProcessIo {
  /** Whether the process reads anything: else its standard input is empty. */
  readonly stdin: boolean;
  /** With a terminal, all that it writes comes by `stdout`. */
  readonly tty: boolean;
}

export interface RunningProcess {
  /** On the machine; undefined where the process runs on another kernel. */
  readonly pid: number | undefined;
  /** Present when it was asked for. Ending it closes the process' standard input. */
  readonly stdin?: Writable;
  readonly stdout: Readable;
  /** Absent with a terminal. */
  readonly stderr?: Readable;
  /** Of its terminal, in characters. */
  readonly resize?: (size: { readonly width: number; readonly height: number }) => void;
  /** Resolves when it has ended and all that it wrote can be read. */
  readonly exited: Promise<ProcessExit>;
  /** Sent to this process alone. */
  readonly signal: (name: string) => Promise<void>;
}

export interface ProcessExit {
  /** As a shell tells it: 128 and the signal's number when a signal ended it. */
  readonly code: number;
  readonly signal?: number;
  /** The kernel ended a process of this container for want of memory. */
  readonly isOutOfMemory?: boolean;
}

/** What a runtime, or what it needs of the machine, could not do. The message is one line, for an event of the pod. */
export class RuntimeFault extends Error {
  /** As kubelets name it in a container's state or an event: `CreateContainerError`, `RunContainerError`, `FailedCreatePodSandBox`. */
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.name = "RuntimeFault";
    this.reason = reason;
  }
}
