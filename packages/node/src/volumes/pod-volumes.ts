import { chmodSync, lchownSync, lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join, posix } from "node:path";
import { type KubeObject, nanosOf } from "@sallyport/kube";
import { expandedText } from "../docker/references.ts";
import { ImageFault } from "../image/image.ts";
import type { NodeFacts } from "../kubelet/downward-api.ts";
import { RuntimeFault } from "../runtime/container-runtime.ts";
import type { OciMount } from "../runtime/oci-spec.ts";
import type { VolumePlace } from "../stats/pod-usage.ts";
import { writeAtomically } from "./atomic-writer.ts";
import { hostPathOf } from "./host-path.ts";
import type { MountTable } from "./mount-table.ts";
import { giveToGroup, isOfGroup } from "./ownership.ts";
import { payloadOf } from "./payload.ts";
import { persistentPath, persistentVolumeOf } from "./persistent-volume.ts";
import { cachedReader, type PersistentVolume, type PodReader } from "./pod-reader.ts";
import { mountSubPath, readWithin } from "./sub-path.ts";
import { PodTokens } from "./tokens.ts";
import {
  type ImageSource,
  type Volume,
  type VolumeContainer,
  type VolumeMount,
  volumeContainersOf,
  volumeSpecOf,
} from "./volume.ts";

export interface PodVolumesOptions {
  /** Of this pod alone. Absolute, and no symlink. */
  readonly folder: string;
  readonly reader: PodReader;
  readonly node: NodeFacts;
  readonly mounts: MountTable;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The number on the machine of the pod's root, where it has users of its own. */
  readonly firstId?: number;
  /** The root of an image, which is only read. Rejects with an `ImageFault`. Pods have no volumes of images without it. */
  readonly imageRootfs?: (source: ImageSource) => Promise<string>;
}

/** As core/v1 FileKeySelector has it. */
const environmentFileBytes = 64 * 1024;

/** The volumes of one pod, in `volumes/NAME` and `subpaths/` of its folder. The words are kubelet's. */
export class PodVolumes {
  readonly #pod: () => KubeObject;
  readonly #options: PodVolumesOptions;
  readonly #tokens: PodTokens;
  /** Where each volume's content lies, by its name. */
  readonly #places = new Map<string, string>();

  constructor(pod: () => KubeObject, options: PodVolumesOptions) {
    this.#pod = pod;
    this.#options = options;
    this.#tokens = new PodTokens(options.reader, options.now);
  }

  /** Sets all volumes up; those that are keep what they hold. Rejects with a `RuntimeFault` of reason FailedMount. */
  async setUp(): Promise<void> {
    const reader = cachedReader(this.#options.reader);
    for (const volume of this.#volumes()) if (!this.#isOfImage(volume)) await this.#setUpTold(volume, reader);
  }

  /**
   * Writes what has changed since: values, fields of the pod, tokens that end soon. Answers a fault of reason FailedMount for each volume
   * that could not be: it stays as it was.
   */
  async refresh(): Promise<readonly RuntimeFault[]> {
    const reader = cachedReader(this.#options.reader);
    const faults: RuntimeFault[] = [];
    for (const volume of this.#volumes().filter(isProjection))
      await this.#setUpTold(volume, reader).catch((fault) => faults.push(fault as RuntimeFault));
    return faults;
  }

  /** The mounts of a container. Rejects with a `RuntimeFault` of reason CreateContainerConfigError, or of an image's fault. */
  async mountsOf(
    { name, volumeMounts = [] }: VolumeContainer,
    environment: readonly string[],
  ): Promise<readonly OciMount[]> {
    const mounts: OciMount[] = [];
    for (const [i, mount] of volumeMounts.entries()) {
      try {
        mounts.push(await this.#mountOf(name, mount, i, environment));
      } catch (error) {
        const reason = error instanceof ImageFault ? error.reason : "CreateContainerConfigError";
        throw new RuntimeFault(reason, (error as Error).message);
      }
    }
    return mounts;
  }

  /** The text of a file of a volume, which containers may have written. Rejects with an `Error`. */
  async readFile(volume: string, path: string): Promise<string> {
    const place = this.#places.get(volume);
    if (place === undefined) throw new Error(`cannot find the volume "${volume}" referenced by FileKeyRef`);
    try {
      return readWithin(place, path, environmentFileBytes);
    } catch {
      // What is told could tell of the machine's files.
      throw new Error("couldn't parse env file");
    }
  }

  /** Those whose content is the pod's own, and where it lies. */
  places(): readonly VolumePlace[] {
    return this.#volumes()
      .filter(({ name }) => this.#places.get(name) === this.#folderOf(name))
      .filter(({ image }) => image === undefined)
      .map(({ name, emptyDir, configMap }) => ({
        name,
        folder: this.#folderOf(name),
        isInMemory: emptyDir === undefined ? configMap === undefined : emptyDir.medium === "Memory",
      }));
  }

  /** Takes all away, also what an earlier process set up. Rejects, and removes no file, while something stays mounted. */
  async remove(): Promise<void> {
    await removeVolumes(this.#options.folder, this.#options.mounts);
  }

  #volumes(): readonly Volume[] {
    return volumeSpecOf(this.#pod()).volumes ?? [];
  }

  async #setUpTold(volume: Volume, reader: PodReader): Promise<void> {
    try {
      this.#places.set(volume.name, await this.#setUp(volume, reader));
    } catch (error) {
      const { message } = error as Error;
      throw new RuntimeFault("FailedMount", `MountVolume.SetUp failed for volume "${volume.name}" : ${message}`);
    }
  }

  async #setUp(volume: Volume, reader: PodReader): Promise<string> {
    const { emptyDir, hostPath, configMap } = volume;
    if (hostPath !== undefined) return hostPathOf(hostPath);
    const claimed = await persistentVolumeOf(volume, this.#pod(), reader);
    if (claimed !== undefined) return this.#claimed(volume, claimed);
    const place = this.#folderOf(volume.name);
    if (emptyDir !== undefined) {
      const isMemory = emptyDir.medium === "Memory";
      if (!isMemory && ![undefined, ""].includes(emptyDir.medium))
        throw new Error(`unknown storage medium "${emptyDir.medium}"`);
      const size = emptyDir.sizeLimit === undefined ? 0n : nanosOf(emptyDir.sizeLimit) / 1_000_000_000n;
      if (await this.#makeFolder(place, isMemory, size)) this.#own(place, false);
      return place;
    }
    const { node } = this.#options;
    const world = { reader, node, token: (request: Parameters<PodTokens["get"]>[0]) => this.#tokens.get(request) };
    const payload = await payloadOf(volume, this.#pod(), world);
    if (payload === undefined) throw new Error("no volume plugin matched");
    // Kubelets keep the values of a ConfigMap on the disk, all others in memory.
    await this.#makeFolder(place, configMap === undefined, 0n);
    this.#makeNested(volume.name, place);
    writeAtomically(place, payload, () => this.#own(place, true));
    return place;
  }

  /** Of kubelet's plugins of folders, that of `local` gives them to the pod's group, and that of `hostPath` does not. */
  #claimed({ name, persistentVolumeClaim }: Volume, claimed: PersistentVolume): string {
    const place = persistentPath(claimed);
    const { fsGroup, fsGroupChangePolicy } = volumeSpecOf(this.#pod()).securityContext ?? {};
    const isFirst = !this.#places.has(name);
    if (
      !isFirst ||
      claimed.spec.local === undefined ||
      fsGroup === undefined ||
      persistentVolumeClaim?.readOnly === true
    )
      return place;
    const group = fsGroup + (this.#options.firstId ?? 0);
    if (fsGroupChangePolicy !== "OnRootMismatch" || !isOfGroup(place, group)) giveToGroup(place, group, false);
    return place;
  }

  /** False when it was there. */
  async #makeFolder(place: string, isMemory: boolean, sizeBytes: bigint): Promise<boolean> {
    const { mounts } = this.#options;
    const isThere = lstatSync(place, { throwIfNoEntry: false }) !== undefined;
    if (isThere && (!isMemory || mounts.below(place).includes(place))) return false;
    mkdirSync(place, { recursive: true });
    chmodSync(place, 0o777);
    if (isMemory) await mounts.tmpfs(place, sizeBytes > 0n ? sizeBytes : undefined);
    return true;
  }

  #own(place: string, isReadOnly: boolean): void {
    const { firstId } = this.#options;
    const group = volumeSpecOf(this.#pod()).securityContext?.fsGroup;
    if (firstId !== undefined) shiftOwners(place, firstId);
    if (group !== undefined) giveToGroup(place, group + (firstId ?? 0), isReadOnly);
  }

  /** Folders where other volumes are mounted within this one, which containers cannot make as it is read-only. */
  #makeNested(volume: string, place: string): void {
    for (const { volumeMounts = [] } of volumeContainersOf(volumeSpecOf(this.#pod())))
      for (const outer of volumeMounts.filter(
        ({ name, subPath, subPathExpr }) => name === volume && !subPath && !subPathExpr,
      ))
        for (const { mountPath } of volumeMounts) {
          const inner = posix.relative(posix.normalize(outer.mountPath), posix.normalize(mountPath));
          if (inner !== "" && !inner.startsWith("..")) mkdirSync(join(place, inner), { recursive: true });
        }
  }

  async #mountOf(
    container: string,
    mount: VolumeMount,
    index: number,
    environment: readonly string[],
  ): Promise<OciMount> {
    const place = this.#places.get(mount.name) ?? (await this.#imagePlace(mount.name));
    if (place === undefined)
      throw new Error(`cannot find volume "${mount.name}" to mount into container "${container}"`);
    const subPath = subPathOf(mount, environment);
    const source = subPath === "" ? place : await this.#subPath(container, mount.name, place, subPath, index);
    const destination = mount.mountPath.startsWith("/") ? mount.mountPath : `/${mount.mountPath}`;
    return { destination, type: "bind", source, options: optionsOf(mount, this.#isReadOnly(mount.name)) };
  }

  #isOfImage({ image }: Volume): boolean {
    return image !== undefined && this.#options.imageRootfs !== undefined;
  }

  /** An image's root, bound when a container first asks for it, and the same for all the pod's life; undefined where the volume is no image's. */
  async #imagePlace(name: string): Promise<string | undefined> {
    const { mounts, imageRootfs } = this.#options;
    const image = this.#volumes().find((volume) => volume.name === name)?.image;
    if (image === undefined || imageRootfs === undefined) return undefined;
    const place = this.#folderOf(name);
    if (!mounts.below(place).includes(place)) {
      const rootfs = await imageRootfs(image);
      mkdirSync(place, { recursive: true });
      await mounts.bind(rootfs, place);
    }
    this.#places.set(name, place);
    return place;
  }

  #isReadOnly(name: string): boolean {
    const volume = this.#volumes().find((each) => each.name === name);
    if (volume === undefined) return false;
    return isProjection(volume) || volume.image !== undefined || volume.persistentVolumeClaim?.readOnly === true;
  }

  async #subPath(container: string, volume: string, place: string, subPath: string, index: number): Promise<string> {
    const { folder, mounts } = this.#options;
    const target = join(folder, "subpaths", volume, container, String(index));
    // Of the container's life before: what the path leads to may be another by now.
    for (const mounted of mounts.below(target)) await mounts.unmount(mounted);
    try {
      // Nothing is made in an image: others have it too.
      const make = !this.#volumes().some((each) => each.name === volume && each.image !== undefined);
      await mountSubPath(place, subPath, target, { mounts, make });
    } catch {
      // What is told could tell of the machine's files.
      throw new Error(`failed to prepare subPath for volumeMount "${volume}" of container "${container}"`);
    }
    return target;
  }

  #folderOf(volume: string): string {
    return join(this.#options.folder, "volumes", volume);
  }
}

/**
 * Takes away the volumes in a pod's folder, of a process that is no more too. Rejects, and removes no file, while something stays
 * mounted there: what is mounted may be anybody's.
 */
export async function removeVolumes(folder: string, mounts: MountTable): Promise<void> {
  const own = ["subpaths", "volumes"].map((name) => join(folder, name));
  for (const place of own) for (const mounted of mounts.below(place)) await mounts.unmount(mounted);
  const [left] = own.flatMap((place) => mounts.below(place));
  if (left !== undefined) throw new RuntimeFault("FailedKillPod", `${left} is still mounted`);
  for (const place of own) rmSync(place, { recursive: true, force: true });
}

/** Of values that are read from the API server, and followed. */
function isProjection({ configMap, secret, downwardAPI, projected }: Volume): boolean {
  return [configMap, secret, downwardAPI, projected].some((source) => source !== undefined);
}

/** Throws `Error` in kubelet's words. */
function subPathOf({ subPath = "", subPathExpr = "" }: VolumeMount, environment: readonly string[]): string {
  const path = subPathExpr === "" ? subPath : expandedSubPath(subPathExpr, environment);
  if (path.startsWith("/")) throw new Error(`error SubPath \`${path}\` must not be an absolute path`);
  if (path.split("/").includes("..")) throw new Error(`unable to provision SubPath \`${path}\`: must not contain '..'`);
  return path;
}

function expandedSubPath(expression: string, environment: readonly string[]): string {
  const values = new Map(environment.map((variable) => [...splitOnce(variable)] as [string, string]));
  const missing = new Set([...expression.matchAll(/\$\$|\$\(([^)]*)\)/g)].flatMap(([, name]) => name ?? []));
  for (const name of missing) if (values.get(name)) missing.delete(name);
  if (missing.size > 0) throw new Error(`missing value for ${[...missing].sort().join(", ")}`);
  return expandedText(expression, values).text;
}

function splitOnce(variable: string): readonly [string, string] {
  const end = variable.indexOf("=");
  return [variable.slice(0, end), variable.slice(end + 1)];
}

/** core/v1 MountPropagationMode, as containerd has it. */
const propagations: { readonly [mode: string]: string } = { HostToContainer: "rslave", Bidirectional: "rshared" };

function optionsOf(
  { readOnly = false, recursiveReadOnly, mountPropagation = "" }: VolumeMount,
  isReadOnly: boolean,
): readonly string[] {
  const access = !readOnly && !isReadOnly ? "rw" : recursiveReadOnly === "Enabled" ? "rro" : "ro";
  return ["rbind", propagations[mountPropagation] ?? "rprivate", access];
}

/** To a range of numbers that begins at `first`; those that are in it stay. */
function shiftOwners(place: string, first: number): void {
  const found = lstatSync(place);
  if (found.isDirectory()) for (const name of readdirSync(place)) shiftOwners(join(place, name), first);
  if (found.uid >= first) return;
  lchownSync(place, first + found.uid, first + found.gid);
  if (!found.isSymbolicLink()) chmodSync(place, found.mode & 0o7777);
}
