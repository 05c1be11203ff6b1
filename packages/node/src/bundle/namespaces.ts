import type { OciIdMapping, OciLinux, OciNamespace } from "../runtime/oci-spec.ts";
import type { Said } from "./context.ts";

/** What a pod's containers share. A namespace that is absent here is new for each container, unless the pod asks for the host's. */
export interface BundleSandbox {
  readonly id: string;
  /** Files that hold the namespaces, such as `unshare --net=FILE` makes. */
  readonly namespaces: { readonly [name in "network" | "ipc" | "uts" | "pid" | "user"]?: string };
  /** The pod's name in its own UTS namespace; the node's where it has the host's network. */
  readonly hostname: string;
  /** A folder that is the pod's /dev/shm. */
  readonly shm?: string;
  /** Users and groups of a pod with hostUsers: false, both alike. */
  readonly mappings?: readonly OciIdMapping[];
  /** The container that began the kernel which the pod's containers run on, where that is not this machine's. */
  readonly kernel?: string;
}

/** The namespaces of a container: joined, new, or not there at all, which is the host's. */
export function containerNamespaces(
  said: Said,
  { namespaces }: BundleSandbox,
  { hasCgroup, hasUser }: { readonly hasCgroup: boolean; readonly hasUser: boolean },
): OciLinux["namespaces"] {
  const of = (type: Exclude<OciNamespace, "mount" | "cgroup">, isHost: boolean) => {
    const path = namespaces[type];
    return isHost ? [] : [path === undefined ? { type } : { type, path }];
  };
  const hasHostNetwork = said("hostNetwork") === true;
  return [
    ...of("pid", said("hostPID") === true),
    ...of("network", hasHostNetwork),
    ...of("ipc", said("hostIPC") === true),
    ...of("uts", hasHostNetwork),
    { type: "mount" },
    ...(hasCgroup ? [{ type: "cgroup" as const }] : []),
    ...of("user", !hasUser),
  ];
}
