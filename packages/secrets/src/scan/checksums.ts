import { crc32 } from "node:zlib";

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * The last six characters of a GitHub or npm token: the CRC-32 of those between prefix and checksum, in base 62.
 * https://github.blog/engineering/behind-githubs-new-authentication-token-formats/
 */
export function base62Checksum(body: string): string {
  let rest = crc32(body);
  let text = "";
  for (; rest > 0; rest = Math.floor(rest / 62)) text = base62[rest % 62] + text;
  return text.padStart(6, "0");
}

/** `PREFIX_BODYCHECKSUM` of GitHub and npm. */
export function hasBase62Checksum(token: string): boolean {
  const body = token.slice(token.indexOf("_") + 1);
  return base62Checksum(body.slice(0, -6)) === body.slice(-6);
}

/** `glsa_BODY_CHECKSUM` of Grafana: the CRC-32 of all before the last underscore, in hexadecimal. */
export function hasHexChecksum(token: string): boolean {
  const end = token.lastIndexOf("_");
  return crc32(token.slice(0, end)).toString(16).padStart(8, "0") === token.slice(end + 1);
}

const bech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** Of an age key, in BIP 173's Bech32. */
export function hasBech32Checksum(token: string): boolean {
  const text = token.toLowerCase();
  const split = text.lastIndexOf("1");
  const prefix = [...text.slice(0, split)].map((char) => char.charCodeAt(0));
  const data = [...text.slice(split + 1)].map((char) => bech32.indexOf(char));
  return bech32Sum([...prefix.map((code) => code >> 5), 0, ...prefix.map((code) => code & 31), ...data]) === 1;
}

/** The checksum's polynomial over values of five bits: 1 for what is whole. */
export function bech32Sum(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    generator.forEach((term, bit) => {
      if ((top >>> bit) & 1) sum ^= term;
    });
  }
  return sum;
}
