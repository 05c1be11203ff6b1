import type { FunctionDeclaration, Library } from "../../check/environment.ts";
import { BOOL, INT, opaqueType, STRING, type Type } from "../../check/type.ts";
import { goQuoted } from "../../value/go-quoted.ts";
import { CelError, Opaque, type Value } from "../../value/value.ts";
import { declare, global, member } from "../declare.ts";
import { formatAddress, isMapped, parseAddress } from "./addresses.ts";

export const IP_TYPE: Type = opaqueType("net.IP");

export class Ip extends Opaque {
  readonly type: Type = IP_TYPE;
  readonly bytes: readonly number[];

  constructor(bytes: readonly number[]) {
    super();
    this.bytes = bytes;
  }

  override equals(other: Opaque): boolean {
    return other instanceof Ip && formatAddress(other.bytes) === formatAddress(this.bytes);
  }

  override get size(): number {
    return this.bytes.length;
  }
}

/** Kubernetes' IP library: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-ip-address-library */
export const ip: Library = {
  name: "kubernetes.ip",
  types: [IP_TYPE],
  functions: [
    declare("ip", global("string_to_ip", [STRING], IP_TYPE, parseIp)),
    declare(
      "isIP",
      global("is_ip", [STRING], BOOL, (text: string) => parseIp(text) instanceof Ip),
    ),
    declare("ip.isCanonical", global("ip_is_canonical", [STRING], BOOL, isCanonical)),
    declare(
      "string",
      global("ip_to_string", [IP_TYPE], STRING, ({ bytes }: Ip) => formatAddress(bytes)),
    ),
    declare(
      "family",
      member("ip_family", [IP_TYPE], INT, ({ bytes }: Ip) => (bytes.length === 4 ? 4n : 6n)),
    ),
    question("isUnspecified", "ip_is_unspecified", isUnspecified),
    question("isLoopback", "ip_is_loopback", isLoopback),
    question("isLinkLocalMulticast", "ip_is_link_local_multicast", isLinkLocalMulticast),
    question("isLinkLocalUnicast", "ip_is_link_local_unicast", isLinkLocalUnicast),
    question("isGlobalUnicast", "ip_is_global_unicast", isGlobalUnicast),
  ],
};

function question(name: string, id: string, holds: (bytes: readonly number[]) => boolean): FunctionDeclaration {
  return declare(
    name,
    member(id, [IP_TYPE], BOOL, ({ bytes }: Ip) => holds(bytes)),
  );
}

/** An address, without a zone and not an IPv4 one in IPv6's clothes. */
export function parseIp(text: string): Value {
  const address = parseAddress(text);
  const quoted = goQuoted(text);
  if ("fault" in address) {
    const why = `ParseAddr(${quoted}): ${address.fault}`;
    return new CelError(`IP Address ${quoted} parse error during conversion from string: ${why}`);
  }
  if (address.zone !== "") return new CelError(`IP address ${quoted} with zone value is not allowed`);
  if (isMapped(address.bytes)) return new CelError(`IPv4-mapped IPv6 address ${quoted} is not allowed`);
  return new Ip(address.bytes);
}

function isCanonical(text: string): Value {
  const address = parseIp(text);
  return address instanceof Ip ? formatAddress(address.bytes) === text : address;
}

function isUnspecified(bytes: readonly number[]): boolean {
  return bytes.every((byte) => byte === 0);
}

function isLoopback(bytes: readonly number[]): boolean {
  if (bytes.length === 4) return bytes[0] === 127;
  return bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1;
}

function isMulticast([first = 0, ...rest]: readonly number[]): boolean {
  return rest.length === 3 ? (first & 0xf0) === 0xe0 : first === 0xff;
}

function isLinkLocalMulticast(bytes: readonly number[]): boolean {
  const [first, second = 0, third] = bytes;
  return bytes.length === 4 ? first === 224 && second === 0 && third === 0 : first === 0xff && (second & 0x0f) === 2;
}

function isLinkLocalUnicast(bytes: readonly number[]): boolean {
  const [first, second = 0] = bytes;
  return bytes.length === 4 ? first === 169 && second === 254 : first === 0xfe && (second & 0xc0) === 0x80;
}

function isGlobalUnicast(bytes: readonly number[]): boolean {
  if (bytes.length === 4 && bytes.every((byte) => byte === 255)) return false;
  return !isUnspecified(bytes) && !isLoopback(bytes) && !isMulticast(bytes) && !isLinkLocalUnicast(bytes);
}
