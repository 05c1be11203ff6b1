import { goQuoted, type KubeObject, labelKey, nanosOf } from "@sallyport/kube";

/** What a pod is told of its node. */
export interface NodeFacts {
  readonly hostIPs: readonly string[];
  /** What containers without limits are told as theirs: `cpu` and `memory` as quantities. */
  readonly allocatable: { readonly [resource: string]: string };
}

/** core/v1 ObjectFieldSelector. */
export interface FieldRef {
  readonly apiVersion?: string;
  readonly fieldPath: string;
}

/** core/v1 ResourceFieldSelector. */
export interface ResourceFieldRef {
  readonly containerName?: string;
  readonly resource: string;
  readonly divisor?: string;
}

interface Resources {
  readonly limits?: { readonly [resource: string]: string };
  readonly requests?: { readonly [resource: string]: string };
}

export interface ResourceContainer {
  readonly name: string;
  readonly resources?: Resources;
}

interface DownwardSpec {
  readonly nodeName?: string;
  readonly serviceAccountName?: string;
  readonly containers?: readonly ResourceContainer[];
  readonly initContainers?: readonly ResourceContainer[];
  readonly resources?: Resources;
}

/** A field of a pod as a variable has it; those of its status too. Throws `Error` in kubelet's words. */
export function runtimeFieldValue(
  { apiVersion = "v1", fieldPath }: FieldRef,
  pod: KubeObject,
  { hostIPs }: NodeFacts,
  podIPs: readonly string[],
): string {
  if (apiVersion !== "v1") throw new Error(`unsupported pod version: ${apiVersion}`);
  const spec = pod["spec"] as DownwardSpec;
  switch (fieldPath) {
    case "spec.nodeName":
    case "spec.host":
      return spec.nodeName ?? "";
    case "spec.serviceAccountName":
      return spec.serviceAccountName ?? "";
    case "status.hostIP":
      return hostIPs[0] ?? "";
    case "status.hostIPs":
      return hostIPs.join(",");
    case "status.podIP":
      return podIPs[0] ?? "";
    case "status.podIPs":
      return podIPs.join(",");
    default:
      return fieldValue(fieldPath, pod);
  }
}

/** A field of a pod's metadata as a file of a volume has it. Throws `Error` in kubelet's words. pkg/fieldpath */
export function fieldValue(fieldPath: string, { metadata }: KubeObject): string {
  const [, path, subscript] = /^(.+?)\['(.*)'\]$/s.exec(fieldPath) ?? [];
  if (path !== undefined) return subscriptValue(fieldPath, path, subscript ?? "", metadata);
  switch (fieldPath) {
    case "metadata.annotations":
      return formatMap(metadata.annotations ?? {});
    case "metadata.labels":
      return formatMap(metadata.labels ?? {});
    case "metadata.name":
      return metadata.name ?? "";
    case "metadata.namespace":
      return metadata.namespace ?? "";
    case "metadata.uid":
      return metadata.uid ?? "";
    default:
      throw new Error(`unsupported fieldPath: ${fieldPath}`);
  }
}

function subscriptValue(fieldPath: string, path: string, key: string, metadata: KubeObject["metadata"]): string {
  if (path !== "metadata.annotations" && path !== "metadata.labels")
    throw new Error(`fieldPath ${goQuoted(fieldPath)} does not support subscript`);
  const isAnnotation = path === "metadata.annotations";
  const faults = labelKey(isAnnotation ? key.toLowerCase() : key);
  if (faults.length > 0) throw new Error(`invalid key subscript in ${fieldPath}: ${[faults].flat().join(";")}`);
  return (isAnnotation ? metadata.annotations : metadata.labels)?.[key] ?? "";
}

function formatMap(map: { readonly [key: string]: string }): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${goQuoted(map[key] as string)}`)
    .join("\n");
}

/**
 * An amount of a container's, in units of the divisor and rounded up; of limits that are not set, what the pod or the node has. Throws
 * `Error` in kubelet's words. pkg/api/v1/resource
 */
export function resourceValue(
  { containerName = "", resource, divisor }: ResourceFieldRef,
  pod: KubeObject,
  container: ResourceContainer | undefined,
  { allocatable }: NodeFacts,
): string {
  const spec = pod["spec"] as DownwardSpec;
  const { resources = {} } =
    containerName === "" && container !== undefined ? container : findContainer(spec, containerName);
  const [, kind, name = ""] = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/.exec(resource) ?? [];
  if (kind === undefined) throw new Error(`unsupported container resource : ${resource}`);
  const isHuge = name.startsWith("hugepages-");
  const fallback = kind === "limits" && !isHuge ? (spec.resources?.limits?.[name] ?? allocatable[name]) : undefined;
  const own = resources[kind as keyof Resources]?.[name];
  const value = nanosOf(own) === 0n ? nanosOf(fallback) : nanosOf(own);
  const unit = name === "cpu" ? 1_000_000n : 1_000_000_000n;
  const size = nanosOf(divisor) === 0n ? 1_000_000_000n : nanosOf(divisor);
  return String(ceil(ceil(value, unit), ceil(size, unit)));
}

function findContainer({ containers = [], initContainers = [] }: DownwardSpec, name: string): ResourceContainer {
  const found = [...containers, ...initContainers].find((container) => container.name === name);
  if (found === undefined) throw new Error(`container ${name} not found`);
  return found;
}

function ceil(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}
