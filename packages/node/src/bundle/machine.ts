/** What of the machine decides what a bundle may say. */
export interface Machine {
  readonly memoryBytes: number;
  /** As `6.18.44`: which sysctls are safe, and what seccomp's profile allows. */
  readonly kernel: string;
  /** Node's name of the processor: `x64`, `arm64`. */
  readonly architecture: string;
  /** The capabilities that a process here can have at all, as `CHOWN`. */
  readonly capabilities: readonly string[];
  /** Scores below cannot be given to a process here. */
  readonly oomScoreFloor: number;
  readonly cgroups: "v1" | "v2" | "hybrid";
  /** All of /dev: what a privileged container gets. */
  readonly devices: readonly MachineDevice[];
  readonly hasAppArmor: boolean;
  readonly hasSeLinux: boolean;
}

export interface MachineDevice {
  readonly path: string;
  readonly type: "b" | "c";
  readonly major: number;
  readonly minor: number;
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What the program behind a handler makes of a bundle. */
export interface HandlerTraits {
  /** Fewer processes than these would keep it from working. */
  readonly pidsFloor: number;
  /** Containers of a pod share its own kernel, and join it by annotations. */
  readonly hasOwnKernel: boolean;
  /** Pods with users of their own are refused: their files would be nobody's there. */
  readonly refusesUserNamespaces?: boolean;
  /** Capabilities that it does not know, as `BPF`: it would refuse them. */
  readonly unknownCapabilities: readonly string[];
}
