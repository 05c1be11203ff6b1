import { rulesFor, StatusError } from "@sallyport/kube";
import type { Review } from "./review.ts";

/** All that the user may do in a namespace, as far as roles tell. */
export const selfSubjectRulesReview: Review = ({ body, user, reader }) => {
  const { namespace = "" } = (body["spec"] ?? {}) as { readonly namespace?: string };
  if (namespace === "") throw new StatusError("BadRequest", "no namespace on request");
  const faults: string[] = [];
  const rules = [...rulesFor(reader, user, namespace, (text) => faults.push(text))].map(({ rule }) => rule);
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
  const evaluationError = faults.length > 1 ? `[${faults.join(", ")}]` : faults[0];
  const told = evaluationError === undefined ? {} : { evaluationError };
  return { resourceRules, nonResourceRules, incomplete: faults.length > 0, ...told };
};
