import { capabilityName } from "../security-context/capabilities.ts";
import type { ContainerSpec, PodSpec, Profile } from "../security-context/pod.ts";

/** What becomes of something in a runtime: it cannot be had, or is had otherwise. What works as ever is not told. */
export interface Effect {
  readonly kind: "fails" | "differs";
  readonly why: string;
}

/** Something that a pod uses, and that not every runtime gives as the machine's own kernel does. */
export interface Use {
  /** `hostNetwork`, `capability NET_ADMIN`, `hostPath /run/docker.sock`. */
  readonly what: string;
  /** From the pod: `spec.containers[0].securityContext.privileged`. */
  readonly path: string;
  readonly runsc?: Effect;
  readonly kata?: Effect;
}

const fails = (why: string): Effect => ({ kind: "fails", why });
const differs = (why: string): Effect => ({ kind: "differs", why });

interface Volume {
  readonly name: string;
  readonly hostPath?: { readonly path: string; readonly type?: string };
  readonly emptyDir?: { readonly medium?: string };
}

/**
 * What of a pod runs otherwise under gVisor or Kata. https://gvisor.dev/docs/user_guide/compatibility/,
 * https://github.com/kata-containers/kata-containers/blob/main/docs/Limitations.md, and for gVisor what containers here came to.
 */
export function podUses(spec: PodSpec): readonly Use[] {
  return [
    ...namespaceUses(spec),
    ...((spec["volumes"] ?? []) as readonly Volume[]).flatMap((volume, i) => volumeUses(volume, `spec.volumes[${i}]`)),
    ...podContextUses(spec),
    ...claimUses(spec),
  ];
}

function namespaceUses(spec: PodSpec): readonly Use[] {
  const own = (what: string) => fails(`its own kernel shows the pod's ${what} alone`);
  const uses: readonly (Use & { readonly is: boolean })[] = [
    {
      is: spec.hostNetwork === true,
      what: "hostNetwork",
      path: "spec.hostNetwork",
      runsc: fails("the pod's network is its own stack's, or the sandbox is none for the network"),
      kata: fails("a virtual machine has a network of its own"),
    },
    {
      is: spec.hostPID === true,
      what: "hostPID",
      path: "spec.hostPID",
      runsc: own("processes"),
      kata: own("processes"),
    },
    { is: spec.hostIPC === true, what: "hostIPC", path: "spec.hostIPC", runsc: own("memory"), kata: own("memory") },
    {
      is: spec.hostUsers === false,
      what: "hostUsers: false",
      path: "spec.hostUsers",
      runsc: differs("users are its own kernel's; files are opened with the node's numbers"),
      kata: differs("users are the guest's"),
    },
    {
      is: spec.shareProcessNamespace === true,
      what: "shareProcessNamespace",
      path: "spec.shareProcessNamespace",
      runsc: differs("each container sees its own processes"),
    },
  ];
  return uses.flatMap(({ is, ...use }) => (is ? [use] : []));
}

function podContextUses(spec: PodSpec): readonly Use[] {
  const sysctls = (spec.securityContext?.["sysctls"] ?? []) as readonly { readonly name: string }[];
  return sysctls.map(({ name }, i) => ({
    what: `sysctl ${name}`,
    path: `spec.securityContext.sysctls[${i}]`,
    runsc: differs("its own kernel does not heed it"),
  }));
}

function claimUses(spec: PodSpec): readonly Use[] {
  const claims = (spec["resourceClaims"] ?? []) as readonly { readonly name: string }[];
  return claims.map(({ name }, i) => ({
    what: `device claim ${name}`,
    path: `spec.resourceClaims[${i}]`,
    runsc: fails("devices of the node are not shown, but for some GPUs where it is told to"),
    kata: differs("the device must be one that can be given to a virtual machine"),
  }));
}

/** Where sockets of the node's daemons and the kernel's own files are wont to lie. */
const sockets = /\.sock$|^\/(var\/)?run\/(docker|containerd|crio|dbus)\b/;
const kernelFiles = /^\/(proc|sys)(\/|$)/;
const devices = /^\/dev(\/|$)/;

function volumeUses({ hostPath, emptyDir }: Volume, path: string): readonly Use[] {
  if (emptyDir?.medium?.startsWith("HugePages") === true)
    return [
      {
        what: "huge pages",
        path: `${path}.emptyDir.medium`,
        runsc: fails("its own kernel has none"),
        kata: differs("the virtual machine must be made with them"),
      },
    ];
  return hostPath === undefined ? [] : [hostPathUse(hostPath.path, hostPath.type ?? "", `${path}.hostPath`)];
}

function hostPathUse(place: string, type: string, path: string): Use {
  const what = `hostPath ${place}`;
  if (type === "Socket" || sockets.test(place)) {
    const why = fails("who listens there is on another kernel: a socket cannot be reached");
    return { what, path, runsc: why, kata: why };
  }
  if (type === "CharDevice" || type === "BlockDevice" || devices.test(place)) {
    const why = "devices of the node are not there";
    return { what, path, runsc: fails(why), kata: fails(why) };
  }
  if (kernelFiles.test(place)) {
    const why = differs("they tell of the node, but programs run on another kernel");
    return { what, path, runsc: why, kata: why };
  }
  return { what, path, runsc: differs("each file is opened by a process beside it: slower") };
}

/** What of one container runs otherwise. The path is the container's. */
export function containerUses(spec: PodSpec, container: ContainerSpec, path: string): readonly Use[] {
  return [
    ...contextUses(spec, container, path),
    ...capabilityUses(container, `${path}.securityContext.capabilities.add`),
    ...deviceUses(container, path),
  ];
}

function contextUses(spec: PodSpec, { securityContext = {} }: ContainerSpec, path: string): readonly Use[] {
  const inherited = (field: string) => securityContext[field] ?? spec.securityContext?.[field];
  const placeOf = (field: string) =>
    securityContext[field] === undefined ? `spec.securityContext.${field}` : `${path}.securityContext.${field}`;
  const profile = inherited("seccompProfile") as Profile | undefined;
  const armor = inherited("appArmorProfile") as Profile | undefined;
  return [
    ...(securityContext["privileged"] === true
      ? [
          {
            what: "privileged",
            path: `${path}.securityContext.privileged`,
            runsc: fails("it is so within its own kernel: none of the node's devices, mounts and modules"),
            kata: differs("it is so within the virtual machine: none of the node's devices, mounts and modules"),
          },
        ]
      : []),
    ...(profile === undefined || profile.type === "Unconfined"
      ? []
      : [
          {
            what: `seccomp ${profile.type}`,
            path: placeOf("seccompProfile"),
            runsc: differs("not for processes that exec starts; its own kernel takes few calls to the node's"),
          },
        ]),
    ...(armor === undefined || armor.type === "Unconfined"
      ? []
      : [
          {
            what: `AppArmor ${armor.type}`,
            path: placeOf("appArmorProfile"),
            runsc: differs("not within its own kernel"),
            kata: differs("not within the virtual machine"),
          },
        ]),
  ];
}

/** Capabilities that come to something else on another kernel; the rest act on the container's own things. */
const capabilities: { readonly [name: string]: Omit<Use, "what" | "path"> } = {
  NET_RAW: { runsc: fails("raw sockets are off, unless runsc runs with --net-raw") },
  NET_ADMIN: { runsc: differs("of links, routes and iptables its stack has a part; none of nftables") },
  SYS_ADMIN: {
    runsc: differs("a few file systems can be mounted; no bpf, no cgroups of the node"),
    kata: differs("of the virtual machine"),
  },
  SYS_MODULE: { runsc: fails("its own kernel has no modules"), kata: differs("the guest's kernel, not the node's") },
  SYS_RAWIO: { runsc: fails("no devices"), kata: differs("the guest's devices alone") },
  SYS_TIME: { runsc: fails("the clock is the node's"), kata: differs("the guest's clock alone") },
  SYS_BOOT: { runsc: fails("its own kernel does not boot"), kata: differs("ends the virtual machine") },
  BPF: {
    runsc: fails("its own kernel has no bpf"),
    kata: differs("of the guest's kernel: it sees nothing of the node"),
  },
  PERFMON: { runsc: fails("its own kernel has no perf"), kata: differs("of the guest's kernel") },
  SYSLOG: { runsc: differs("its own kernel's log"), kata: differs("the guest's log") },
  MKNOD: { runsc: differs("devices that are made cannot be opened") },
};

function capabilityUses({ securityContext }: ContainerSpec, path: string): readonly Use[] {
  const { add = [] } = (securityContext?.["capabilities"] ?? {}) as { readonly add?: readonly string[] };
  return add.flatMap((given, i): readonly Use[] => {
    const name = capabilityName(given);
    const place = `${path}[${i}]`;
    if (name === "ALL") {
      const why = "those that act on the node do not";
      return [{ what: "capability ALL", path: place, runsc: differs(why), kata: differs(why) }];
    }
    const effects = Object.hasOwn(capabilities, name) ? capabilities[name] : undefined;
    return effects === undefined ? [] : [{ what: `capability ${name}`, path: place, ...effects }];
  });
}

interface Mounts {
  readonly volumeDevices?: readonly { readonly devicePath: string }[];
  readonly volumeMounts?: readonly { readonly mountPropagation?: string }[];
  readonly resources?: { readonly limits?: { readonly [resource: string]: unknown } };
}

/** Resources with a domain are devices, but for Kubernetes' own. */
const deviceResource = /^(?!([a-z0-9.-]+\.)?kubernetes\.io\/)[^/]+\/[^/]+$/;

function deviceUses(container: ContainerSpec, path: string): readonly Use[] {
  const { volumeDevices = [], volumeMounts = [], resources } = container as unknown as Mounts;
  const limits = Object.keys(resources?.limits ?? {});
  const shared = volumeMounts.flatMap((mount, i) => (mount.mountPropagation === "Bidirectional" ? [i] : []));
  return [
    ...volumeDevices.map(({ devicePath }, i) => ({
      what: `block device ${devicePath}`,
      path: `${path}.volumeDevices[${i}]`,
      runsc: fails("devices of the node are not there"),
    })),
    ...shared.map((i) => ({
      what: "mountPropagation Bidirectional",
      path: `${path}.volumeMounts[${i}].mountPropagation`,
      runsc: fails("what is mounted there stays there"),
      kata: fails("what is mounted there stays there"),
    })),
    ...limits
      .filter((name) => deviceResource.test(name))
      .map((name) => ({
        what: `device ${name}`,
        path: `${path}.resources.limits["${name}"]`,
        runsc: fails("devices of the node are not shown, but for some GPUs where it is told to"),
        kata: differs("the device must be one that can be given to a virtual machine"),
      })),
    ...limits
      .filter((name) => name.startsWith("hugepages-"))
      .map((name) => ({
        what: name,
        path: `${path}.resources.limits["${name}"]`,
        runsc: fails("its own kernel has no huge pages"),
        kata: differs("the virtual machine must be made with them"),
      })),
  ];
}
