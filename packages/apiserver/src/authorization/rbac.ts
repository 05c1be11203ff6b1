import { authorizeByRbac, type RbacReader, rulesFor } from "@sallyport/kube";
import type { Authorizer } from "./authorizer.ts";

/** Roles and their bindings, as they are at the moment. */
export function rbacAuthorizer(reader: RbacReader): Authorizer {
  return {
    authorize: (attributes) => {
      const { allowed, reason } = authorizeByRbac(reader, attributes);
      if (allowed) return { decision: "Allow", reason };
      return { decision: "NoOpinion", reason };
    },
    rules: (user, namespace) => {
      const faults: string[] = [];
      const rules = [...rulesFor(reader, user, namespace, (text) => faults.push(text))].map(({ rule }) => rule);
      const error = faults.length > 1 ? `[${faults.join(", ")}]` : faults[0];
      return { rules, isIncomplete: false, errors: error === undefined ? [] : [error] };
    },
  };
}
