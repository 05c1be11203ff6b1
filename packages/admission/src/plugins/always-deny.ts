import type { Plugin, PluginFunction } from "../plugin.ts";
import { deny } from "../refusals.ts";

const denial: PluginFunction = ({ request }) =>
  deny(request, "always-deny", "admission control is denying all modifications");

/**
 * AlwaysDeny: refuses everything, also what is not valid. Deprecated: it was for tests.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#alwaysdeny
 */
export const alwaysDeny: Plugin = {
  name: "AlwaysDeny",
  operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
  mutate: denial,
  validate: denial,
};
