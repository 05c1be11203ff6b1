import type { Format } from "./formats.ts";

/** `10.0.0.1` or `2001:db8::1` as bytes; undefined for what is no address. An IPv4 address in IPv6 form is an IPv6 address here. */
export function parseIp(text: string): readonly number[] | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): readonly number[] | undefined {
  const parts = text.split(".");
  const isRight = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  return isRight ? parts.map(Number) : undefined;
}

function parseIpv6(text: string): readonly number[] | undefined {
  const last = text.slice(text.lastIndexOf(":") + 1);
  const tail = last.includes(".") ? parseIpv4(last) : [];
  if (tail === undefined) return undefined;
  const head = tail.length === 0 ? text : text.slice(0, text.lastIndexOf(":") + 1) + "0:0";
  const halves = head.split("::");
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const count = groups.reduce((sum, each) => sum + each.length, 0);
  if (halves.length === 2 ? count > 7 : count !== 8) return undefined;
  if (!groups.flat().every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const [before = [], after = []] = groups;
  const filled = [...before, ...Array.from({ length: 8 - count }, () => "0"), ...after];
  const bytes = filled.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
  return tail.length === 0 ? bytes : [...bytes.slice(0, 12), ...tail];
}

export interface Cidr {
  readonly bytes: readonly number[];
  readonly bits: number;
}

/** `10.0.0.0/8`; undefined for what is none. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^(.*)\/(0|[1-9]\d{0,2})$/.exec(text);
  const bytes = match === null ? undefined : parseIp(match[1] as string);
  const bits = Number(match?.[2]);
  return bytes === undefined || bits > bytes.length * 8 ? undefined : { bytes, bits };
}

/** Whether all of `inner` lies in `outer`, and is less than it. */
export function isStrictSubset(inner: Cidr, outer: Cidr): boolean {
  if (inner.bytes.length !== outer.bytes.length || inner.bits <= outer.bits) return false;
  return prefixOf(inner.bytes, outer.bits) === prefixOf(outer.bytes, outer.bits);
}

function prefixOf(bytes: readonly number[], bits: number): string {
  return bytes
    .map((byte) => byte.toString(2).padStart(8, "0"))
    .join("")
    .slice(0, bits);
}

/** IsValidIPForLegacyField: an address in any form that all programs read alike. */
export const ipAddress: Format = (value) => {
  const bytes = parseIp(value);
  if (bytes === undefined)
    return [
      hasLeadingZeros(value, parseIp)
        ? "must not have leading 0s"
        : "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
    ];
  return isMapped(bytes) ? ["must not be an IPv4-mapped IPv6 address"] : [];
};

/** IsValidIP: the one form of an address. */
export const canonicalIpAddress: Format = (value) => {
  const faults = ipAddress(value);
  const bytes = parseIp(value);
  if (faults.length > 0 || bytes?.length !== 16 || ipText(bytes) === value) return faults;
  return [`must be in canonical form (${JSON.stringify(ipText(bytes))})`];
};

/** IsValidCIDRForLegacyField. */
export const cidr: Format = (value) => {
  const parsed = parseCidr(value);
  if (parsed === undefined)
    return [
      hasLeadingZeros(value, parseCidr)
        ? "must not have leading 0s in IP or prefix length"
        : "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)",
    ];
  if (isMapped(parsed.bytes)) return ["must not have an IPv4-mapped IPv6 address"];
  const rest = parsed.bytes
    .map((byte) => byte.toString(2).padStart(8, "0"))
    .join("")
    .slice(parsed.bits);
  return rest.includes("1") ? [`must not have bits set beyond the prefix length`] : [];
};

/** IsValidCIDR: the one form of a range. */
export const canonicalCidr: Format = (value) => {
  const faults = cidr(value);
  const parsed = parseCidr(value);
  if (faults.length > 0 || parsed?.bytes.length !== 16) return faults;
  const right = `${ipText(parsed.bytes)}/${parsed.bits}`;
  return right === value ? [] : [`must be in canonical form (${JSON.stringify(right)})`];
};

/** IsValidInterfaceAddress: an address of an interface, with the length of its network's prefix. */
export const interfaceAddress: Format = (value) => {
  const parsed = parseCidr(value.replaceAll(/(?<=^|[./])0+(?=\d)/g, ""));
  if (parsed === undefined) return ["must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)"];
  const { bytes, bits } = parsed;
  const right = isMapped(bytes)
    ? `${bytes.slice(12).join(".")}/${bits > 32 ? bits - 96 : bits}`
    : `${bytes.length === 4 ? bytes.join(".") : ipText(bytes)}/${bits}`;
  return right === value ? [] : [`must be in canonical form (${JSON.stringify(right)})`];
};

/** What is right but for zeros before its numbers, which some programs take for octal ones. */
function hasLeadingZeros(value: string, parse: (text: string) => unknown): boolean {
  const without = value.replaceAll(/(?<=^|[./])0+(?=\d)/g, "");
  return without !== value && !value.includes(":") && parse(without) !== undefined;
}

/** A network, or an address in one: fields of old take both. */
export const anyCidr: Format = (value) =>
  parseCidr(value) === undefined ? ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"] : [];

/** GetWarningsForIP: an address that is written in another way than it should be. `field` tells where. */
export function ipWarnings(field: string, value: string): readonly string[] {
  const bytes = parseIp(value);
  if (bytes === undefined || bytes.length === 4) return [];
  const shown = ipText(bytes);
  if (isMapped(bytes))
    return [`${field}: non-standard IP address ${JSON.stringify(value)} is invalid: use ${JSON.stringify(shown)}`];
  return shown === value
    ? []
    : [
        `${field}: IPv6 address ${JSON.stringify(value)} should be in RFC 5952 canonical format (${JSON.stringify(shown)})`,
      ];
}

/** GetWarningsForCIDR. */
export function cidrWarnings(field: string, value: string): readonly string[] {
  const parsed = parseCidr(value);
  if (parsed === undefined) return [];
  const network = `${ipText(networkOf(parsed))}/${parsed.bits}`;
  const address = ipText(parsed.bytes);
  const quoted = JSON.stringify(value);
  const warnings: string[] = [];
  if (network !== `${address}/${parsed.bits}`)
    warnings.push(
      `${field}: CIDR value ${quoted} is ambiguous in this context (should be ${JSON.stringify(network)} or ${JSON.stringify(`${address}/${parsed.bytes.length * 8}`)}?)`,
    );
  if (isMapped(parsed.bytes))
    warnings.push(`${field}: non-standard CIDR value ${quoted} is invalid: use ${JSON.stringify(network)}`);
  if (warnings.length === 0 && parsed.bytes.length === 16 && network !== value)
    warnings.push(
      `${field}: IPv6 CIDR value ${quoted} should be in RFC 5952 canonical format (${JSON.stringify(network)})`,
    );
  return warnings;
}

function networkOf({ bytes, bits }: Cidr): readonly number[] {
  return bytes.map((byte, i) => byte & (0xff << Math.max(0, Math.min(8, (i + 1) * 8 - bits))) & 0xff);
}

/** An IPv4 address in IPv6 form. */
function isMapped(bytes: readonly number[]): boolean {
  return (
    bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
  );
}

/** An address as RFC 5952 writes it. */
function ipText(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join(".");
  if (isMapped(bytes)) return bytes.slice(12).join(".");
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number));
  const text = groups.map((group) => group.toString(16)).join(":");
  const runs = [...text.matchAll(/(?:^|(?<=:))0(?::0)+(?=:|$)/g)];
  const [longest] = runs.toSorted((a, b) => b[0].length - a[0].length || a.index - b.index);
  if (longest === undefined) return text;
  const before = text.slice(0, longest.index).replace(/:$/, "");
  return `${before}::${text.slice(longest.index + longest[0].length).replace(/^:/, "")}`;
}
