import { type FieldError, invalid, invalidStatus, validateServiceFamilies } from "@sallyport/kube";
import { isEqual } from "./equality.ts";

type Fields = { readonly [field: string]: unknown };

type Family = "IPv4" | "IPv6";

const other: { readonly [family in Family]: Family } = { IPv4: "IPv6", IPv6: "IPv4" };

function listOf(spec: Fields, field: "clusterIPs" | "ipFamilies"): readonly string[] {
  return (spec[field] ?? []) as readonly string[];
}

function isSame(spec: Fields, old: Fields, ...fields: readonly string[]): boolean {
  return fields.every((field) => isEqual(spec[field], old[field]));
}

/** What a service had and its update does not tell: patchAllocatedValues and normalizeClusterIPs. */
export function withKeptAddresses(spec: Fields, old: Fields): Fields {
  const ips = listOf(spec, "clusterIPs");
  if (old["type"] === undefined)
    return spec["clusterIP"] && ips.length === 0 ? { ...spec, clusterIPs: [spec["clusterIP"]] } : spec;
  const needsAddress = spec["type"] !== "ExternalName" && old["type"] !== "ExternalName";
  const kept: Fields = needsAddress
    ? {
        ...spec,
        clusterIP: spec["clusterIP"] || old["clusterIP"],
        clusterIPs: ips.length === 0 ? old["clusterIPs"] : ips,
      }
    : spec;
  // Who names one address alone means the list, too.
  if (kept["clusterIP"] === old["clusterIP"])
    return listOf(kept, "clusterIPs").length === 0 && old["clusterIPs"] !== undefined
      ? { ...kept, clusterIPs: old["clusterIPs"] }
      : kept;
  if (!isSame(kept, old, "clusterIPs")) return kept;
  const { clusterIPs: _, ...others } = kept;
  return kept["clusterIP"] ? { ...others, clusterIPs: [kept["clusterIP"]] } : others;
}

/** What belongs to the type that a service no longer has: dropTypeDependentFields. */
export function withoutForeignFields(spec: Fields, old: Fields): Fields {
  const dropped: { [field: string]: unknown } = { ...spec };
  const [isName, wasName] = [spec, old].map(({ type }) => type === "ExternalName");
  const drop = (...fields: readonly string[]) => {
    if (isSame(spec, old, ...fields)) for (const field of fields) delete dropped[field];
  };
  if (isName && !wasName) {
    drop("clusterIP", "clusterIPs");
    drop("ipFamilies");
    drop("ipFamilyPolicy");
  }
  if (needsHealthPort(old) && !needsHealthPort(spec)) drop("healthCheckNodePort");
  if (old["type"] === "LoadBalancer" && spec["type"] !== "LoadBalancer") {
    drop("allocateLoadBalancerNodePorts");
    drop("loadBalancerClass");
  }
  if (isReachable(old) && !isReachable(spec)) drop("externalTrafficPolicy");
  return dropped;
}

function needsHealthPort({ type, externalTrafficPolicy }: Fields): boolean {
  return type === "LoadBalancer" && externalTrafficPolicy === "Local";
}

function isReachable({ type, externalIPs }: Fields): boolean {
  const addresses = (externalIPs ?? []) as readonly unknown[];
  return type === "NodePort" || type === "LoadBalancer" || (type === "ClusterIP" && addresses.length > 0);
}

/** A service with the families of its addresses, out of those that the cluster has: initIPFamilyFields. Throws `Invalid`. */
export function withFamilies(spec: Fields, old: Fields, served: readonly Family[], name: string): Fields {
  const isHeadless = spec["clusterIP"] === "None";
  const isOpen = isHeadless && Object.keys((spec["selector"] ?? {}) as object).length === 0;
  const policy = spec["ipFamilyPolicy"] ?? old["ipFamilyPolicy"] ?? (isOpen ? "RequireDualStack" : "SingleStack");
  const settled: Fields = { ...spec, ipFamilyPolicy: policy };
  refuse(validateServiceFamilies(settled), name);
  const released = policy === "SingleStack" && old["type"] !== undefined ? withoutSecond(settled, old) : settled;
  const { families, errors } = familiesOf(released, served);
  refuse([...changeFaults(released, old), ...stackFaults(released), ...errors], name);
  const named = families.length === 0 ? served.slice(0, 1) : families;
  if (!isOpen) refuse(unservedFaults(named, policy, served), name);
  const [first = "IPv4", second] = named;
  const isDual = policy !== "SingleStack" && second === undefined && (isOpen || served.length > 1);
  return { ...released, ipFamilies: isDual ? [first, other[first]] : named };
}

function refuse(errors: readonly FieldError[], name: string): void {
  if (errors.length > 0) throw invalidStatus({ group: "", kind: "Service" }, name, errors);
}

function withoutSecond(spec: Fields, old: Fields): Fields {
  const cut = (["clusterIPs", "ipFamilies"] as const).filter((field) => isSame(spec, old, field));
  return { ...spec, ...Object.fromEntries(cut.map((field) => [field, listOf(spec, field).slice(0, 1)])) };
}

/** The families that are named, and those of further addresses. */
function familiesOf(
  spec: Fields,
  served: readonly Family[],
): { readonly families: readonly Family[]; readonly errors: readonly FieldError[] } {
  const families = [...listOf(spec, "ipFamilies")] as Family[];
  const errors: FieldError[] = [];
  for (const [i, ip] of listOf(spec, "clusterIPs").entries()) {
    if (ip === "None" || i < families.length) continue;
    const family: Family = ip.includes(":") ? "IPv6" : "IPv4";
    if (served.includes(family)) families.push(family);
    else
      errors.push(invalid(`spec.clusterIPs[${i}]`, spec["clusterIPs"], `${family} is not configured on this cluster`));
  }
  return { families, errors };
}

const policyField = "spec.ipFamilyPolicy";

function changeFaults(spec: Fields, old: Fields): readonly FieldError[] {
  const { ipFamilyPolicy: policy } = spec;
  if (old["type"] === undefined || policy === "SingleStack") return [];
  const isReduced = (field: "clusterIPs" | "ipFamilies") =>
    listOf(spec, field).length === 1 && listOf(old, field).length === 2;
  const fault = (what: string) =>
    invalid(policyField, policy, `must be 'SingleStack' to release the secondary ${what}`);
  return [
    ...(isReduced("clusterIPs") ? [fault("cluster IP")] : []),
    ...(isReduced("ipFamilies") ? [fault("IP family")] : []),
  ];
}

function stackFaults(spec: Fields): readonly FieldError[] {
  const { ipFamilyPolicy: policy } = spec;
  if (policy !== "SingleStack") return [];
  const fault = (what: string) =>
    invalid(policyField, policy, `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`);
  return [
    ...(listOf(spec, "clusterIPs").length === 2 ? [fault("cluster IPs")] : []),
    ...(listOf(spec, "ipFamilies").length === 2 ? [fault("IP families")] : []),
  ];
}

function unservedFaults(
  families: readonly Family[],
  policy: unknown,
  served: readonly Family[],
): readonly FieldError[] {
  return [
    ...(policy === "RequireDualStack" && served.length < 2
      ? [invalid(policyField, policy, "this cluster is not configured for dual-stack services")]
      : []),
    ...families.flatMap((family, i) =>
      served.includes(family) ? [] : [invalid(`spec.ipFamilies[${i}]`, family, "not configured on this cluster")],
    ),
  ];
}
