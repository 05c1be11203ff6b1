import { authorizeByRbac, type RbacReader } from "@sallyport/kube";
import type { Authorizer } from "./authorizer.ts";

/** Roles and their bindings, as they are at the moment. */
export function rbacAuthorizer(reader: RbacReader): Authorizer {
  return {
    authorize: (attributes) => {
      const { allowed, reason } = authorizeByRbac(reader, attributes);
      if (allowed) return { decision: "Allow", reason };
      return { decision: "NoOpinion", reason };
    },
  };
}
