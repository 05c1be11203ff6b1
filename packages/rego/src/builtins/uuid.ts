import { normalizeInteger } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import type { Builtin, QueryState } from "./builtin.ts";
import { regoText } from "./go-format.ts";
import { stringAt } from "./operands.ts";

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** RFC 4122, version 4; the same for the same key within a query. */
function random([key]: readonly Value[], { cache, effects }: QueryState): Value {
  const name = `uuid.rfc4122 ${regoText(key as Value)}`;
  const known = cache.get(name) as string | undefined;
  if (known !== undefined) return known;
  const bytes = Uint8Array.from(effects.randomBytes(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const text = hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  cache.set(name, text);
  return text;
}

const dashed = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i;

/** The 32 digits of any of the four ways to write one; around 36 characters, any two stand for braces. */
function digitsOf(text: string): string | undefined {
  const size = new TextEncoder().encode(text).length;
  if (size === 32) return /^[0-9a-f]{32}$/i.test(text) ? text : undefined;
  const plain =
    size === 36 ? text : size === 38 ? text.slice(1, 37) : size === 45 && /^urn:uuid:/i.test(text) ? text.slice(9) : "";
  return dashed.test(plain) ? plain.replaceAll("-", "") : undefined;
}

/** Tenths of microseconds from the start of the Gregorian calendar, which UUIDs count from, to the Unix epoch. */
const gregorianOffset = 122_192_928_000_000_000n;

function parse(args: readonly Value[]): Value | undefined {
  const digits = digitsOf(stringAt(args, 1));
  if (digits === undefined) return undefined;
  const version = Number.parseInt(digits.charAt(12), 16);
  const basic = { version, variant: variantOf(Number.parseInt(digits.charAt(16), 16)) };
  if (version !== 1 && version !== 2) return basic;
  const time = BigInt(`0x${digits.slice(13, 16)}${digits.slice(8, 12)}${digits.slice(0, 8)}`);
  const node = digits.slice(20).toLowerCase();
  const timed = {
    ...basic,
    time: normalizeInteger(BigInt.asIntN(64, (time - gregorianOffset) * 100n)),
    nodeid: (node.match(/../g) ?? []).join("-"),
    macvariables: macVariables(Number.parseInt(node.slice(0, 2), 16)),
    clocksequence: Number.parseInt(digits.slice(16, 20), 16) & 0x3fff,
  };
  if (version === 1) return timed;
  const domain = Number.parseInt(digits.slice(18, 20), 16);
  return {
    ...timed,
    id: Number.parseInt(digits.slice(0, 8), 16),
    domain: ["Person", "Group", "Org"][domain] ?? `Domain${domain}`,
  };
}

/** By the highest bits, RFC 4122 section 4.1.1. */
function variantOf(digit: number): string {
  if ((digit & 0b1100) === 0b1000) return "RFC4122";
  if ((digit & 0b1110) === 0b1100) return "Microsoft";
  return digit >= 0b1110 ? "Future" : "Reserved";
}

/** RFC 7042 section 2.1. */
function macVariables(first: number): string {
  return `${(first & 2) === 0 ? "global" : "local"}:${(first & 1) === 0 ? "unicast" : "multicast"}`;
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/uuid */
export const uuid: readonly Builtin[] = [
  { name: "uuid.rfc4122", call: random, nondeterministic: true },
  { name: "uuid.parse", call: parse },
];
