import type { KeyObject } from "node:crypto";
import { privateKeysOfPem, SealError, sealingKeyOf } from "@sallyport/secrets";
import { InputError, parseManifests } from "../manifests.ts";
import { readTextFile } from "./text-file.ts";

/** The key to seal for: of a certificate in PEM, or of the controller's key, a Secret of type kubernetes.io/tls. Throws `InputError`. */
export function sealingKeyOfFile(file: string, now: Date): KeyObject {
  return told(file, () => sealingKeyOf(pemOf(file, "tls.crt"), now));
}

/** Private keys of PEM files and of manifests of the controller's keys, all of them. Throws `InputError`. */
export function privateKeysOfFiles(files: readonly string[]): readonly KeyObject[] {
  return files.flatMap((file) => told(file, () => privateKeysOfPem(pemOf(file, "tls.key"))));
}

/** The text of a PEM file, or what Secrets hold under a key, the newest first. */
function pemOf(file: string, key: "tls.crt" | "tls.key"): string {
  const text = readTextFile(file);
  if (text.trimStart().startsWith("-----BEGIN")) return text;
  return parseManifests(file, text)
    .filter(({ value }) => value["kind"] === "Secret")
    .sort((a, b) => createdOf(b.value).localeCompare(createdOf(a.value)))
    .map(({ value }) => (value["data"] as { readonly [key: string]: unknown } | undefined)?.[key])
    .map((data) => (typeof data === "string" ? Buffer.from(data, "base64").toString() : ""))
    .join("\n");
}

function createdOf({ metadata }: { readonly metadata?: unknown }): string {
  return String((metadata as { readonly creationTimestamp?: unknown } | undefined)?.creationTimestamp ?? "");
}

function told<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof SealError ? new InputError(`${file}: ${error.message}`) : error;
  }
}
