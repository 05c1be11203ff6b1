import { parseCidr, parseIp } from "@sallyport/kube";
import { RuleFault } from "./rule-fault.ts";

/** An address as bytes; one of IPv4 in IPv6 form, as sockets of both tell it, is one of IPv4. None for what is no address. */
export function addressOf(text: string): readonly number[] | undefined {
  const bytes = parseIp(text);
  const isMapped = bytes?.length === 16 && bytes.slice(0, 12).join() === mappedPrefix;
  return isMapped ? bytes.slice(12) : bytes;
}

const mappedPrefix = "0,0,0,0,0,0,0,0,0,0,255,255";

/** Whether an address lies in `10.1.2.3` or `10.1.0.0/16`. Throws a line for what is neither. */
export function addressMatch(value: string): (address: readonly number[] | undefined) => boolean {
  const range = value.includes("/") ? parseCidr(value) : wholeAddress(value);
  if (range === undefined)
    throw new RuleFault(value.includes("/") ? `bad CIDR range (${value})` : `bad IP address (${value})`);
  const { bytes, bits } = range;
  return (address) => address?.length === bytes.length && hasPrefix(address, bytes, bits);
}

function wholeAddress(value: string) {
  const bytes = addressOf(value);
  return bytes === undefined ? undefined : { bytes, bits: bytes.length * 8 };
}

function hasPrefix(address: readonly number[], bytes: readonly number[], bits: number): boolean {
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (address[i] !== bytes[i]) return false;
  const rest = 8 - (bits & 7);
  return rest === 8 || (address[whole] as number) >> rest === (bytes[whole] as number) >> rest;
}
