import type { KeyObject } from "node:crypto";
import {
  openSealedSecret,
  resealSecret,
  type Scope,
  SealError,
  type SealedSecret,
  type SecretManifest,
  sealSecret,
} from "@sallyport/secrets";
import { InputError, type Manifest } from "../manifests.ts";

export interface Sealing {
  readonly publicKey: KeyObject;
  /** Over the Secrets' own annotations. */
  readonly scope?: Scope;
  /** Of Secrets that name none. */
  readonly namespace?: string;
}

/** Secrets become SealedSecrets; anything else among them is a fault. Throws `InputError`. */
export function sealManifests(manifests: readonly Manifest[], sealing: Sealing): readonly SealedSecret[] {
  return manifests.map((manifest) => {
    const { namespace, publicKey, scope } = sealing;
    const secret = secretOf(manifest);
    const placed = namespace === undefined ? secret : { ...secret, metadata: { namespace, ...secret.metadata } };
    return told(manifest, () => sealSecret(placed, publicKey, scope));
  });
}

/** SealedSecrets for another key. Throws `InputError`. */
export function resealManifests(
  manifests: readonly Manifest[],
  privateKeys: readonly KeyObject[],
  publicKey: KeyObject,
): readonly SealedSecret[] {
  return manifests.map((manifest) =>
    told(manifest, () => resealSecret(sealedSecretOf(manifest), privateKeys, publicKey)),
  );
}

/** The Secrets in SealedSecrets. Throws `InputError`. */
export function openManifests(
  manifests: readonly Manifest[],
  privateKeys: readonly KeyObject[],
): readonly SecretManifest[] {
  return manifests.map((manifest) => told(manifest, () => openSealedSecret(sealedSecretOf(manifest), privateKeys)));
}

function secretOf({ file, line, value }: Manifest): SecretManifest {
  if (value["kind"] !== "Secret") throw new InputError(`${file}:${line}: a ${value["kind"]}: only Secrets are sealed`);
  if (!isRecord(value["metadata"] ?? {})) throw new InputError(`${file}:${line}: metadata: expected a map`);
  for (const field of ["data", "stringData"])
    if (!isRecord(value[field] ?? {})) throw new InputError(`${file}:${line}: ${field}: expected a map`);
  return { metadata: {}, ...value } as unknown as SecretManifest;
}

function sealedSecretOf({ file, line, value }: Manifest): SealedSecret {
  const { apiVersion, kind, metadata, spec } = value;
  if (kind !== "SealedSecret" || apiVersion !== "bitnami.com/v1alpha1")
    throw new InputError(
      `${file}:${line}: a ${kind} of ${apiVersion}: expected a SealedSecret of bitnami.com/v1alpha1`,
    );
  if (!isRecord(metadata) || !isRecord(spec) || !isRecord(spec["encryptedData"] ?? {}))
    throw new InputError(`${file}:${line}: the SealedSecret has no metadata or no spec.encryptedData`);
  return value as unknown as SealedSecret;
}

function isRecord(value: unknown): value is { readonly [field: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function told<T>({ file, line }: Manifest, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof SealError ? new InputError(`${file}:${line}: ${error.message}`) : error;
  }
}
