export type { PolicySource } from "./config-maps.ts";
export { defaultSyncOptions, type SyncOptions, statusAnnotation } from "./options.ts";
export type { ActivatePolicies, LoadStatus } from "./policy-loader.ts";
export { type ObjectChange, Sync, type SyncEffects } from "./sync.ts";
