/** What of an OCI bundle's config.json is written here. https://github.com/opencontainers/runtime-spec/blob/main/config.md */
export interface OciSpec {
  readonly ociVersion: string;
  readonly process: OciProcess;
  readonly root: { readonly path: string; readonly readonly: boolean };
  readonly hostname?: string;
  readonly mounts: readonly OciMount[];
  readonly annotations?: { readonly [name: string]: string };
  readonly linux: OciLinux;
}

export interface OciProcess {
  readonly terminal: boolean;
  readonly user: {
    readonly uid: number;
    readonly gid: number;
    readonly additionalGids: readonly number[];
    readonly umask?: number;
  };
  readonly args: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  readonly cwd: string;
  /** Capabilities as `CAP_CHOWN`. */
  readonly capabilities: {
    readonly [set in "bounding" | "effective" | "permitted" | "inheritable" | "ambient"]: readonly string[];
  };
  readonly noNewPrivileges: boolean;
  readonly oomScoreAdj?: number;
  readonly rlimits?: readonly { readonly type: string; readonly soft: number; readonly hard: number }[];
}

export interface OciMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

export interface OciIdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

export interface OciLinux {
  readonly namespaces: readonly { readonly type: OciNamespace; readonly path?: string }[];
  readonly uidMappings?: readonly OciIdMapping[];
  readonly gidMappings?: readonly OciIdMapping[];
  readonly sysctl?: { readonly [name: string]: string };
  /** Under each controller of cgroup v1, or under v2's one tree: `/sallyport/POD/CONTAINER`. */
  readonly cgroupsPath: string;
  readonly resources: object;
  readonly devices?: readonly object[];
  readonly seccomp?: object;
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
  readonly rootfsPropagation?: string;
}

export type OciNamespace = "pid" | "network" | "ipc" | "uts" | "mount" | "user" | "cgroup";
