import type { Plugin } from "../plugin.ts";
import { skip } from "../refusals.ts";

/**
 * RegoPolicies: the loaded policies, asked as OPA's webhook would be. Not a plugin of kube-apiserver: it stands right behind the
 * webhook plugin of its phase. Without `data.system.main`, every package at or below `kubernetes.admission` decides: `deny` and
 * `violation` refuse, `warn` warns, `patch` changes. A policy that fails refuses (fail closed).
 * https://www.openpolicyagent.org/docs/kubernetes
 */
export const regoPolicies: Plugin = {
  name: "RegoPolicies",
  operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
  mutate: (context) => context.snapshot.policies.decisions?.mutate(context) ?? skip("no policy is loaded"),
  validate: (context) => context.snapshot.policies.decisions?.validate(context) ?? skip("no policy is loaded"),
};
