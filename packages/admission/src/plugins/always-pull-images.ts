import type { Plugin } from "../plugin.ts";
import { deny, isCore, skip } from "../refusals.ts";

type Container = { readonly imagePullPolicy?: string };
const lists = ["initContainers", "containers", "ephemeralContainers"] as const;

/**
 * AlwaysPullImages: every container's imagePullPolicy is Always, so that a private image needs its credentials each time.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#alwayspullimages
 */
export const alwaysPullImages: Plugin = {
  name: "AlwaysPullImages",
  operations: ["CREATE", "UPDATE"],
  mutate: ({ request }) => {
    if (!isCore(request, "pods") || request.object === null) return skip("not a pod");
    const spec = (request.object["spec"] ?? {}) as { readonly [list: string]: readonly Container[] | undefined };
    const changed = lists
      .filter((list) => spec[list] !== undefined)
      .map((list) => [list, spec[list]?.map((each) => ({ ...each, imagePullPolicy: "Always" }))]);
    return {
      outcome: "mutated",
      why: "imagePullPolicy Always",
      object: { ...request.object, spec: { ...spec, ...Object.fromEntries(changed) } },
    };
  },
  validate: ({ request }) => {
    if (!isCore(request, "pods") || request.object === null) return skip("not a pod");
    const spec = (request.object["spec"] ?? {}) as { readonly [list: string]: readonly Container[] | undefined };
    for (const list of lists) {
      const at = (spec[list] ?? []).findIndex((each) => each.imagePullPolicy !== "Always");
      if (at >= 0)
        return deny(
          request,
          "pull-policy",
          `spec.${list}[${at}].imagePullPolicy: Unsupported value: "${spec[list]?.[at]?.imagePullPolicy ?? ""}": supported values: "Always"`,
          `spec.${list}[${at}].imagePullPolicy`,
        );
    }
    return { outcome: "admitted", why: "" };
  },
};
