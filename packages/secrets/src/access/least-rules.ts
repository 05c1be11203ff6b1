import type { PolicyRule, RuleRequest } from "@sallyport/kube";

/**
 * As few rules as allow these requests, and no other verb of any resource. They are limited to names where all requests of a verb have one
 * and there are `maxNames` at most.
 */
export function leastRules(requests: readonly RuleRequest[], maxNames: number): readonly PolicyRule[] {
  const ofResources = requests.filter(({ path }) => path === undefined);
  const paths = requests.filter(({ path }) => path !== undefined);
  return [...resourceRules(ofResources, maxNames), ...pathRules(paths)];
}

interface Atom {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** Empty for all. */
  readonly names: readonly string[];
}

function resourceRules(requests: readonly RuleRequest[], maxNames: number): readonly PolicyRule[] {
  const byAct = Map.groupBy(requests, ({ verb, group, resource, subresource }) =>
    [verb, group, subresource === undefined ? resource : `${resource}/${subresource}`].join("\n"),
  );
  const atoms = [...byAct].map(([act, list]): Atom => {
    const [verb = "", group = "", resource = ""] = act.split("\n");
    return { verb, group, resource, names: namesOf(verb, resource, list, maxNames) };
  });
  // First the verbs of one resource come together, then the resources with the same verbs, then groups with the same resources.
  const perResource = merged(
    atoms,
    ({ group, resource, names }) => [group, resource, names],
    (all) => ({
      verbs: sorted(all.map(({ verb }) => verb)),
      group: all[0]?.group ?? "",
      resource: all[0]?.resource ?? "",
      names: all[0]?.names ?? [],
    }),
  );
  const perGroup = merged(
    perResource,
    ({ verbs, group, names }) => [verbs, group, names],
    (all) => ({
      verbs: all[0]?.verbs ?? [],
      group: all[0]?.group ?? "",
      resources: sorted(all.map(({ resource }) => resource)),
      names: all[0]?.names ?? [],
    }),
  );
  return merged(
    perGroup,
    ({ verbs, resources, names }) => [verbs, resources, names],
    (all): PolicyRule => {
      const { verbs = [], resources = [], names = [] } = all[0] ?? {};
      const limit = names.length === 0 ? {} : { resourceNames: names };
      return { apiGroups: sorted(all.map(({ group }) => group)), resources, verbs, ...limit };
    },
  );
}

/** What is created or deleted with others is not asked for by name. */
function namesOf(verb: string, resource: string, requests: readonly RuleRequest[], most: number): readonly string[] {
  const isNameless = verb === "deletecollection" || (verb === "create" && !resource.includes("/"));
  const names = sorted(requests.map(({ name }) => name));
  return isNameless || names.includes("") || names.length > most ? [] : names;
}

function pathRules(requests: readonly RuleRequest[]): readonly PolicyRule[] {
  const perPath = merged(
    requests,
    ({ path }) => path,
    (all) => ({
      verbs: sorted(all.map(({ verb }) => verb)),
      path: all[0]?.path ?? "",
    }),
  );
  return merged(
    perPath,
    ({ verbs }) => verbs,
    (all) => ({
      nonResourceURLs: sorted(all.map(({ path }) => path)),
      verbs: all[0]?.verbs ?? [],
    }),
  );
}

/** Those with the same key as one, in the order of the keys. */
function merged<T, R>(list: readonly T[], keyOf: (each: T) => unknown, join: (all: readonly T[]) => R): readonly R[] {
  const groups = Map.groupBy(list, (each) => JSON.stringify(keyOf(each)));
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, all]) => join(all));
}

function sorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}
