export { SourceError } from "../source-error.ts";
export { kmsServiceOf } from "./key-source.ts";
export { type ObservedCall, observed } from "./observed.ts";
export { startPlugin } from "./plugin.ts";
export { PluginMetrics } from "./plugin-metrics.ts";
export { claimSocket } from "./plugin-socket.ts";
export type { KmsService } from "./service.ts";
export {
  KeyRingFile,
  withCurrentKey,
  withNewKey,
  withoutKey,
  withRetiredKey,
} from "./sources/key-ring-file.ts";
export { openKeySource, ringSecretOf } from "./sources/open-source.ts";
export type { Pkcs11 } from "./sources/pkcs11-token.ts";
export { type SourceKindName, type SourceValues, sourceKinds } from "./sources/source-kinds.ts";
