import type { Plugin } from "../plugin.ts";
import { pass } from "../refusals.ts";

/**
 * AlwaysAdmit: admits everything. Deprecated: a chain without it does the same.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#alwaysadmit
 */
export const alwaysAdmit: Plugin = {
  name: "AlwaysAdmit",
  operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
  mutate: () => pass(),
  validate: () => pass(),
};
