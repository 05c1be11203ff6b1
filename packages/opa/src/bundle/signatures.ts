import { type JsonObject, jsonFault, jsonText, parseYaml } from "@sallyport/rego";
import type { BundleFile, SignaturesConfig } from "./bundle.ts";
import { BundleError } from "./bundle-error.ts";
import { canonicalJson } from "./canonical-json.ts";

/** A file as a signature's payload names it. */
export interface SignedFile {
  readonly name: string;
  /** Hexadecimal. */
  readonly hash: string;
  /** `SHA-256` and others, by the names of Node's hashes without the dash. */
  readonly algorithm: string;
}

/** The file that holds signatures, and is not signed itself. */
export const signaturesPath = ".signatures.json";

/** Who signs and verifies by default: OPA itself. */
export const defaultPlugin = "_default";

/** Reads `.signatures.json`. Throws `BundleError`. */
export function parseSignatures(text: string): SignaturesConfig {
  let json: { signatures?: unknown; plugin?: unknown };
  try {
    json = JSON.parse(text) as typeof json;
  } catch {
    throw new BundleError(`bundle load failed on signatures decode: ${jsonFault(text)}`);
  }
  const signatures = json.signatures ?? [];
  if (!Array.isArray(signatures) || !signatures.every((each): each is string => typeof each === "string"))
    throw new BundleError("bundle load failed on signatures decode: signatures must be a list of strings");
  return { signatures, ...(typeof json.plugin === "string" && { plugin: json.plugin }) };
}

/** The same as text, as OPA writes it. */
export function signaturesText({ signatures, plugin }: SignaturesConfig): string {
  return JSON.stringify({ signatures, ...(plugin !== undefined && { plugin }) }, undefined, 1);
}

/** What is hashed of a file: documents in their canonical form, so that white space and the order of keys do not matter; all others byte by byte. */
export function signedBytes({ path, bytes }: BundleFile): Uint8Array {
  const text = () => new TextDecoder().decode(bytes);
  if (path.endsWith(".json") || path.endsWith(".manifest")) return new TextEncoder().encode(canonicalJson(text()));
  if (/\.ya?ml$/.test(path)) return new TextEncoder().encode(canonicalJson(jsonText(parseYaml(text()) as JsonObject)));
  return bytes;
}
