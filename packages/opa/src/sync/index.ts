export { idOf, type PolicySource, policiesOfConfigMaps } from "./config-maps.ts";
export { defaultSyncOptions, type SyncOptions, statusAnnotation } from "./options.ts";
export { type ActivatePolicies, type LoadStatus, PolicyLoader } from "./policy-loader.ts";
export {
  neverReplicated,
  type ObjectChange,
  type ObjectTarget,
  type PolicyTarget,
  Sync,
  type SyncEffects,
} from "./sync.ts";
