import { parseAddress } from "./net.ts";
import { addressJson } from "./x509-alternative-names.ts";
import type { Certificate } from "./x509-certificate.ts";

/** Whether a certificate is for a host, a name or an address (also in brackets): RFC 6125 with Go's leniency. */
export function isValidFor({ known: { names } }: Certificate, host: string): boolean {
  const unwrapped = /^\[(.+)\]$/s.exec(host)?.[1] ?? host;
  const address = parseAddress(unwrapped);
  if (address !== undefined) return names.addresses.some((each) => sameAddress(addressJson(each), address));
  const name = lower(host);
  const isPlain = isHostname(name.replace(/\.$/, ""), false);
  return names.dnsNames.some((pattern) =>
    isPlain && isHostname(pattern, true) ? matches(lower(pattern), name) : isExactly(lower(pattern), name),
  );
}

/** An IPv4 address is the same as its IPv6 form. */
function sameAddress(text: string, address: { readonly bits: number; readonly value: bigint }): boolean {
  const mapped = 0xffff_0000_0000n;
  const wide = ({ bits, value }: { readonly bits: number; readonly value: bigint }): bigint =>
    bits === 32 ? mapped | value : value;
  const other = parseAddress(text);
  return other !== undefined && wide(other) === wide(address);
}

function lower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function isHostname(text: string, isPattern: boolean): boolean {
  if (text === "" || text === "*") return false;
  return text.split(".").every((label, i) => (isPattern && i === 0 && label === "*") || /^\w[\w-]*$/.test(label));
}

/** A star stands for the whole first label. */
function matches(pattern: string, name: string): boolean {
  const [patternLabels, labels] = [pattern.split("."), name.replace(/\.$/, "").split(".")];
  if (patternLabels.length !== labels.length) return false;
  return patternLabels.every((label, i) => (i === 0 && label === "*") || label === labels[i]);
}

function isExactly(a: string, b: string): boolean {
  return a !== "" && a !== "." && a === b;
}
