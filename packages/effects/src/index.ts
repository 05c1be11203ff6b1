export { nodeCrypto } from "./crypto.ts";
export { createEffects, type EffectsOptions, nodeNetwork } from "./effects.ts";
export { networkFault } from "./http-faults.ts";
export { locationOf } from "./http-redirects.ts";
