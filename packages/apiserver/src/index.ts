export { createRegistry, offlineCatalogue, type RegistryWiring } from "./admitting-registry.ts";
export type { AuditEvent, AuditOptions } from "./audit/auditor.ts";
export { type AuditLog, type AuditLogOptions, openAuditLog } from "./audit/log.ts";
export { type AuditPolicy, readAuditPolicy } from "./audit/policy.ts";
export {
  type AuthenticationConfiguration,
  type ConfigurationReader,
  jwtIssuers,
} from "./authentication/authentication-configuration.ts";
export type { JwtIssuer } from "./authentication/jwt.ts";
export type { OidcOptions } from "./authentication/oidc.ts";
export type { RequestHeaderOptions } from "./authentication/request-headers.ts";
export { serviceAccountKeys } from "./authentication/service-account-keys.ts";
export { parseTokenFile, type StaticToken } from "./authentication/static-tokens.ts";
export { documentReader, type PostJson, type WebhookTarget, webhookClient } from "./authentication/webhook-client.ts";
export { parseAbacPolicies } from "./authorization/abac.ts";
export {
  type AuthorizationConfiguration,
  type AuthorizationReader,
  configuredModes,
} from "./authorization/authorization-configuration.ts";
export { type AuthorizationMode, authorizationModes, type ConfiguredMode } from "./authorization/modes.ts";
export { selectControllers } from "./controllers/select.ts";
export { deprecationOf } from "./http/deprecations.ts";
export { ListenError } from "./http/listen.ts";
export { defaultAddressTypes, type KubeletOptions } from "./kubelet/kubelets.ts";
export type { ProcessStats } from "./metrics/process-metrics.ts";
export { Cache } from "./registry/cache.ts";
export type { DecodedBody, DeleteOptions, WriteContext } from "./registry/context.ts";
export type { StorageMediaType } from "./registry/encode.ts";
export { decodeStored } from "./registry/encode.ts";
export type { CacheEvent } from "./registry/history.ts";
export { resourceOfKey } from "./registry/keys.ts";
export type { Registry } from "./registry/registry.ts";
export { addressRange, defaultServiceRanges, type ServiceRanges } from "./registry/service-ranges.ts";
export {
  type ApiServer,
  type ApiServerOptions,
  type CredentialOptions,
  startApiServer,
} from "./server.ts";
export { serverIdentityHash } from "./server-identity.ts";
export { readBackup, type Snapshot, writeBackup } from "./storage/backup.ts";
export { type EtcdOptions, openEtcdStore } from "./storage/etcd-store.ts";
export { openLmdbStore, readLmdbSnapshot, restoreLmdbStore } from "./storage/lmdb-store.ts";
export { createMemoryStore } from "./storage/memory-store.ts";
export { SealedStore } from "./storage/sealed-store.ts";
export { fillStore, takeSnapshot } from "./storage/snapshot.ts";
export type { StoredValue } from "./storage/store.ts";
export {
  CompactedError,
  FutureRevisionError,
  type RangeOptions,
  type RangeResult,
  type Store,
  StoreError,
  type StoreEvent,
} from "./storage/store.ts";
