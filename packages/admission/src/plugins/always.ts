import type { Plugin, PluginFunction } from "../plugin.ts";
import { deny, pass } from "../refusals.ts";

/** AlwaysAdmit: admits everything. Deprecated: an empty chain does the same. */
export const alwaysAdmit: Plugin = {
  name: "AlwaysAdmit",
  operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
  mutate: () => pass(),
  validate: () => pass(),
};

const denial: PluginFunction = ({ request }) =>
  deny(request, "always-deny", "admission control is denying all modifications");

/** AlwaysDeny: refuses everything, also what is not valid. Deprecated: it was for tests. */
export const alwaysDeny: Plugin = {
  name: "AlwaysDeny",
  operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
  mutate: denial,
  validate: denial,
};
