import type { ImageConfig } from "../image/image.ts";
import type { OciMount, OciSpec } from "../runtime/oci-spec.ts";
import { maskedPaths, readonlyPaths } from "../security-context/kernel.ts";
import type { ContainerSpec } from "../security-context/pod.ts";
import { processArgs } from "./args.ts";
import { processCapabilities } from "./capabilities.ts";
import { type BundlePod, contextOf } from "./context.ts";
import { processEnv } from "./env.ts";
import type { HandlerTraits, Machine } from "./machine.ts";
import { containerMounts } from "./mounts.ts";
import { type BundleSandbox, containerNamespaces } from "./namespaces.ts";
import { oomScore } from "./oom-score.ts";
import { containerResources } from "./resources.ts";
import { containerSeccomp, type LocalhostProfiles } from "./seccomp.ts";
import { podSysctls } from "./sysctls.ts";
import { checkNonRoot, processUser, type ResolvedUser } from "./user.ts";

export interface ContainerRequest {
  readonly pod: BundlePod;
  readonly container: ContainerSpec;
  readonly imageConfig: ImageConfig;
  /** As the image has the user that `userOf` names. */
  readonly user: ResolvedUser;
  /** `NAME=value`, of the container alone. */
  readonly environment: readonly string[];
  /** Volumes and files of the pod. */
  readonly mounts: readonly OciMount[];
  /** A folder; absolute, and no symlink. */
  readonly rootfs: string;
  readonly sandbox: BundleSandbox;
  /** `/sallyport/POD/CONTAINER` */
  readonly cgroupsPath: string;
  readonly machine: Machine;
  readonly traits: HandlerTraits;
  readonly localhostProfiles: LocalhostProfiles;
  readonly seccompDefault?: boolean;
  /** Processes that the container may have at once. */
  readonly pidsLimit?: number;
}

/**
 * A container's config.json: what its pod, its image and the machine say, as kubelet and containerd put them together. Throws a
 * `RuntimeFault` where the pod asks for what it cannot have.
 */
export function containerSpec(request: ContainerRequest): OciSpec {
  const { pod, container, imageConfig, sandbox, machine, traits } = request;
  checkNonRoot(pod, container, imageConfig);
  const said = contextOf(pod.spec, container);
  const isPrivileged = said("privileged") === true;
  // A kernel of its own numbers its users itself, and sees none of the machine's devices.
  const mappings = traits.hasOwnKernel ? undefined : sandbox.mappings;
  const hasUserNamespace = mappings !== undefined;
  const isMasked = !isPrivileged && said("procMount") !== "Unmasked";
  const namespaces = containerNamespaces(said, sandbox, {
    hasCgroup: machine.cgroups === "v2" && !isPrivileged,
    hasUser: hasUserNamespace,
  });
  const owns = (type: string) =>
    namespaces.some((each) => each.type === type && (each.path === undefined || sandbox.namespaces.user !== undefined));
  const ownsNetwork = !hasUserNamespace || owns("network");
  const process = processOf(request);
  const seccomp = containerSeccomp(said, {
    machine,
    capabilities: process.capabilities.bounding,
    localhost: request.localhostProfiles,
    isDefault: request.seccompDefault === true,
  });
  return {
    ociVersion: "1.0.2",
    process,
    root: { path: request.rootfs, readonly: said("readOnlyRootFilesystem") === true },
    ...(namesHost(namespaces, traits) ? { hostname: sandbox.hostname } : {}),
    mounts: containerMounts(request.mounts, {
      isPrivileged,
      hasUserNamespace,
      ownsNetwork,
      ownsIpc: owns("ipc"),
      ...(sandbox.shm === undefined ? {} : { shm: sandbox.shm }),
    }),
    annotations: annotationsOf(request),
    linux: {
      namespaces,
      ...(mappings === undefined ? {} : { uidMappings: mappings, gidMappings: mappings }),
      sysctl: podSysctls(pod.spec, machine.kernel),
      cgroupsPath: request.cgroupsPath,
      resources: containerResources(pod.spec, container, { isPrivileged, pids: pidsOf(request) }),
      ...(isPrivileged && !traits.hasOwnKernel ? { devices: machine.devices } : {}),
      ...(seccomp === undefined ? {} : { seccomp }),
      maskedPaths: [
        ...(isMasked ? maskedPaths : []),
        ...(ownsNetwork || said("hostNetwork") === true ? [] : linkPaths),
      ],
      readonlyPaths: isMasked ? readonlyPaths : [],
      ...rootPropagation(request.mounts),
    },
  };
}

/** A namespace that is joined has its name already, which a pod with users of its own may not set; a kernel of its own knows none. */
function namesHost(namespaces: OciSpec["linux"]["namespaces"], { hasOwnKernel }: HandlerTraits): boolean {
  return namespaces.some(({ type, path }) => type === "uts" && (path === undefined || hasOwnKernel));
}

/** What is mounted within a volume passes on only if the container's root lets it, in the widest way that a volume asks for. */
function rootPropagation(mounts: readonly OciMount[]): { readonly rootfsPropagation?: string } {
  const widest = ["rshared", "rslave"].find((each) => mounts.some(({ options }) => options.includes(each)));
  return widest === undefined ? {} : { rootfsPropagation: widest };
}

/** Of the node's links, which a sysfs that is not the pod's own shows. */
const linkPaths = ["/sys/class/net", "/sys/devices/virtual/net"];

function processOf({ pod, container, imageConfig, user, environment, sandbox, machine, traits }: ContainerRequest) {
  const said = contextOf(pod.spec, container);
  const tty = container["tty"] === true;
  const score = oomScore(pod, container, machine.memoryBytes);
  return {
    terminal: tty,
    user: processUser(said, user),
    args: processArgs(container, imageConfig, environment),
    env: processEnv(imageConfig.Env ?? [], environment, { hostname: sandbox.hostname, tty }),
    cwd: (container["workingDir"] as string | undefined) || imageConfig.WorkingDir || "/",
    capabilities: processCapabilities(said, {
      uid: user.uid,
      available: machine.capabilities.filter((each) => !traits.unknownCapabilities.includes(each)),
    }),
    noNewPrivileges: said("allowPrivilegeEscalation") === false,
    oomScoreAdj: Math.max(score, machine.oomScoreFloor),
  };
}

function pidsOf({ pidsLimit, traits }: ContainerRequest): number | undefined {
  return pidsLimit === undefined || pidsLimit < traits.pidsFloor ? undefined : pidsLimit;
}

/** How gVisor knows, by containerd's words, which containers run on one kernel. */
function annotationsOf({ traits, sandbox, container }: ContainerRequest): { readonly [name: string]: string } {
  if (!traits.hasOwnKernel || sandbox.kernel === undefined) return {};
  return {
    "io.kubernetes.cri.container-type": "container",
    "io.kubernetes.cri.sandbox-id": sandbox.kernel,
    "io.kubernetes.cri.container-name": container.name,
  };
}
