import { createEffects } from "@sallyport/effects";
import type { Effects } from "@sallyport/rego";

/** Effects for outside suites: the real clock, randomness, cryptography and network. */
export const testEffects: Effects = createEffects();
