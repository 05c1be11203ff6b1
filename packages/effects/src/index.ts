export { nodeCrypto } from "./crypto.ts";
export { createEffects, type EffectsOptions } from "./effects.ts";
