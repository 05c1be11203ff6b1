import { randomBytes } from "node:crypto";
import type { AdmissionEffects } from "@sallyport/admission";
import { postReview } from "./review-post.ts";

/** The real clock, randomness and HTTPS for the admission chain. */
export function createAdmissionEffects(): AdmissionEffects {
  return {
    now: Date.now,
    ticks: () => performance.now() * 1000,
    randomBytes: (size) => randomBytes(size),
    post: postReview,
  };
}
