import { readFileSync } from "node:fs";
import type { SigningConfig, VerificationConfig } from "@sallyport/opa";
import { jsonFault } from "@sallyport/rego";
import type { FlagSpec, Flags } from "./flags.ts";
import { LoadError, readBytes } from "./read-data.ts";

/** Flags of commands that sign bundles. */
export const signingFlags: readonly FlagSpec[] = [
  { name: "claims-file", kind: "string", usage: "JSON file with more claims for the signature's payload" },
  { name: "signing-alg", kind: "string", default: "RS256", usage: "name of the signing algorithm" },
  { name: "signing-key", kind: "string", usage: "the secret (HMAC), or the path of the PEM file of the private key" },
  { name: "signing-plugin", kind: "string", usage: "name of the plugin that signs; there is only OPA's own" },
];

/** Flags of commands that verify bundles. */
export const verificationFlags: readonly FlagSpec[] = [
  { name: "exclude-files-verify", kind: "commaList", usage: "names of files that need no signature" },
  { name: "scope", kind: "string", usage: "scope that the signature must be for" },
  {
    name: "verification-key",
    kind: "string",
    usage: "the secret (HMAC), or the path of the PEM file of the public key",
  },
  { name: "verification-key-id", kind: "string", default: "default", usage: "name of the verification key" },
];

/** How a command was told to sign; undefined when it was not. Throws `LoadError`. */
export function signingConfig(flags: Flags, keyId?: string): SigningConfig | undefined {
  const key = flags.string("signing-key");
  if (key === "") return undefined;
  const algorithm = flags.string("signing-alg");
  const plugin = flags.string("signing-plugin");
  if (plugin !== "") throw new LoadError(`no signer exists under id ${plugin}`);
  const file = flags.string("claims-file");
  return {
    key: keyText(key),
    algorithm,
    ...(keyId !== undefined && { keyId }),
    ...(file !== "" && { claims: readClaims(file) }),
  };
}

/** How a command was told to verify; undefined when it was not. */
export function verificationConfig(flags: Flags): VerificationConfig | undefined {
  const key = flags.string("verification-key");
  if (key === "") return undefined;
  const keyId = flags.string("verification-key-id");
  return {
    keys: { [keyId]: { key: keyText(key), algorithm: flags.string("signing-alg") } },
    keyId,
    scope: flags.string("scope"),
    exclude: flags.list("exclude-files-verify"),
  };
}

/** A key is what the file of that name holds, or the text itself when there is none. */
function keyText(key: string): string {
  try {
    return readFileSync(key, "utf8");
  } catch {
    return key;
  }
}

function readClaims(file: string): { readonly [name: string]: unknown } {
  const text = readBytes(file).toString("utf8");
  try {
    return JSON.parse(text) as { readonly [name: string]: unknown };
  } catch {
    throw new LoadError(jsonFault(text));
  }
}
