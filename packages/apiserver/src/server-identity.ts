import { createHash } from "node:crypto";

const digits = "abcdefghijklmnopqrstuvwxyz234567";

/** How an API server on a machine of this name is called: `apiserver-` and a hash, by kube-apiserver's rule. Its identity lease has this name. */
export function serverIdentity(hostname: string): string {
  const hash = createHash("sha256").update(prefixed(hostname)).update(prefixed("kube-apiserver")).digest();
  return `apiserver-${base32(hash.subarray(0, 16))}`;
}

/** What metrics tell of a server in the place of its identity. */
export function serverIdentityHash(hostname: string): string {
  return `sha256:${createHash("sha256").update(serverIdentity(hostname)).digest("hex")}`;
}

function prefixed(text: string): Uint8Array {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
}

/** RFC 4648, section 6, in small letters and without padding. */
function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const groups = bits.match(/.{1,5}/g) ?? [];
  return groups.map((group) => digits[Number.parseInt(group.padEnd(5, "0"), 2)]).join("");
}
