export { type AuditFinding, auditConfiguration, type Severity } from "./audit.ts";
export { Census, type CensusLine, type CensusObject, type Judgement, judged, type LyingValue } from "./census.ts";
export {
  ConfigurationError,
  decodeConfiguration,
  type EncryptionConfiguration,
  type EncryptionKey,
  type KmsConfiguration,
  type ProviderConfiguration,
  type ResourceConfiguration,
} from "./configuration.ts";
export { configurationFaults } from "./configuration-faults.ts";
export {
  createEncryption,
  type Encryption,
  type EncryptionOptions,
  type ProviderCheck,
} from "./encryption.ts";
export { EncryptionMetrics } from "./encryption-metrics.ts";
export { isEncrypted } from "./identity.ts";
export { ReloadingEncryption } from "./reloading-encryption.ts";
export { EncryptionRules, type GroupResource, parseResource } from "./rules.ts";
export { type Seal, sealOf, sealText } from "./seal-of.ts";
export { type ObserveTransform, type Opened, TransformError, type Transformer } from "./transformer.ts";
