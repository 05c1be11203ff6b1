import { duplicate, type FieldError, invalid, notSupported, required } from "../../names.ts";
import { formatted } from "../checks.ts";
import { ipAddress, parseIp } from "../ip.ts";
import type { Fields } from "../rules.ts";

/** A service of names alone, without an address of its own. */
export function isHeadless({ clusterIPs }: Fields): boolean {
  return clusterIPs?.length === 1 && clusterIPs[0] === "None";
}

const familyNames: readonly string[] = ["IPv4", "IPv6"];
const policies: readonly string[] = ["PreferDualStack", "RequireDualStack", "SingleStack"];

/** ValidateServiceClusterIPsRelatedFields: addresses and their families. */
export function validateFamilies(spec: Fields): readonly FieldError[] {
  const { ipFamilies = [], ipFamilyPolicy } = spec;
  const ips = (spec["clusterIPs"] ?? []) as string[];
  const malformed = ips.flatMap((ip, i) => {
    if (i > 0 || ip !== "None") return formatted(`spec.clusterIPs[${i}]`, ip, ipAddress);
    return ips.length > 1 ? [invalid("spec.clusterIPs", ips, "'None' must be the first and only value")] : [];
  });
  return [
    ...validateFirst(spec["clusterIP"] ?? "", ips),
    ...(ipFamilies as string[]).flatMap((family, i) => [
      ...(familyNames.includes(family) ? [] : [notSupported(`spec.ipFamilies[${i}]`, family, familyNames)]),
      ...(ipFamilies.indexOf(family) < i ? [duplicate(`spec.ipFamilies[${i}]`, family)] : []),
    ]),
    ...(ipFamilyPolicy === undefined || policies.includes(ipFamilyPolicy)
      ? []
      : [notSupported("spec.ipFamilyPolicy", ipFamilyPolicy, policies)]),
    ...malformed,
    ...(ips.length > 2 ? [invalid("spec.clusterIPs", ips, "may only hold up to 2 values")] : []),
    ...(malformed.length > 0 ? [] : validateStacks(spec, ips)),
  ];
}

function validateFirst(ip: string, ips: readonly string[]): readonly FieldError[] {
  const field = "spec.clusterIPs";
  if (ip === "")
    return ips.length === 0 ? [] : [invalid(field, ips, "must be empty when `clusterIP` is not specified")];
  if (ips.length === 0) return [required(field)];
  return ips[0] === ip ? [] : [invalid(field, ips, "first value must match `clusterIP`")];
}

/** One address of each family, in the order of the families. */
function validateStacks(spec: Fields, ips: readonly string[]): readonly FieldError[] {
  if (isHeadless(spec)) return [];
  const isV6 = ips.map((ip) => parseIp(ip)?.length === 16);
  const isDual = isV6.includes(true) && isV6.includes(false);
  return [
    ...(ips.length > 1 && !isDual
      ? [invalid("spec.clusterIPs", ips, "may specify no more than one IP for each IP family")]
      : []),
    ...((spec["ipFamilies"] ?? []) as string[]).flatMap((family, i) => {
      const ip = ips[i];
      const isOther = ip !== undefined && familyNames.includes(family) && (family === "IPv6") !== isV6[i];
      const why = `expected an ${family} value as indicated by \`ipFamilies[${i}]\``;
      return isOther ? [invalid(`spec.clusterIPs[${i}]`, ip, why)] : [];
    }),
  ];
}

/** What an update may do with addresses and families: add a second one, take it away. */
export function familyChanges(now: Fields, old: Fields): readonly FieldError[] {
  if (now["type"] === "ExternalName" || old["type"] === "ExternalName") return [];
  if (isHeadless(now) && isHeadless(old)) return [];
  return [
    ...changes(now, old, "clusterIPs", "clusterIP"),
    ...(isHeadless(now) || isHeadless(old) ? [] : changes(now, old, "ipFamilies", "ipFamily")),
  ];
}

function changes(now: Fields, old: Fields, field: "clusterIPs" | "ipFamilies", one: string): readonly FieldError[] {
  const [next, before] = [now, old].map((each) => (each[field] ?? []) as string[]) as [string[], string[]];
  const path = `spec.${field}`;
  const shown = field === "clusterIPs" ? next : (now["clusterIPs"] ?? null);
  if (next.length === before.length)
    return before.flatMap((each, i) =>
      each === next[i]
        ? []
        : [invalid(`${path}[${field === "clusterIPs" ? i : 0}]`, now[field] ?? null, "may not change once set")],
    );
  const isMoved = next.length > 0 && before.length > 0 && next[0] !== before[0];
  const moved = isMoved ? [invalid(`${path}[0]`, shown, "may not change once set")] : [];
  if (next.length > before.length) return moved;
  const policy = now["ipFamilyPolicy"] as string | undefined;
  return [
    ...((now["clusterIPs"] ?? []).length === 0
      ? [invalid(`${path}[0]`, now[field] ?? null, `primary ${one} can not be unset`)]
      : []),
    ...moved,
    ...(next.length === 1 && policy !== "SingleStack"
      ? [invalid("spec.ipFamilyPolicy", policy, `must be set to 'SingleStack' when releasing the secondary ${one}`)]
      : []),
  ];
}
