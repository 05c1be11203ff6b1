import { parseCidr, parseIp } from "@sallyport/kube";
import { isPathTemplate, pathTemplateFault } from "../string-match.ts";
import { faultIf } from "./findings.ts";

/** Of one list, by its field's name as Istio's messages write it. */
export function valueFaults(field: string, values: readonly string[]): readonly string[] {
  const kind = field.replace(/^Not/, "");
  if (kind === "ServiceAccounts") return accountFaults(field, values);
  const empty = faultIf(values.includes(""), `empty value not allowed, found in ${field}`);
  if (empty.length > 0) return empty;
  if (kind === "IpBlocks" || kind === "RemoteIpBlocks") return values.flatMap(addressFaults);
  if (kind === "Ports") return values.flatMap(portFaults);
  if (kind === "TrustDomains") return values.flatMap((value) => domainFaults(field, value));
  if (kind === "Paths") return values.flatMap((value) => pathFaults(field, value));
  return [];
}

function accountFaults(field: string, values: readonly string[]): readonly string[] {
  // An arbitrary limit of Istio's, so that configurations stay bounded.
  if (values.length > 16) return ["may not have more than 16 values"];
  const format = "expected format 'serviceAccount' or 'namespace/serviceAccount', found";
  return values.flatMap((value) => {
    const [namespace, account, ...more] = value.split("/");
    if (value === "") return [`empty value not allowed, found in ${field}`];
    if (value.includes("*")) return [`wildcard not allowed, found in ${field}`];
    if (more.length > 0) return [`${format} "${value}" in ${field}`];
    if (value.length > 320) return [`value cannot exceed 320 characters, found "${value}" in ${field}`];
    if (account === undefined) return [];
    if (namespace === "") return [`${format} empty namespace "${value}" in ${field}`];
    return faultIf(account === "", `${format} empty serviceAccount "${value}" in ${field}`);
  });
}

function addressFaults(value: string): readonly string[] {
  if (value.includes("/")) return faultIf(parseCidr(value) === undefined, `bad CIDR range (${value})`);
  return faultIf(parseIp(value) === undefined, `bad IP address (${value})`);
}

function portFaults(value: string): readonly string[] {
  return faultIf(!/^\d+$/.test(value) || Number(value) > 65535, `bad port (${value})`);
}

function domainFaults(field: string, value: string): readonly string[] {
  const stars = value.split("*").length - 1;
  const isAtEnd = value.startsWith("*") || value.endsWith("*");
  if (stars > 1) return [`at most one wildcard is allowed, found in ${field}: "${value}"`];
  if (stars === 1 && !isAtEnd) return [`wildcard is only allowed at the start or end, found in ${field}: "${value}"`];
  return faultIf(value.includes("/"), `trust domain must not contain '/', found in ${field}: "${value}"`);
}

function pathFaults(field: string, value: string): readonly string[] {
  const fault = isPathTemplate(value) || /[{}]/.test(value) ? pathTemplateFault(value) : undefined;
  return fault === undefined ? [] : [fault.replace(/: /, `, found in ${field}. `)];
}
