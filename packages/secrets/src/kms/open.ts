import type { KmsConfiguration } from "../encryption/configuration.ts";
import type { EncryptionOptions } from "../encryption/encryption.ts";
import { EncryptionMetrics } from "../encryption/encryption-metrics.ts";
import type { PrefixTransformer } from "../encryption/transformer.ts";
import { kmsV1Client, kmsV2Client } from "./grpc-client.ts";
import { kmsV1Transformer } from "./kms-v1.ts";
import { KmsV2Provider } from "./kms-v2.ts";
import { KmsError, type KmsV1Service } from "./service.ts";

interface OpenedKms {
  readonly provider: PrefixTransformer;
  readonly check: () => Promise<void>;
  readonly isV2: boolean;
  readonly timeoutMs: number;
  readonly close: () => void;
}

/** A KMS v2 of a configuration, asked once. */
export async function openKmsV2(
  { name, endpoint, timeoutMs }: KmsConfiguration,
  { now, onFault, onRotate, metrics = new EncryptionMetrics() }: EncryptionOptions,
): Promise<OpenedKms> {
  const service = kmsV2Client(endpoint, timeoutMs, (...call) => metrics.kmsCalled(name, ...call));
  const kms = new KmsV2Provider({ name, service, now, onFault, onRotate, metrics });
  await kms.start();
  return {
    provider: { prefix: `k8s:enc:kms:v2:${name}:`, transformer: kms.transformer },
    check: () => kms.check(),
    isV2: true,
    timeoutMs,
    close: () => kms.close(),
  };
}

/** What a probe of v1 found is told again for so long; kube-apiserver's times. */
const probeTtl = { healthyMs: 20_000, faultyMs: 3_000 };

/** A KMS v1 of a configuration. */
export function openKmsV1(
  { name, endpoint, timeoutMs, cachesize = 1000 }: KmsConfiguration,
  { now, metrics }: EncryptionOptions,
): OpenedKms {
  const service = kmsV1Client(endpoint, timeoutMs);
  return {
    provider: { prefix: `k8s:enc:kms:v1:${name}:`, transformer: kmsV1Transformer(service, cachesize, metrics) },
    check: probeOf(name, service, now),
    isV2: false,
    // A probe seals and opens.
    timeoutMs: 2 * timeoutMs,
    close: () => service.close(),
  };
}

function probeOf(name: string, service: KmsV1Service, now: () => number): () => Promise<void> {
  let last: { readonly at: number; readonly fault: KmsError | undefined } | undefined;
  return async () => {
    const ttl = last?.fault === undefined ? probeTtl.healthyMs : probeTtl.faultyMs;
    if (last === undefined || now() - last.at >= ttl) last = { at: now(), fault: await probe(name, service) };
    if (last.fault !== undefined) throw last.fault;
  };
}

async function probe(name: string, service: KmsV1Service): Promise<KmsError | undefined> {
  let section = "encrypt";
  try {
    const sealed = await service.encrypt(Buffer.from("ping"));
    section = "decrypt";
    await service.decrypt(sealed);
    return undefined;
  } catch (error) {
    return new KmsError(
      `failed to perform ${section} section of the healthz check for KMS Provider ${name}, error: ${(error as Error).message}`,
    );
  }
}
