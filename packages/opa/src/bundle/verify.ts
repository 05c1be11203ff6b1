import { createHash } from "node:crypto";
import type { BundleFile, SignaturesConfig } from "./bundle.ts";
import { BundleError } from "./bundle-error.ts";
import { verifyJws } from "./jws.ts";
import { defaultPlugin, type SignedFile, signaturesPath, signedBytes } from "./signatures.ts";

/** A key by which bundles are verified. */
export interface VerificationKey {
  /** A secret, or a PEM public key. */
  readonly key: string;
  /** `RS256` and the like. */
  readonly algorithm: string;
  readonly scope?: string;
}

export interface VerificationConfig {
  /** By key id. */
  readonly keys: { readonly [id: string]: VerificationKey };
  /** Which of them; default the id that the signature names. */
  readonly keyId?: string;
  readonly scope?: string;
  /** Names of files that need no signature. */
  readonly exclude?: readonly string[];
  /** Bundles without a signature pass. */
  readonly isOptional?: boolean;
}

/** By the names that payloads use. */
const hashes: { readonly [name: string]: string } = {
  MD5: "md5",
  "SHA-1": "sha1",
  "SHA-224": "sha224",
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
  "SHA-512-224": "sha512-224",
  "SHA-512-256": "sha512-256",
};

/**
 * Holds when the bundle has one signature, by a known key, for exactly its files as they are. Throws `BundleError` with the first thing
 * that is wrong. `prefix` stands before the names of files.
 */
export function verifyFiles(
  files: readonly BundleFile[],
  config: SignaturesConfig | undefined,
  verification: VerificationConfig,
  prefix = "",
): void {
  if (config === undefined && verification.isOptional === true) return;
  if (config === undefined) throw new BundleError(`bundle missing ${signaturesPath} file`);
  const { signatures, plugin = "" } = config;
  if (plugin !== "" && plugin !== defaultPlugin) throw new BundleError(`no verifier exists under id ${plugin}`);
  const [token] = signatures;
  if (token === undefined) throw new BundleError(`${signaturesPath}: missing JWT (expected exactly one)`);
  if (signatures.length > 1)
    throw new BundleError(`${signaturesPath}: multiple JWTs not supported (expected exactly one)`);
  compareFiles(files, signedFilesOf(token, verification), verification, prefix);
}

function signedFilesOf(token: string, verification: VerificationConfig): readonly SignedFile[] {
  const { kid } = partOf(token, 0) as { kid?: string };
  const { keyid } = partOf(token, 1) as { keyid?: string };
  const known = keyFor(verification, keyid ?? kid);
  const payload = JSON.parse(verifyJws(token, known.algorithm, known.key)) as { scope?: string; files?: SignedFile[] };
  const scope = verification.scope ?? known.scope ?? "";
  if ((payload.scope ?? "") !== scope) throw new BundleError("scope mismatch");
  return payload.files ?? [];
}

function keyFor({ keys, keyId }: VerificationConfig, named: string | undefined): VerificationKey {
  if (Object.keys(keys).length === 0) throw new BundleError("verification key not provided");
  const id = keyId ?? named ?? "";
  if (id === "") throw new BundleError("verification key ID is empty");
  const key = Object.hasOwn(keys, id) ? keys[id] : undefined;
  if (key === undefined) throw new BundleError(`verification key corresponding to ID ${id} not found`);
  return key;
}

function partOf(token: string, index: number): unknown {
  try {
    return JSON.parse(Buffer.from(token.split(".")[index] ?? "", "base64url").toString("utf8")) ?? {};
  } catch {
    throw new BundleError("failed to verify JWT signature: invalid compact serialization");
  }
}

function compareFiles(
  files: readonly BundleFile[],
  signed: readonly SignedFile[],
  { exclude = [] }: VerificationConfig,
  prefix: string,
): void {
  const missing = new Map(signed.map((each) => [each.name, each]));
  for (const file of files) {
    const name = `${prefix}${file.path}`;
    if (file.path === signaturesPath || exclude.includes(name)) continue;
    const wanted = missing.get(name);
    if (wanted === undefined) throw new BundleError(`file ${name} not included in bundle signature`);
    requireDigest(file, name, wanted);
    missing.delete(name);
  }
  const rest = [...missing.keys()].filter((name) => !exclude.includes(name));
  if (rest.length > 0)
    throw new BundleError(
      `file(s) [${rest.join(" ")}] specified in bundle signatures but not found in the target bundle`,
    );
}

function requireDigest(file: BundleFile, name: string, { hash, algorithm }: SignedFile): void {
  const known = Object.hasOwn(hashes, algorithm) ? hashes[algorithm] : undefined;
  if (known === undefined) throw new BundleError(`unsupported hashing algorithm: ${algorithm}`);
  const digest = createHash(known).update(signedBytes(file)).digest("hex");
  if (digest !== hash) throw new BundleError(`${name}: digest mismatch (want: ${hash}, got: ${digest})`);
}
