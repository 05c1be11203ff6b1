import { quantityText } from "@sallyport/kube";
import type { Draft, Fields } from "./draft.ts";
import { cut } from "./flag-values.ts";
import { bytesOf } from "./go-values.ts";
import { type DockerMount, parseMount } from "./mounts.ts";
import { podName } from "./pod-name.ts";

/** How a volume is mounted. */
interface MountFields {
  readonly readOnly?: boolean | undefined;
  readonly subPath?: string | undefined;
  readonly mountPropagation?: string | undefined;
}

/** A volume of the pod, mounted in the container. */
export function addVolume(
  { spec, container }: Draft,
  mountPath: string,
  source: Fields,
  fields: MountFields = {},
): void {
  const volumes = (spec["volumes"] ??= []) as Fields[];
  const name = `volume-${volumes.length + 1}`;
  volumes.push({ name, ...source });
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== false);
  (container["volumeMounts"] ??= []).push({ name, mountPath, ...Object.fromEntries(given) });
}

/** Bytes as Kubernetes writes them: `512m` is 512 MiB to docker, and half a byte to Kubernetes. */
export function quantityOfBytes(bytes: number): string {
  return quantityText({ nanos: BigInt(bytes) * 1_000_000_000n, format: "BinarySI" });
}

/** `/in:rw,noexec,size=64m` */
export function carryTmpfs(draft: Draft, value: string): void {
  const [path, options = ""] = cut(value, ":");
  const words = options
    .split(",")
    .filter((option) => !["", "rw", "ro"].includes(option) && !option.startsWith("size="));
  const size = options.split(",").findLast((option) => option.startsWith("size="));
  const bytes = size === undefined ? undefined : tmpfsBytes(size.slice("size=".length));
  const lost = size !== undefined && bytes === undefined ? [size, ...words] : words;
  if (lost.length > 0) draft.notes.push(`--tmpfs ${value}: kubelet mounts a tmpfs without ${lost.join(", ")}`);
  addVolume(draft, path, inMemory(bytes), { readOnly: options.split(",").includes("ro") });
}

/** The kernel's sizes: a number and k, m or g; none for a share of the memory. */
function tmpfsBytes(text: string): number | undefined {
  const bytes = /^\d+[kmg]?$/i.test(text) ? bytesOf(text) : undefined;
  return typeof bytes === "number" && bytes > 0 ? bytes : undefined;
}

export function inMemory(bytes: number | undefined): Fields {
  return { emptyDir: { medium: "Memory", ...(bytes ? { sizeLimit: quantityOfBytes(bytes) } : {}) } };
}

/** `/host:/in:ro`, `name:/in`, `/in`. */
export function carryVolume(draft: Draft, value: string): void {
  const [first = "", second, mode = ""] = value.split(":");
  const options = mode.split(",").filter((option) => option !== "" && option !== "rw");
  const propagation = options.find((option) => option in propagations);
  const fields = { readOnly: options.includes("ro"), mountPropagation: propagations[propagation ?? ""] };
  const lost = options.filter((option) => option !== "ro" && option !== propagation);
  if (lost.length > 0) draft.notes.push(`--volume ${value}: ${lost.join(", ")}: a pod's mounts have nothing like it`);
  if (second === undefined) addVolume(draft, first, { emptyDir: {} });
  else if (first.startsWith("/")) addVolume(draft, second, { hostPath: { path: first } }, fields);
  else if (/^[.~$]/.test(first))
    draft.notes.push(
      `--volume ${value}: a pod names folders of its node by whole paths; make a ConfigMap of small files`,
    );
  else addClaim(draft, second, first, fields);
}

/** Docker's words by Kubernetes'; both leave a mount private unless they are asked. */
const propagations: { readonly [word: string]: string | undefined } = {
  private: undefined,
  rprivate: undefined,
  slave: "HostToContainer",
  rslave: "HostToContainer",
  shared: "Bidirectional",
  rshared: "Bidirectional",
};

function addClaim(draft: Draft, mountPath: string, volume: string, fields: MountFields): void {
  const claimName = podName(volume);
  draft.notes.push(`volume ${volume}: make a PersistentVolumeClaim ${claimName}`);
  addVolume(draft, mountPath, { persistentVolumeClaim: { claimName } }, fields);
}

export function carryMount(draft: Draft, value: string): void {
  const mount = parseMount(value) as DockerMount;
  const { type, source, target = "", readOnly, size, propagation = "", subpath, others } = mount;
  const fields = { readOnly, subPath: subpath, mountPropagation: propagations[propagation] };
  if (others.length > 0)
    draft.notes.push(`--mount ${value}: ${others.join(", ")}: a pod's mounts have nothing like it`);
  if (type === "tmpfs") addVolume(draft, target, inMemory(size), fields);
  else if (type === "image") addVolume(draft, target, { image: { reference: source } }, fields);
  else if (type === "bind" && !source?.startsWith("/"))
    draft.notes.push(
      `--mount ${value}: a pod names folders of its node by whole paths; make a ConfigMap of small files`,
    );
  else if (type === "bind") addVolume(draft, target, { hostPath: { path: source } }, fields);
  else if (source === undefined) addVolume(draft, target, { emptyDir: {} }, fields);
  else addClaim(draft, target, source, fields);
}
