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
  return counted.includes(name) || (name.includes("/") && !/(^|\.)kubernetes\.io\//.test(name));
}

function isHugePages(name: string): boolean {
  return name.startsWith("hugepages-") || name.startsWith("requests.hugepages-");
}

/** validateResourceName: a resource that there is, or one with a domain. */
export function anyResource(field: string, name: string): readonly FieldError[] {
  const faults = formatted(field, name, qualified);
  if (faults.length > 0 || name.includes("/") || quotaNames.has(name) || name === "storage" || isHugePages(name))
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
  return quotaNames.has(name) || isHugePages(name);
}

/** ValidateContainerResourceName. */
export function containerResource(field: string, name: string): readonly FieldError[] {
  const faults = anyResource(field, name);
  if (!name.includes("/"))
    return amounts.includes(name) || name.startsWith("hugepages-")
      ? faults
      : [...faults, invalid(field, name, "must be a standard resource for containers")];
  const isNative = /(^|\.)kubernetes\.io\//.test(name);
  const isExtended = !name.startsWith("requests.") && qualified(`requests.${name}`).length === 0;
  return isNative || isExtended
    ? faults
    : [...faults, invalid(field, name, "doesn't follow extended resource name standard")];
}
