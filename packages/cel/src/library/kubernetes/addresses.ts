import { goQuoted } from "../../value/go-quoted.ts";

/** An address, and the zone behind it. */
export interface Address {
  readonly bytes: readonly number[];
  readonly zone: string;
}

interface Fault {
  readonly fault: string;
}

/** An IPv4 address as 4 bytes or an IPv6 address as 16, or what is wrong with the text, in Go's words (`netip.ParseAddr`). */
export function parseAddress(text: string): Address | Fault {
  for (const letter of text) {
    if (letter === ".") return withoutZone(parseIpv4(text));
    if (letter === ":") return parseIpv6(text);
    if (letter === "%") return { fault: "missing IPv6 address" };
  }
  return { fault: "unable to parse IP" };
}

function withoutZone(bytes: readonly number[] | Fault): Address | Fault {
  return "fault" in bytes ? bytes : { bytes, zone: "" };
}

function faultAt(fault: string, rest: string): Fault {
  return { fault: `${fault} (at ${goQuoted(rest)})` };
}

function parseIpv4(text: string): readonly number[] | Fault {
  const bytes: number[] = [];
  let digits = "";
  for (let at = 0; at < text.length; at++) {
    const letter = text.charAt(at);
    if (/\d/.test(letter)) {
      if (digits === "0") return { fault: "IPv4 field has octet with leading zero" };
      digits += letter;
      if (Number(digits) > 255) return { fault: "IPv4 field has value >255" };
      continue;
    }
    if (letter !== ".") return faultAt("unexpected character", text.slice(at));
    if (at === 0 || at === text.length - 1 || text[at - 1] === ".")
      return faultAt("IPv4 field must have at least one digit", text.slice(at));
    if (bytes.length === 3) return { fault: "IPv4 address too long" };
    bytes.push(Number(digits));
    digits = "";
  }
  return bytes.length < 3 ? { fault: "IPv4 address too short" } : [...bytes, Number(digits)];
}

function parseIpv6(text: string): Address | Fault {
  const [bare = "", zone] = text.split(/%(.*)/s);
  if (zone === "") return { fault: "zone must be a non-empty string" };
  const bytes = readGroups(bare);
  return "fault" in bytes ? bytes : { bytes, zone: zone ?? "" };
}

/** Groups between colons, of which one row may be left out, and the last may be an IPv4 address. */
function readGroups(text: string): readonly number[] | Fault {
  const bytes: number[] = [];
  let gap = text.startsWith("::") ? 0 : -1;
  let rest = gap === 0 ? text.slice(2) : text;
  while (bytes.length < 16 && (rest !== "" || gap !== bytes.length)) {
    const [digits = ""] = /^[0-9a-fA-F]*/.exec(rest) ?? [];
    if (digits.length > 4) return faultAt("each group must have 4 or less digits", rest);
    if (digits === "") return faultAt("each colon-separated field must have at least one digit", rest);
    if (rest[digits.length] === ".") {
      const dotted = readDotted(rest, bytes.length, gap >= 0);
      if ("fault" in dotted) return dotted;
      bytes.push(...dotted);
      rest = "";
      break;
    }
    const value = Number.parseInt(digits, 16);
    bytes.push(value >> 8, value & 255);
    rest = rest.slice(digits.length);
    if (rest === "") break;
    if (!rest.startsWith(":")) return faultAt("unexpected character, want colon", rest);
    if (rest.length === 1) return faultAt("colon must be followed by more characters", rest);
    rest = rest.slice(1);
    if (!rest.startsWith(":")) continue;
    if (gap >= 0) return faultAt("multiple :: in address", rest);
    gap = bytes.length;
    rest = rest.slice(1);
  }
  if (rest !== "") return faultAt("trailing garbage after address", rest);
  if (gap < 0) return bytes.length < 16 ? { fault: "address string too short" } : bytes;
  if (bytes.length === 16) return { fault: "the :: must expand to at least one field of zeros" };
  return [...bytes.slice(0, gap), ...new Array<number>(16 - bytes.length).fill(0), ...bytes.slice(gap)];
}

function readDotted(rest: string, at: number, hasGap: boolean): readonly number[] | Fault {
  if (!hasGap && at !== 12)
    return faultAt("embedded IPv4 address must replace the final 2 fields of the address", rest);
  if (at + 4 > 16) return faultAt("too many hex fields to fit an embedded IPv4 at the end of the address", rest);
  return parseIpv4(rest);
}

/** Canonical text, RFC 5952: the longest run of zero groups is `::`. */
export function formatAddress(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from(
    { length: 8 },
    (_, index) => ((bytes[2 * index] as number) << 8) | (bytes[2 * index + 1] as number),
  );
  let start = -1;
  let length = 1;
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (end < 8 && groups[end] === 0) end++;
    if (end - at > length) [start, length] = [at, end - at];
  }
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  return start < 0 ? text(0, 8) : `${text(0, start)}::${text(start + length, 8)}`;
}

/** Whether the address is an IPv4 one written as IPv6, `::ffff:1.2.3.4`. */
export function isMapped(bytes: readonly number[]): boolean {
  return (
    bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
  );
}

/** The address with all bits behind the first `bits` cleared. */
export function maskAddress(bytes: readonly number[], bits: number): readonly number[] {
  return bytes.map((byte, index) => byte & (0xff00 >> Math.max(0, Math.min(8, bits - index * 8))) & 255);
}
