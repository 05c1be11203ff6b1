import { createHash } from "node:crypto";
import type { BundleFile, SignaturesConfig } from "./bundle.ts";
import { signJws } from "./jws.ts";
import { defaultPlugin, type SignedFile, signaturesPath, signedBytes } from "./signatures.ts";

export interface SigningConfig {
  /** A secret, or a PEM private key. */
  readonly key: string;
  /** `RS256` and the like. */
  readonly algorithm: string;
  /** Goes into the header and the payload. */
  readonly keyId?: string;
  /** More claims of the payload; they win over ours. */
  readonly claims?: { readonly [name: string]: unknown };
}

/**
 * One signature over the files of a bundle, in their order. Throws `BundleError` for keys and algorithms that do not fit.
 * https://www.openpolicyagent.org/docs/management-bundles#signature-format
 */
export function signFiles(files: readonly BundleFile[], config: SigningConfig): SignaturesConfig {
  const { key, algorithm, keyId, claims } = config;
  const header = { alg: algorithm, ...(keyId !== undefined && { kid: keyId }), typ: "JWT" };
  const token = signJws(
    header,
    payloadText(
      files.filter(({ path }) => path !== signaturesPath),
      keyId,
      claims,
    ),
    algorithm,
    key,
  );
  return { signatures: [token], ...(keyId !== undefined && { plugin: defaultPlugin }) };
}

/** OPA sorts the claims when there are some of the user's. */
function payloadText(files: readonly BundleFile[], keyId: string | undefined, claims: SigningConfig["claims"]): string {
  const payload = { files: files.map(signedFileOf), ...(keyId !== undefined && { keyid: keyId }), ...claims };
  if (claims === undefined) return JSON.stringify(payload);
  return JSON.stringify(Object.fromEntries(Object.entries(payload).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function signedFileOf(file: BundleFile): SignedFile {
  const hash = createHash("sha256").update(signedBytes(file)).digest("hex");
  return { name: file.path, hash, algorithm: "SHA-256" };
}
