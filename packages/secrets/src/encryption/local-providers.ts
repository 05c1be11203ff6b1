import { aescbc } from "./aescbc.ts";
import { aesgcm } from "./aesgcm.ts";
import type { EncryptionKey, ProviderConfiguration } from "./configuration.ts";
import { bytesOf } from "./configuration-faults.ts";
import { identity } from "./identity.ts";
import { prefixed } from "./prefixed.ts";
import { secretbox } from "./secretbox.ts";
import type { PrefixTransformer, Transformer } from "./transformer.ts";

const ciphers = {
  aesgcm: { cipher: aesgcm, none: "no matching key was found for the provided AES transformer" },
  aescbc: { cipher: aescbc, none: "no matching key was found for the provided AES transformer" },
  secretbox: { cipher: secretbox, none: "no matching key was found for the provided Secretbox transformer" },
};

/** The transformer of a provider whose keys stand in the configuration, which was checked; undefined for a KMS. */
export function localProvider(provider: ProviderConfiguration): PrefixTransformer | undefined {
  if (provider.kms !== undefined) return undefined;
  for (const name of ["aesgcm", "aescbc", "secretbox"] as const) {
    const [first, ...others] = provider[name] ?? [];
    if (first === undefined) continue;
    const { cipher, none } = ciphers[name];
    const transformer = prefixed([withKey(cipher, first), ...others.map((key) => withKey(cipher, key))], none);
    return { prefix: `k8s:enc:${name}:v1:`, transformer };
  }
  return { prefix: "", transformer: identity };
}

function withKey(cipher: (secret: Uint8Array) => Transformer, { name, secret }: EncryptionKey): PrefixTransformer {
  return { prefix: `${name}:`, transformer: cipher(bytesOf(secret) ?? new Uint8Array()) };
}
