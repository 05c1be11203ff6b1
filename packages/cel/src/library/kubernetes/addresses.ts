/** An IPv4 address as 4 bytes or an IPv6 address as 16, or what is wrong with the text, in Go's words (`netip.ParseAddr`). */
export function parseAddress(text: string): readonly number[] | { readonly fault: string } {
  for (const letter of text) {
    if (letter === ".") return parseIpv4(text);
    if (letter === ":") return parseIpv6(text);
    if (letter === "%") return { fault: "missing IPv6 address" };
  }
  return { fault: "unable to parse IP" };
}

function parseIpv4(text: string): readonly number[] | { readonly fault: string } {
  const bytes: number[] = [];
  for (const part of text.split(".")) {
    if (bytes.length === 4) return { fault: "IPv4 address too long" };
    if (part === "") return { fault: "IPv4 field must have at least one digit" };
    if (!/^\d+$/.test(part)) return { fault: "unexpected character" };
    if (part.length > 1 && part.startsWith("0")) return { fault: "IPv4 field has octet with leading zero" };
    if (Number(part) > 255) return { fault: "IPv4 field has value >255" };
    bytes.push(Number(part));
  }
  return bytes.length === 4 ? bytes : { fault: "IPv4 address too short" };
}

function parseIpv6(text: string): readonly number[] | { readonly fault: string } {
  const halves = text.split("::");
  if (halves.length > 2) return { fault: "multiple :: in address" };
  const [head, tail] = halves.map(groupsOf);
  if (head === undefined) return { fault: "each colon-separated field must have at least one digit" };
  if (halves.length === 1) return head.length === 16 ? head : { fault: "address string too short" };
  if (tail === undefined) return { fault: "each colon-separated field must have at least one digit" };
  const missing = 16 - head.length - tail.length;
  if (missing < 2) return { fault: "the :: must expand to at least one field of zeros" };
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** The bytes of groups between colons; the last may be an IPv4 address. Undefined when one of them is no group. */
function groupsOf(text: string): readonly number[] | undefined {
  if (text === "") return [];
  const groups = text.split(":");
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    const dotted = index === groups.length - 1 && group.includes(".") ? parseIpv4(group) : undefined;
    if (dotted !== undefined) {
      if ("fault" in dotted) return undefined;
      bytes.push(...dotted);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    } else return undefined;
  }
  return bytes;
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
