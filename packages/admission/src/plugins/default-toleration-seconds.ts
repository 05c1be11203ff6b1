import type { Plugin } from "../plugin.ts";
import { isCore, pass, skip } from "../refusals.ts";

interface Toleration {
  readonly key?: string;
  readonly effect?: string;
}

/** Seconds that a pod stays on a node that is not ready or not reachable: kube-apiserver's default flags. */
const seconds = 300;

const keys = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/**
 * DefaultTolerationSeconds: every pod tolerates a node that is not ready, or not reachable, for five minutes, unless it says otherwise.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#defaulttolerationseconds
 */
export const defaultTolerationSeconds: Plugin = {
  name: "DefaultTolerationSeconds",
  operations: ["CREATE", "UPDATE"],
  mutate: ({ request }) => {
    if (!isCore(request, "pods") || request.object === null) return skip("not a pod");
    const spec = (request.object["spec"] ?? {}) as { readonly tolerations?: readonly Toleration[] };
    const given = spec.tolerations ?? [];
    const missing = keys.filter(
      (key) => !given.some((each) => (each.key === key || !each.key) && (each.effect === "NoExecute" || !each.effect)),
    );
    if (missing.length === 0) return pass("the pod tolerates both already");
    const added = missing.map((key) => ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: seconds }));
    return {
      outcome: "mutated",
      why: `tolerates ${missing.join(", ")} for ${seconds} s`,
      object: { ...request.object, spec: { ...spec, tolerations: [...given, ...added] } },
    };
  },
};
