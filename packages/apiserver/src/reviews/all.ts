import { timestampOf } from "@sallyport/kube";
import { localSubjectAccessReview, selfSubjectAccessReview, subjectAccessReview } from "./access.ts";
import { selfSubjectReview, tokenReview } from "./identity.ts";
import type { Json, Review, ReviewCall } from "./review.ts";
import { selfSubjectRulesReview } from "./rules.ts";

const reviews: { readonly [resource: string]: Review } = {
  localsubjectaccessreviews: localSubjectAccessReview,
  selfsubjectaccessreviews: selfSubjectAccessReview,
  selfsubjectreviews: selfSubjectReview,
  selfsubjectrulesreviews: selfSubjectRulesReview,
  subjectaccessreviews: subjectAccessReview,
  tokenreviews: tokenReview,
};

/** Those that keep what was said of the object; others are answered as new. */
const keptWhole: ReadonlySet<string> = new Set([
  "localsubjectaccessreviews",
  "selfsubjectaccessreviews",
  "subjectaccessreviews",
  "tokenreviews",
]);

/** Kinds that are asked and never stored. Undefined for all others. */
export async function answerReview(call: ReviewCall): Promise<Json | undefined> {
  const { resource } = call.info;
  const review = reviews[resource];
  if (review === undefined) return undefined;
  if (keptWhole.has(resource)) return { ...call.body, status: await review(call) };
  const { kind, apiVersion } = call.body;
  const status = await review(call);
  return resource === "selfsubjectreviews"
    ? { kind, apiVersion, metadata: { creationTimestamp: timestampOf(call.now()) }, status }
    : { kind, apiVersion, metadata: {}, spec: {}, status };
}
