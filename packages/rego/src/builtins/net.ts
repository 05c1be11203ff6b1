import { overLimit } from "../run/errors.ts";
import { typeName } from "../value/access.ts";
import { RegoSet, sortedEntries } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError } from "./builtin.ts";
import { stringAt } from "./operands.ts";

/** An address range: `bits` is 32 or 128, `base` has only the prefix's bits. */
interface Cidr {
  readonly bits: 32 | 128;
  readonly base: bigint;
  readonly prefix: number;
}

/** An address as Go's net.ParseIP reads it. */
export function parseAddress(text: string): { readonly bits: 32 | 128; readonly value: bigint } | undefined {
  const dotted = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (dotted === null) return parseIpv6(text);
  let value = 0;
  for (let i = 1; i <= 4; i++) {
    const part = dotted[i] as string;
    if (Number(part) > 255 || (part.length > 1 && part.startsWith("0"))) return undefined;
    value = value * 256 + Number(part);
  }
  return { bits: 32, value: BigInt(value) };
}

function parseIpv6(text: string): { readonly bits: 128; readonly value: bigint } | undefined {
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const embedded = tail === null ? undefined : parseAddress(tail[2] ?? "");
  if (tail !== null && embedded === undefined) return undefined;
  const hex =
    embedded === undefined
      ? text
      : `${tail?.[1]}${(embedded.value >> 16n).toString(16)}:${(embedded.value & 0xffffn).toString(16)}`;
  const halves = hex.split("::");
  if (!hex.includes(":") || halves.length > 2) return undefined;
  const [head = [], rest = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head.length - rest.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: Math.max(missing, 0) }, () => "0"), ...rest];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return { bits: 128, value: groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n) };
}

function parseCidr(text: string): Cidr | undefined {
  const [address = "", length = "", ...rest] = text.split("/");
  const parsed = parseAddress(address);
  if (
    parsed === undefined ||
    rest.length > 0 ||
    !/^\d{1,3}$/.test(length) ||
    (length.length > 1 && length.startsWith("0"))
  )
    return undefined;
  const prefix = Number(length);
  if (prefix > parsed.bits) return undefined;
  const host = BigInt(parsed.bits - prefix);
  return { bits: parsed.bits, base: (parsed.value >> host) << host, prefix };
}

/** Ranges that were parsed last: policies ask about the same few again and again. */
const knownCidrs = new Map<string, Cidr>();
const maxKnownCidrs = 512;

function cidrOf(text: string): Cidr {
  const known = knownCidrs.get(text);
  if (known !== undefined) return known;
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new BuiltinError(`invalid CIDR address: ${text}`);
  if (knownCidrs.size >= maxKnownCidrs) knownCidrs.clear();
  knownCidrs.set(text, cidr);
  return cidr;
}

/** A CIDR, or an address as the range of itself. */
function rangeOf(text: string): Cidr {
  const address = text.includes("/") ? undefined : parseAddress(text);
  if (address !== undefined) return { bits: address.bits, base: address.value, prefix: address.bits };
  if (parseCidr(text) === undefined)
    throw new BuiltinError(`not a valid textual representation of an IP address or CIDR: ${text}`);
  return cidrOf(text);
}

function contains(outer: Cidr, inner: Cidr): boolean {
  if (outer.bits !== inner.bits || inner.prefix < outer.prefix) return false;
  const host = BigInt(outer.bits - outer.prefix);
  return inner.base >> host === outer.base >> host;
}

function intersects(a: Cidr, b: Cidr): boolean {
  return contains(a, b) || contains(b, a);
}

/** Go's net.IP.String: dotted, or hexadecimal with the longest run of zeros left out. */
export function addressText(bits: 32 | 128, value: bigint): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  const text = groups.join(":");
  const runs = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].map(([run]) => run);
  const longest = runs.reduce(
    (best, run) => (run.replaceAll(":", "").length > best.replaceAll(":", "").length ? run : best),
    "",
  );
  return longest === ""
    ? text
    : text
        .replace(longest, ":")
        .replace(/^:(?!:)/, "::")
        .replace(/(?<!:):$/, "::");
}

/** Larger ranges are mistakes that would only fill memory. */
const maxExpanded = 1n << 20n;

function expand(args: readonly Value[]): Value {
  const { bits, base, prefix } = cidrOf(stringAt(args, 1));
  const count = 1n << BigInt(bits - prefix);
  if (count > maxExpanded) throw overLimit(`a range of more than ${maxExpanded} addresses`);
  return RegoSet.of(Array.from({ length: Number(count) }, (_, i) => addressText(bits, base + BigInt(i))));
}

/** The smallest list of ranges that covers the same addresses. */
function merge(args: readonly Value[]): Value {
  const given = args[0] as Value;
  const texts =
    given instanceof RegoSet ? given.sorted() : Array.isArray(given) ? (given as readonly Value[]) : undefined;
  if (texts === undefined) throw new BuiltinError("operand must be an array");
  const ranges = texts.map((text) => {
    if (typeof text !== "string") throw new BuiltinError("element must be string");
    return classfulRange(text);
  });
  const merged = ([32, 128] as const).flatMap((bits) =>
    coverOf(
      ranges.filter((range) => range.bits === bits),
      bits,
    ),
  );
  return RegoSet.of(merged.map(({ bits, base, prefix, written = base }) => `${addressText(bits, written)}/${prefix}`));
}

/** A range with the address that it is told by, where it was merged with no other. */
interface WrittenCidr extends Cidr {
  readonly written?: bigint;
}

/** Without a length, an IPv4 address stands for its class's network, as Go's DefaultMask says. */
function classfulRange(text: string): WrittenCidr {
  const address = text.includes("/") ? undefined : parseAddress(text);
  if (address === undefined) return cidrOf(text);
  if (address.bits === 128) throw new BuiltinError("IPv6 invalid: needs prefix length");
  const first = address.value >> 24n;
  const prefix = first < 128n ? 8 : first < 192n ? 16 : 24;
  const host = BigInt(32 - prefix);
  return { bits: 32, base: (address.value >> host) << host, prefix, written: address.value };
}

function coverOf(ranges: readonly WrittenCidr[], bits: 32 | 128): readonly WrittenCidr[] {
  const spans: { readonly from: bigint; to: bigint; sole: WrittenCidr | undefined }[] = [];
  const inOrder = [...ranges].sort((a, b) => (a.base < b.base ? -1 : a.base > b.base ? 1 : a.prefix - b.prefix));
  for (const range of inOrder) {
    const { base, prefix } = range;
    const to = base + (1n << BigInt(bits - prefix)) - 1n;
    const last = spans.at(-1);
    if (last === undefined || base > last.to + 1n) {
      spans.push({ from: base, to, sole: range });
      continue;
    }
    last.to = to > last.to ? to : last.to;
    last.sole = undefined;
  }
  return spans.flatMap(({ from, to, sole }) => (sole === undefined ? splitSpan(from, to, bits) : [sole]));
}

/** The fewest aligned ranges that make up a span. */
function splitSpan(start: bigint, to: bigint, bits: 32 | 128): readonly Cidr[] {
  const parts: Cidr[] = [];
  for (let from = start; from <= to; ) {
    let host = 0;
    while (host < bits && (from >> BigInt(host)) % 2n === 0n && from + (1n << BigInt(host + 1)) - 1n <= to) host++;
    parts.push({ bits, base: from, prefix: bits - host });
    from += 1n << BigInt(host);
  }
  return parts;
}

/**
 * Calls `visit` with each item and the key under which a match is reported: its place in an array or object, itself otherwise. Of what holds
 * no items there are none. As OPA reads one item after the other, a fault of a later one is not told where there is no earlier one.
 */
function eachItem(value: Value, at: number, visit: (item: Value, key: Value) => void): void {
  const itemOf = (item: Value): Value => {
    const first = Array.isArray(item) ? (item as readonly Value[])[0] : item;
    if (first === undefined || (!Array.isArray(item) && typeof first !== "string"))
      throw new BuiltinError(`operand ${at}: element must be string or non-empty array`);
    return first;
  };
  if (typeof value === "string") visit(value, value);
  else if (Array.isArray(value)) for (const [i, item] of (value as readonly Value[]).entries()) visit(itemOf(item), i);
  else if (value instanceof RegoSet) for (const item of value.sorted()) visit(itemOf(item), item);
  else if (typeName(value) === "object") for (const [key, item] of sortedEntries(value)) visit(itemOf(item), key);
}

function containsMatches([outers, inners]: readonly Value[]): Value {
  const found: Value[] = [];
  eachItem(outers as Value, 1, (outer, a) =>
    eachItem(inners as Value, 2, (inner, b) => {
      if (contains(cidrOf(stringAt([outer], 1)), rangeOf(stringAt([inner], 1)))) found.push([a, b]);
    }),
  );
  return RegoSet.of(found);
}

/** OPA tells of the second operand as of the first. */
function two(name: string, compute: (a: Cidr, b: Cidr) => boolean): Builtin {
  return { name, call: ([a, b]) => compute(cidrOf(stringAt([a as Value], 1)), rangeOf(stringAt([b as Value], 1))) };
}

function intersecting([a, b]: readonly Value[]): Value {
  return intersects(cidrOf(stringAt([a as Value], 1)), cidrOf(stringAt([b as Value], 1)));
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/net */
export const net: readonly Builtin[] = [
  two("net.cidr_contains", contains),
  { name: "net.cidr_intersects", call: intersecting },
  two("net.cidr_overlap", contains),
  { name: "net.cidr_contains_matches", call: containsMatches },
  { name: "net.cidr_expand", call: expand },
  { name: "net.cidr_merge", call: merge },
  { name: "net.cidr_is_valid", call: ([text]) => typeof text === "string" && parseCidr(text) !== undefined },
];
