import { timestampOf } from "../timestamp.ts";
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

/** Kinds that are asked and never stored. Undefined for all others. */
export async function answerReview(call: ReviewCall): Promise<Json | undefined> {
  const review = reviews[call.info.resource];
  if (review === undefined) return undefined;
  const status = await review(call);
  const spec = call.body["spec"] === undefined ? {} : { spec: call.body["spec"] };
  const metadata = { creationTimestamp: timestampOf(call.now()) };
  return { kind: call.info.kind, apiVersion: call.body["apiVersion"], metadata, ...spec, status };
}
