import { faultsText } from "@sallyport/kube";
import {
  ConfigurationError,
  decodeConfiguration,
  type KmsConfiguration,
  type ProviderConfiguration,
} from "./configuration.ts";
import { configurationFaults } from "./configuration-faults.ts";
import type { EncryptionMetrics } from "./encryption-metrics.ts";
import { localProvider } from "./local-providers.ts";
import { type EncryptionRules, rulesOf } from "./rules.ts";
import type { PrefixTransformer } from "./transformer.ts";

/** A check of `/readyz`, which rejects with why it fails. */
export interface ProviderCheck {
  readonly name: string;
  readonly check: () => Promise<void>;
}

/** An EncryptionConfiguration at work. */
export interface Encryption {
  readonly rules: EncryptionRules;
  /** One for each KMS, or one for all where their number may change. */
  readonly checks: readonly ProviderCheck[];
  /** So long after another configuration took over, requests of this one may still be under way. */
  readonly graceMs: number;
  readonly close: () => void;
}

export interface EncryptionOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The file may change while the server runs. */
  readonly reload: boolean;
  /** KMS v1 is allowed; kube-apiserver's feature gate of that name, off since 1.29. */
  readonly allowsKmsV1: boolean;
  /** Told of what happens in the background: a KMS that is not well. */
  readonly onFault: (text: string) => void;
  /** Told when a KMS seals with another key than before, or with its first one. */
  readonly onRotate: () => void;
  /** What is counted of KMS plugins and their keys; of nobody's interest when absent. */
  readonly metrics?: EncryptionMetrics;
}

/** kube-apiserver's minimum before it closes what was replaced. */
const minGraceMs = 10_000;

interface Kms {
  readonly provider: PrefixTransformer;
  readonly check: () => Promise<void>;
  readonly isV2: boolean;
  /** The longest that a check may take. */
  readonly timeoutMs: number;
  readonly close: () => void;
}

/** Builds the transformers of a parsed document, asking each KMS once. Rejects with `ConfigurationError`, which holds nothing of any key. */
export async function createEncryption(document: unknown, options: EncryptionOptions): Promise<Encryption> {
  const configuration = decodeConfiguration(document);
  const faults = configurationFaults(configuration, options.reload);
  if (faults.length > 0) throw new ConfigurationError(faultsText(faults));
  // What masks what is known without a KMS: none is left open for a configuration that is refused.
  rulesOf(configuration, (provider) => localProvider(provider) ?? placeholder);
  const made = new Map<ProviderConfiguration, Kms>();
  const close = () => {
    for (const each of made.values()) each.close();
  };
  try {
    for (const provider of configuration.resources.flatMap(({ providers }) => providers))
      if (provider.kms !== undefined) made.set(provider, await openKms(provider.kms, options));
    const rules = rulesOf(
      configuration,
      (provider) => localProvider(provider) ?? (made.get(provider)?.provider as PrefixTransformer),
    );
    const all = [...made.values()];
    const graceMs = Math.max(minGraceMs, 2 * all.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0));
    return { rules, checks: checksOf(all, options.reload), graceMs, close };
  } catch (error) {
    close();
    throw error;
  }
}

const placeholder: PrefixTransformer = {
  prefix: "",
  transformer: { seal: (value) => value, open: (value) => ({ value, isStale: false }) },
};

/** As kube-apiserver names them: one check of all where all are of v2, or where they may change. */
function checksOf(all: readonly Kms[], reload: boolean): readonly ProviderCheck[] {
  const named = all.map(({ check }, i) => ({ name: `kms-provider-${i}`, check }));
  if (!reload && !(all.length > 0 && all.every(({ isV2 }) => isV2))) return named;
  return [{ name: "kms-providers", check: () => checkAll(named) }];
}

async function checkAll(checks: readonly ProviderCheck[]): Promise<void> {
  const faults: string[] = [];
  for (const { name, check } of checks) await check().catch((error: Error) => faults.push(`${name}: ${error.message}`));
  if (faults.length > 0) throw new Error(faults.length === 1 ? faults[0] : `[${faults.join(", ")}]`);
}

/** A KMS brings gRPC along, which nobody else needs to load. */
async function openKms(kms: KmsConfiguration, options: EncryptionOptions): Promise<Kms> {
  const { openKmsV1, openKmsV2 } = await import("../kms/open.ts");
  if (kms.apiVersion === "v2") return openKmsV2(kms, options);
  if (!options.allowsKmsV1)
    throw new ConfigurationError(
      "KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.  Set --feature-gates=KMSv1=true to use the deprecated KMSv1 feature.",
    );
  return openKmsV1(kms, options);
}
