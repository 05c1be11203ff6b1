import { isEncrypted } from "./identity.ts";
import { TransformError } from "./transformer.ts";

/** How a value says that it lies. */
export interface Seal {
  /** As configurations name it; `identity` for plaintext. */
  readonly provider: string;
  /** Of a local provider's key, or of a KMS; empty for plaintext. */
  readonly key: string;
  /** Of a KMS v2: which of its keys sealed the data key. */
  readonly keyId?: string;
}

/** Prefixes are text, and no name is longer than this. */
const longestPrefix = 1024;

/** What stands before a value. Nothing is opened for it. */
export async function sealOf(stored: Uint8Array): Promise<Seal> {
  if (!isEncrypted(stored)) return { provider: "identity", key: "" };
  const text = Buffer.from(stored.subarray(0, longestPrefix)).toString("latin1");
  const [all = "", provider = "", version = "", key = ""] = /^k8s:enc:([^:]*):([^:]*):([^:]*):/.exec(text) ?? [];
  if (provider === "") return { provider: "unknown", key: "" };
  // Names may have letters beyond those of one byte.
  const name = Buffer.from(key, "latin1").toString("utf8");
  if (provider !== "kms") return { provider, key: name };
  if (version !== "v2") return { provider: `kms ${version}`, key: name };
  const { decodeObject } = await import("../kms/encrypted-object.ts");
  try {
    return { provider: "kms v2", key: name, keyId: decodeObject(stored.subarray(all.length)).keyId };
  } catch (error) {
    if (error instanceof TransformError) return { provider: "kms v2", key: name };
    throw error;
  }
}

/** `aesgcm key1`, `kms v2 vault (key-7)`, `plaintext`. */
export function sealText({ provider, key, keyId }: Seal): string {
  if (provider === "identity") return "plaintext";
  return `${provider} ${key}${keyId === undefined ? "" : ` (${keyId})`}`;
}
