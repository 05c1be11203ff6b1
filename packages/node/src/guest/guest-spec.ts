import { RuntimeFault } from "../runtime/container-runtime.ts";
import type { OciMount, OciSpec } from "../runtime/oci-spec.ts";

/** A container as the guest's own runtime is told it, and what of this machine it must find. */
export interface GuestSpec {
  readonly spec: OciSpec;
  /** Folders and files of this machine, with their names below the container's folder. */
  readonly shared: readonly { readonly source: string; readonly name: string; readonly isReadOnly: boolean }[];
}

/** Where a guest sees what is shared with it. */
export const sharedFolder = "/shared";
/** What the containers of a pod share as their /dev/shm, of the guest's memory. */
const guestShm = "/run/shm";

/** Namespaces that a pod's guest is by itself. */
const ofGuest = new Set(["network", "ipc", "uts"]);

/**
 * What a bundle comes to in a guest: its files lie in the shared folder, and the namespaces that a pod's containers share are the guest's
 * own. Throws a `RuntimeFault` where the pod asks for what is the node's alone.
 */
export function guestSpec(id: string, spec: OciSpec): GuestSpec {
  checkNamespaces(spec);
  const place = `${sharedFolder}/${id}`;
  const shared = [{ source: spec.root.path, name: "rootfs", isReadOnly: false }];
  const mounts = spec.mounts.map((mount): OciMount => {
    if (!isBind(mount)) return mount;
    if (mount.destination === "/dev/shm") return { ...mount, source: guestShm };
    if (mount.destination === "/sys") return { ...mount, source: "/sys" };
    if (mount.options.includes("rshared")) throw refused(`${mount.destination}: mounts do not propagate to the node`);
    const name = `mount-${shared.length}`;
    shared.push({ source: mount.source, name, isReadOnly: mount.options.includes("ro") });
    return { ...mount, source: `${place}/${name}` };
  });
  const { hostname: _named, annotations: _known, ...rest } = spec;
  const { sysctl: _set, ...linux } = spec.linux;
  const namespaces = spec.linux.namespaces.filter(({ type }) => !ofGuest.has(type) && type !== "cgroup");
  return {
    spec: {
      ...rest,
      root: { ...spec.root, path: `${place}/rootfs` },
      mounts,
      linux: { ...linux, namespaces: [...namespaces, { type: "cgroup" }] },
    },
    shared,
  };
}

function isBind({ type, options }: OciMount): boolean {
  return type === "bind" || options.includes("bind") || options.includes("rbind");
}

const hostFields = { network: "hostNetwork", ipc: "hostIPC", pid: "hostPID" } as const;

function checkNamespaces({ linux: { namespaces } }: OciSpec): void {
  for (const [type, field] of Object.entries(hostFields))
    if (!namespaces.some((each) => each.type === type))
      throw refused(`${field}: a guest has none of the node's namespaces`);
}

function refused(message: string): RuntimeFault {
  return new RuntimeFault("CreateContainerError", `kata: ${message}`);
}
