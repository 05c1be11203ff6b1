import type { KubeObject } from "@sallyport/kube";
import type { LostDefault } from "./lost-defaults.ts";
import type { LostMutations } from "./lost-mutations.ts";

const containerLists = ["containers", "initContainers"] as const;

/**
 * Gatekeeper's mutators that set what was lost. Users and groups of containers that say nothing are set in their pod, which comes to the
 * same: a mutator cannot look at the pod before it changes a container.
 */
export function gatekeeperMutators(lost: LostMutations): readonly KubeObject[] {
  return lost.defaults.flatMap((each) => mutatorsOf(lost, each));
}

function mutatorsOf(lost: LostMutations, each: LostDefault): readonly KubeObject[] {
  if (each.place === "capabilities")
    return (["add", "drop"] as const).flatMap((list) =>
      each[list].length === 0 ? [] : inContainers(lost, `capabilities.${list}`, modifySet(each[list])),
    );
  const { place, field, value } = each;
  if (place === "container") return inContainers(lost, field, assign(value));
  const location = place === "spec" ? `spec.${field}` : `spec.securityContext.${field}`;
  return [mutator(lost, field, location, assign(value))];
}

/** How a mutator changes what lies at a location. */
type Change = (location: string) => { readonly kind: string; readonly parameters: object };

function assign(value: unknown): Change {
  return (location) => ({
    kind: "Assign",
    parameters: { assign: { value }, pathTests: [{ subPath: location, condition: "MustNotExist" }] },
  });
}

function modifySet(values: readonly string[]): Change {
  return () => ({ kind: "ModifySet", parameters: { operation: "merge", values: { fromList: values } } });
}

function inContainers(lost: LostMutations, field: string, change: Change): readonly KubeObject[] {
  return containerLists.map((list) =>
    mutator(lost, `${field}-${list}`, `spec.${list}[name: *].securityContext.${field}`, change),
  );
}

function mutator(
  { name, namespaces, labels }: LostMutations,
  what: string,
  location: string,
  change: Change,
): KubeObject {
  const { kind, parameters } = change(location);
  return {
    apiVersion: "mutations.gatekeeper.sh/v1",
    kind,
    metadata: { name: `${name}-${what.replaceAll(".", "-").toLowerCase()}` },
    spec: {
      applyTo: [{ groups: [""], versions: ["v1"], kinds: ["Pod"] }],
      match: {
        scope: "Namespaced",
        kinds: [{ apiGroups: [""], kinds: ["Pod"] }],
        namespaces,
        ...(labels === undefined
          ? {}
          : { labelSelector: { matchExpressions: [{ key: labels.key, operator: "In", values: labels.values }] } }),
      },
      location,
      parameters,
    },
  };
}
