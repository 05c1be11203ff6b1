export type { PolicySource } from "./sync/config-maps.ts";
export { defaultSyncOptions, type SyncOptions, statusAnnotation } from "./sync/options.ts";
export type { ActivatePolicies, LoadStatus } from "./sync/policy-loader.ts";
export { type ObjectChange, Sync, type SyncEffects } from "./sync/sync.ts";
