import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { reasonOf, UsageError } from "./errors.ts";

/**
 * The PEM of the authorities that a flag names, as it stands in the file. Throws `UsageError` where it holds none: TLS would pass over such
 * a file without a word, and trust nobody.
 */
export function readAuthorities(flag: string, file: string): string {
  const text = read(flag, file);
  const blocks = certificatesOf(text);
  if (blocks.length === 0) throw new UsageError(`${flag} ${file}: no certificate in it, expected PEM`);
  const broken = blocks.findIndex((block) => !isCertificate(block));
  if (broken >= 0)
    throw new UsageError(`${flag} ${file}: certificate ${broken + 1} of ${blocks.length} cannot be read`);
  return text;
}

/** The certificates of a PEM file, without what stands between them. */
export function certificatesOf(text: string): readonly string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
}

function read(flag: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${flag} ${file}: ${reasonOf(error)}`);
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
