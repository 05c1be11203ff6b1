import { StatusError } from "@sallyport/kube";
import type { Review } from "./review.ts";

/** All that the user may do in a namespace, as far as the authorizers can tell. */
export const selfSubjectRulesReview: Review = ({ body, user, authorizer }) => {
  const { namespace = "" } = (body["spec"] ?? {}) as { readonly namespace?: string };
  if (namespace === "") throw new StatusError("BadRequest", "no namespace on request");
  const { rules = [], isIncomplete = false, errors = [] } = authorizer.rules?.(user, namespace) ?? {};
  const resourceRules = rules
    .filter(({ resources }) => resources !== undefined)
    .map(({ verbs, apiGroups, resources, resourceNames }) => ({
      verbs,
      apiGroups,
      resources,
      ...(resourceNames === undefined ? {} : { resourceNames }),
    }));
  const nonResourceRules = rules
    .filter(({ nonResourceURLs }) => nonResourceURLs !== undefined)
    .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }));
  const evaluationError = errors.length > 1 ? `[${errors.join(", ")}]` : errors[0];
  const told = evaluationError === undefined ? {} : { evaluationError };
  return { resourceRules, nonResourceRules, incomplete: isIncomplete, ...told };
};
