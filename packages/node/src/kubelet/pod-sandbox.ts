import { createHash } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { containerSpec } from "../bundle/container-spec.ts";
import type { Machine } from "../bundle/machine.ts";
import type { BundleSandbox } from "../bundle/namespaces.ts";
import { memoryLimit } from "../bundle/resources.ts";
import { unenforced } from "../bundle/unenforced.ts";
import { userOf } from "../bundle/user.ts";
import { type Image, ImageFault, type ImageStore } from "../image/image.ts";
import { toolsImageName } from "../image/tools-image.ts";
import { resolveUser } from "../image/users.ts";
import { removeCgroup } from "../runtime/cgroup.ts";
import { type ContainerRuntime, RuntimeFault } from "../runtime/container-runtime.ts";
import type { OciIdMapping, OciMount } from "../runtime/oci-spec.ts";
import { makeNamespaces, removeMounts } from "../sandbox/namespaces.ts";
import type { PodNetwork } from "../sandbox/pod-network.ts";
import { shiftOwners } from "../sandbox/shift-owners.ts";
import type { SandboxPlaces } from "../stats/pod-usage.ts";
import { isSystemFault, ToolFault, tool } from "../tool.ts";
import { type FilesOfPod, filesOfPod, type PodFilesOptions } from "../volumes/files-of-pod.ts";
import { type PodContext, type PreparedContainer, type Tell, WaitingFault } from "./context.ts";
import type { KubeletContainer, Pod } from "./pod.ts";
import type { Sandbox } from "./pod-worker.ts";

export interface SandboxMaker {
  /** Of this node alone: pods lie below it by their UIDs. Absolute, no symlink, and open to the users of containers as a way through. */
  readonly folder: string;
  /** The node's own, where pods of its network are. */
  readonly hostname: string;
  readonly cgroup: string;
  readonly machine: Machine;
  readonly network: PodNetwork;
  readonly images: ImageStore;
  /** The runtime of a pod's RuntimeClass. Rejects with a WaitingFault when there is none. */
  readonly runtimeOf: (pod: Pod) => Promise<ContainerRuntime>;
  readonly ensureImage: (pod: Pod, container: KubeletContainer, signal: AbortSignal) => Promise<void>;
  readonly files: PodFilesOptions;
  readonly localhostProfiles: (path: string) => string | undefined;
  /** Rules for `nft -f` in a pod's own network, before its first container; undefined where it has none. */
  readonly rulesOf?: ((pod: Pod) => string | undefined) | undefined;
  readonly random: () => number;
  readonly tell: Tell;
}

/** Of who holds what is shared: nobody, with nothing. */
const pauseContext = {
  runAsUser: 65_535,
  runAsGroup: 65_535,
  capabilities: { drop: ["ALL"] },
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  seccompProfile: { type: "RuntimeDefault" },
};

/** As containerd's: a pod's /dev/shm. */
const shmBytes = 64 * 1024 * 1024;
/** Of a pod with users of its own: as many as a container may have, far from those of the machine. Each pod has others. */
const [idCount, firstId, idRanges] = [65_536, 131_072, 30_000];

/** Makes what a pod's containers share. Rejects with a WaitingFault, and leaves nothing then: at the signal too, where that takes long. */
export async function makePodSandbox(pod: () => Pod, maker: SandboxMaker, signal?: AbortSignal): Promise<Sandbox> {
  const runtime = await maker.runtimeOf(pod());
  if (pod().spec.hostUsers === false && runtime.traits.refusesUserNamespaces === true)
    throw new WaitingFault(
      "FailedCreatePodSandBox",
      `Failed to create pod sandbox: can't set \`spec.hostUsers: false\`, RuntimeClass handler "${runtime.handler}" does not support user namespaces`,
    );
  const uid = pod().metadata.uid ?? "";
  const folder = join(maker.folder, uid);
  const made = new MadeSandbox(pod, runtime, folder, maker);
  try {
    await removeMounts(folder);
    await mkdir(folder, { recursive: true, mode: 0o711 });
    await made.make(signal);
    return made;
  } catch (error) {
    await made.remove().catch(() => {});
    if (error instanceof WaitingFault) throw error;
    if (!(error instanceof ToolFault || error instanceof RuntimeFault || isSystemFault(error))) throw error;
    if (error instanceof RuntimeFault && error.reason === "FailedMount")
      throw new WaitingFault("FailedMount", error.message);
    throw new WaitingFault("FailedCreatePodSandBox", `Failed to create pod sandbox: ${error.message}`);
  }
}

class MadeSandbox implements Sandbox {
  readonly runtime: ContainerRuntime;
  podIP?: string;
  readonly #pod: () => Pod;
  readonly #folder: string;
  readonly #maker: SandboxMaker;
  #shared: BundleSandbox | undefined;
  #files: FilesOfPod | undefined;
  /** The container that holds what the others share, where files cannot: a kernel, or the processes' numbers. */
  #pause: string | undefined;
  #counter = 0;

  constructor(pod: () => Pod, runtime: ContainerRuntime, folder: string, maker: SandboxMaker) {
    this.#pod = pod;
    this.runtime = runtime;
    this.#folder = folder;
    this.#maker = maker;
  }

  async make(signal?: AbortSignal): Promise<void> {
    const { spec, metadata } = this.#pod();
    const { network, hostname } = this.#maker;
    const uid = metadata.uid ?? "";
    const hostNetwork = spec.hostNetwork === true;
    const own = spec.hostname ?? metadata.name ?? "";
    const mapping = spec.hostUsers === false ? mappingOf(this.#maker.random) : undefined;
    const spaces = await makeNamespaces(join(this.#folder, "ns"), {
      hostname: own,
      hostNetwork,
      hostIpc: spec.hostIPC === true,
      ...(mapping === undefined ? {} : { users: { first: mapping.hostID, size: mapping.size } }),
    });
    if (spaces.network !== undefined) {
      this.podIP = await network.join(uid, spaces.network);
      const rules = this.#maker.rulesOf?.(this.#pod());
      if (rules !== undefined) await tool("nsenter", [`--net=${spaces.network}`, "nft", "-f", "-"], { input: rules });
    }
    const shm = spec.hostIPC === true ? "/dev/shm" : join(this.#folder, "shm");
    if (spec.hostIPC !== true) await mountShm(shm);
    this.#shared = {
      id: uid,
      namespaces: spaces,
      hostname: hostNetwork ? hostname : own,
      shm,
      ...(mapping === undefined ? {} : { mappings: [mapping] }),
    };
    const firstId = this.#shared.mappings?.[0]?.hostID;
    const place = { folder: this.#folder, ip: this.podIP, ...(firstId === undefined ? {} : { firstId }) };
    this.#files = await filesOfPod(this.#pod, place, this.#maker.files);
    if (this.runtime.startSandbox !== undefined || spec.shareProcessNamespace === true) await this.#startPause(signal);
  }

  readonly places = (): SandboxPlaces => ({
    cgroup: `${this.#maker.cgroup}/${this.#pod().metadata.uid}`,
    ...(this.#files?.places() ?? { volumes: [], files: [] }),
  });

  readonly ensureImage: PodContext["ensureImage"] = (container, signal) =>
    this.#maker.ensureImage(this.#pod(), container, signal);

  readonly prepare = async (
    container: KubeletContainer,
    attempt: number,
    target?: number,
  ): Promise<PreparedContainer> => {
    const image = await this.#maker.images.find(container.image);
    if (image === undefined)
      throw new WaitingFault("CreateContainerError", `image ${JSON.stringify(container.image)} is no longer here`);
    const { name, uid = "" } = { name: container.name, uid: this.#pod().metadata.uid };
    const id = createHash("sha256")
      .update(`${uid}/${name}/${attempt}/${this.#counter++}`)
      .digest("hex");
    const bundle = join(this.#folder, "containers", id);
    try {
      return await this.#bundle(container, attempt, image, id, bundle, target);
    } catch (error) {
      await removeMounts(bundle);
      if (error instanceof RuntimeFault) throw new WaitingFault(error.reason, error.message);
      if (error instanceof ToolFault || isSystemFault(error))
        throw new WaitingFault("CreateContainerError", error.message);
      if (error instanceof ImageFault) throw new WaitingFault(error.reason, error.message);
      throw error;
    }
  };

  async #bundle(
    container: KubeletContainer,
    attempt: number,
    image: Image,
    id: string,
    bundle: string,
    target?: number,
  ): Promise<PreparedContainer> {
    const { machine, cgroup, localhostProfiles } = this.#maker;
    const [shared, files] = [this.#shared as BundleSandbox, this.#files as FilesOfPod];
    const pod = this.#pod();
    const bundlePod = { ...pod, metadata: pod.metadata as { name: string; namespace: string; uid: string } };
    for (const field of unenforced(bundlePod, container, machine))
      this.#maker.tell(pod, "Warning", "Unenforced", field, `spec.containers{${container.name}}`);
    const user = resolveUser(image.rootfs, userOf(bundlePod, container, image.config));
    const given = await files.of(container, attempt);
    const rootfs = await mountRoot(bundle, image.rootfs, shared.mappings?.[0]?.hostID);
    const spec = containerSpec({
      pod: bundlePod,
      container,
      imageConfig: image.config,
      user,
      environment: given.environment,
      mounts: [...machineMounts(image), ...given.mounts],
      rootfs,
      sandbox: target === undefined ? shared : withProcessesOf(shared, target),
      cgroupsPath: `${cgroup}/${shared.id}/${id}`,
      machine,
      traits: this.runtime.traits,
      localhostProfiles,
    });
    await writeFile(join(bundle, "config.json"), JSON.stringify(spec), { mode: 0o600 });
    const { process } = spec;
    const terminationLog = given.terminationLog;
    const imageID = image.repoDigest ?? image.id;
    return { id, bundle, process, image: container.image, imageID, config: image.config, terminationLog };
  }

  /** A container that does nothing, and may do nothing, of the built-in image. */
  async #startPause(signal: AbortSignal | undefined): Promise<void> {
    const container: KubeletContainer = {
      name: "pause",
      image: toolsImageName,
      command: ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 3600 & wait $!; done"],
      securityContext: pauseContext,
    };
    const image = await this.#maker.images.find(toolsImageName);
    if (image === undefined) throw new RuntimeFault("FailedCreatePodSandBox", `${toolsImageName} cannot be made here`);
    const id = createHash("sha256")
      .update(`${this.#shared?.id}/pause/${this.#counter++}`)
      .digest("hex");
    const bundle = join(this.#folder, "containers", id);
    this.#pause = id;
    await this.#bundle(container, 0, image, id, bundle);
    const shared = this.#shared as BundleSandbox;
    if (this.runtime.startSandbox !== undefined) {
      await this.runtime.startSandbox({
        id,
        bundle,
        ...memoryOf(this.#pod()),
        ...(signal === undefined ? {} : { signal }),
      });
      this.#shared = { ...shared, kernel: id };
      return;
    }
    const { pid, stdout, stderr } = await this.runtime.run({ id, bundle, io: { stdin: false, tty: false } });
    stdout.resume();
    stderr?.resume();
    this.#shared = { ...shared, namespaces: { ...shared.namespaces, pid: `/proc/${pid}/ns/pid` } };
  }

  async #stopPause(id: string): Promise<void> {
    if (this.runtime.stopSandbox === undefined) await this.runtime.delete(id);
    else await this.runtime.stopSandbox(id);
  }

  readonly discard = async ({ id, bundle }: PreparedContainer): Promise<void> => {
    await this.runtime.delete(id);
    await removeMounts(bundle);
  };

  readonly remove = async (): Promise<void> => {
    const uid = this.#pod().metadata.uid ?? "";
    if (this.#pause !== undefined) await this.#stopPause(this.#pause);
    await this.#files?.remove();
    if (this.podIP !== undefined) await this.#maker.network.leave(uid, this.podIP);
    await removeMounts(this.#folder);
    await removeCgroup(`${this.#maker.cgroup}/${uid}`);
    await rm(this.#folder, { recursive: true, force: true });
  };
}

/** Where every container that lasts has a limit; those that come first end before. */
function memoryOf({ spec }: Pod): { readonly memoryBytes?: number } {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  const limits = [...spec.containers, ...sidecars].map((each) => memoryLimit(spec, each));
  if (limits.some((each) => each === undefined)) return {};
  return { memoryBytes: limits.reduce<number>((sum, each) => sum + (each ?? 0), 0) };
}

function machineMounts({ machineFiles = [] }: Image): readonly OciMount[] {
  const options = ["rbind", "rprivate", "ro", "nosuid", "nodev"];
  return machineFiles.map((path) => ({ destination: path, type: "bind", source: path, options }));
}

/** The container sees another one's processes. On a kernel of its own that one's number here says nothing. */
function withProcessesOf(shared: BundleSandbox, pid: number): BundleSandbox {
  if (shared.kernel !== undefined) return shared;
  return { ...shared, namespaces: { ...shared.namespaces, pid: `/proc/${pid}/ns/pid` } };
}

async function mountShm(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const options = `mode=1777,size=${shmBytes},nosuid,nodev,noexec`;
  await tool("mount", ["-t", "tmpfs", "-o", options, "shm", folder]);
}

/** A layer of the container's own above the image. With users of its own the image is copied, since its files must be theirs. */
async function mountRoot(bundle: string, image: string, firstUser: number | undefined): Promise<string> {
  const [upper, work, root] = ["upper", "work", "rootfs"].map((name) => join(bundle, name)) as [string, string, string];
  for (const folder of [upper, work, root]) await mkdir(folder, { recursive: true, mode: 0o755 });
  if (firstUser === undefined) {
    const options = `lowerdir=${image},upperdir=${upper},workdir=${work}`;
    await tool("mount", ["-t", "overlay", "-o", options, "overlay", root]);
    return root;
  }
  await tool("cp", ["-a", "--reflink=auto", `${image}/.`, root], { seconds: 300 });
  await shiftOwners(root, firstUser);
  return root;
}

function mappingOf(random: () => number): OciIdMapping {
  const hostID = firstId + Math.floor(random() * idRanges) * idCount;
  return { containerID: 0, hostID, size: idCount };
}
