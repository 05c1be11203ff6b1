import type { Plugin } from "../plugin.ts";
import { pass, skip } from "../refusals.ts";
import { type PodSpec, podOf, specOf, type Toleration, withSpec } from "./pod-spec.ts";

/**
 * ExtendedResourceToleration: a pod that asks for `example.com/device` tolerates the taint of that name, by which nodes with
 * devices are kept free for such pods.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#extendedresourcetoleration
 */
export const extendedResourceToleration: Plugin = {
  name: "ExtendedResourceToleration",
  operations: ["CREATE", "UPDATE"],
  mutate: ({ request }) => {
    const pod = podOf(request);
    if (pod === undefined) return skip("not a pod");
    const spec = specOf(pod);
    const resources = extendedResources(spec);
    if (resources.length === 0) return pass("asks for no extended resource");
    const tolerations = resources.reduce<readonly Toleration[]>(
      (list, key) => withToleration(list, { key, operator: "Exists", effect: "NoSchedule" }),
      spec.tolerations ?? [],
    );
    return { outcome: "mutated", why: `tolerates ${resources.join(", ")}`, object: withSpec(pod, { tolerations }) };
  },
};

function extendedResources({ containers = [], initContainers = [] }: PodSpec): readonly string[] {
  const names = [...containers, ...initContainers].flatMap(({ resources }) => Object.keys(resources?.requests ?? {}));
  return [...new Set(names.filter(isExtended))].sort();
}

/** Qualified by a domain that is not Kubernetes' own. */
function isExtended(name: string): boolean {
  return name.includes("/") && !name.includes("kubernetes.io/") && !name.startsWith("requests.");
}

/** In the place of one with the same key, operator, value and effect, else at the end. */
function withToleration(list: readonly Toleration[], added: Toleration): readonly Toleration[] {
  const at = list.findIndex(
    ({ key, operator, value, effect }) =>
      key === added.key && operator === added.operator && !value && effect === added.effect,
  );
  return at < 0 ? [...list, added] : list.with(at, added);
}
