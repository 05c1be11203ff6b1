import type { Plugin } from "../plugin.ts";
import { deny, pass } from "../refusals.ts";

/** AlwaysAdmit: admits everything. Deprecated: an empty chain does the same. */
export const alwaysAdmit: Plugin = {
  name: "AlwaysAdmit",
  operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
  validate: () => pass(),
};

/** AlwaysDeny: refuses everything. Deprecated: it was for tests. */
export const alwaysDeny: Plugin = {
  name: "AlwaysDeny",
  operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
  validate: ({ request }) => deny(request, "always-deny", "admission control is denying all modifications"),
};
