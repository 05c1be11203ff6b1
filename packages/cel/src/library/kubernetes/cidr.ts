import type { Library } from "../../check/environment.ts";
import { BOOL, INT, opaqueType, STRING, type Type } from "../../check/type.ts";
import { goQuoted } from "../../value/go-quoted.ts";
import { CelError, Opaque, type Value } from "../../value/value.ts";
import { declare, global, member } from "../declare.ts";
import { formatAddress, isMapped, maskAddress, parseAddress } from "./addresses.ts";
import { IP_TYPE, Ip, parseIp } from "./ip.ts";

const CIDR: Type = opaqueType("net.CIDR");

export class Cidr extends Opaque {
  readonly type: Type = CIDR;
  readonly bytes: readonly number[];
  readonly bits: number;

  constructor(bytes: readonly number[], bits: number) {
    super();
    this.bytes = bytes;
    this.bits = bits;
  }

  get text(): string {
    return `${formatAddress(this.bytes)}/${this.bits}`;
  }

  override equals(other: Opaque): boolean {
    return other instanceof Cidr && other.text === this.text;
  }

  override get size(): number {
    return Math.ceil(this.bits / 8);
  }
}

/** Kubernetes' CIDR library: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-cidr-library */
export const cidr: Library = {
  name: "kubernetes.cidr",
  types: [CIDR],
  functions: [
    declare("cidr", global("string_to_cidr", [STRING], CIDR, parseCidr)),
    declare(
      "isCIDR",
      global("is_cidr", [STRING], BOOL, (text: string) => parseCidr(text) instanceof Cidr),
    ),
    declare(
      "string",
      global("cidr_to_string", [CIDR], STRING, ({ text }: Cidr) => text),
    ),
    declare(
      "containsIP",
      member("cidr_contains_ip_string", [CIDR, STRING], BOOL, (range: Cidr, text: string) =>
        // What is no address, upstream takes for a value of another type.
        containsIp(range, parseIp(text), new CelError("no such overload")),
      ),
      member("cidr_contains_ip_ip", [CIDR, IP_TYPE], BOOL, (range: Cidr, address: Ip) => containsIp(range, address)),
    ),
    declare(
      "containsCIDR",
      member("cidr_contains_cidr_string", [CIDR, STRING], BOOL, (range: Cidr, text: string) =>
        containsCidr(range, parseCidr(text)),
      ),
      member("cidr_contains_cidr", [CIDR, CIDR], BOOL, containsCidr),
    ),
    declare(
      "ip",
      member("cidr_ip", [CIDR], IP_TYPE, ({ bytes }: Cidr) => new Ip(bytes)),
    ),
    declare(
      "prefixLength",
      member("cidr_prefix_length", [CIDR], INT, ({ bits }: Cidr) => BigInt(bits)),
    ),
    declare(
      "masked",
      member("cidr_masked", [CIDR], CIDR, ({ bytes, bits }: Cidr) => new Cidr(maskAddress(bytes, bits), bits)),
    ),
  ],
};

function parseCidr(text: string): Value {
  const slash = text.lastIndexOf("/");
  if (slash < 0) return fault(text, "no '/'");
  const address = parseAddress(text.slice(0, slash));
  if ("fault" in address) return fault(text, `ParseAddr(${goQuoted(text.slice(0, slash))}): ${address.fault}`);
  if (address.zone !== "") return fault(text, "IPv6 zones cannot be present in a prefix");
  const { bytes } = address;
  const digits = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d*)$/.test(digits)) return fault(text, `bad bits after slash: ${goQuoted(digits)}`);
  if (Number(digits) > bytes.length * 8) return fault(text, "prefix length out of range");
  if (isMapped(bytes))
    return new CelError(
      `network address parse error during conversion from string: IPv4-mapped IPv6 address ${goQuoted(text)} is not allowed`,
    );
  return new Cidr(bytes, Number(digits));
}

function fault(text: string, reason: string): CelError {
  const what = "network address parse error during conversion from string";
  return new CelError(`${what}: ${what}: netip.ParsePrefix(${goQuoted(text)}): ${reason}`);
}

function containsIp(range: Cidr, address: Value, otherwise: CelError | undefined = undefined): Value {
  return address instanceof Ip ? isWithin(range, address.bytes) : (otherwise ?? address);
}

function containsCidr(range: Cidr, other: Value): Value {
  if (!(other instanceof Cidr)) return other;
  return range.bits <= other.bits && isWithin(range, other.bytes);
}

function isWithin({ bytes, bits }: Cidr, address: readonly number[]): boolean {
  if (address.length !== bytes.length) return false;
  const wanted = maskAddress(bytes, bits);
  return maskAddress(address, bits).every((byte, index) => byte === wanted[index]);
}
