import { type FieldError, invalid } from "../../names.ts";
import { formatted } from "../checks.ts";
import { qualified } from "../formats.ts";

const amounts: readonly string[] = ["cpu", "memory", "ephemeral-storage"];
const counted: readonly string[] = [
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
];
const quotaNames: ReadonlySet<string> = new Set([
  ...amounts,
  ...amounts.flatMap((name) => [`requests.${name}`, `limits.${name}`]),
  "requests.storage",
  ...counted,
]);

/** Resources that come in whole pieces. */
export function isWhole(name: string): boolean {
  return counted.includes(name) || isExtended(name);
}

/** One of Kubernetes' own; all others are of what a node's plugins know. */
export function isNative(name: string): boolean {
  return !name.includes("/") || name.includes("kubernetes.io/");
}

/** Of a node's plugins: quotas may limit it under its own name, too. */
function isExtended(name: string): boolean {
  return !isNative(name) && !name.startsWith("requests.") && qualified(`requests.${name}`).length === 0;
}

export function isHugePages(name: string): boolean {
  return name.startsWith("hugepages-");
}

function isQuotaHugePages(name: string): boolean {
  return isHugePages(name) || name.startsWith("requests.hugepages-");
}

/** validateResourceName: a resource that there is, or one with a domain. */
export function anyResource(field: string, name: string): readonly FieldError[] {
  const faults = formatted(field, name, qualified);
  if (faults.length > 0 || name.includes("/") || quotaNames.has(name) || name === "storage" || isQuotaHugePages(name))
    return faults;
  return [invalid(field, name, "must be a standard resource type or fully qualified")];
}

/** ValidateResourceQuotaResourceName. */
export function quotaResource(field: string, name: string): readonly FieldError[] {
  const isKnown = name.includes("/") || isQuotaResource(name);
  return [
    ...anyResource(field, name),
    ...(isKnown ? [] : [invalid(field, name, "must be a standard resource for quota")]),
  ];
}

export function isQuotaResource(name: string): boolean {
  return quotaNames.has(name) || isQuotaHugePages(name);
}

/** ValidateContainerResourceName. */
export function containerResource(field: string, name: string): readonly FieldError[] {
  const faults = anyResource(field, name);
  if (!name.includes("/"))
    return amounts.includes(name) || isHugePages(name)
      ? faults
      : [...faults, invalid(field, name, "must be a standard resource for containers")];
  return isNative(name) || isExtended(name)
    ? faults
    : [...faults, invalid(field, name, "doesn't follow extended resource name standard")];
}
