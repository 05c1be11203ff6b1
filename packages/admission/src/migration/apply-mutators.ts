import type { KubeObject } from "@sallyport/kube";

// biome-ignore lint/suspicious/noExplicitAny: objects are walked by paths of their mutators
type Fields = any;

/** What is read of a mutator of `gatekeeperMutators`. */
interface MutatorSpec {
  readonly match: {
    readonly namespaces: readonly string[];
    readonly labelSelector?: {
      readonly matchExpressions: readonly { readonly key: string; readonly values: readonly string[] }[];
    };
  };
  readonly location: string;
  readonly parameters: {
    readonly assign?: { readonly value: unknown };
    readonly values?: { readonly fromList: readonly unknown[] };
  };
}

/** The pod as Gatekeeper hands it on: each of `gatekeeperMutators` that matches, in the order of their names, as Gatekeeper sorts them. */
export function applyMutators(mutators: readonly KubeObject[], pod: KubeObject): KubeObject {
  const changed = structuredClone(pod);
  const sorted = [...mutators].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  for (const each of sorted) {
    const spec = each["spec"] as MutatorSpec;
    if (isMatch(spec, pod)) apply(changed, spec.location.split(/\.(?![^[]*\])/), spec.parameters);
  }
  return changed;
}

function idOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.name}`;
}

function isMatch({ match }: MutatorSpec, { metadata }: KubeObject): boolean {
  const labels = metadata.labels ?? {};
  return (
    match.namespaces.includes(metadata.namespace ?? "") &&
    (match.labelSelector?.matchExpressions ?? []).every(({ key, values }) => values.includes(labels[key] ?? ""))
  );
}

/** Missing objects on the way are made; `[name: *]` means the items that are there. */
function apply(holder: Fields, [first = "", ...rest]: readonly string[], parameters: MutatorSpec["parameters"]): void {
  const list = /^(.+)\[name: \*\]$/.exec(first)?.[1];
  if (list !== undefined) {
    for (const item of holder[list] ?? []) apply(item, rest, parameters);
  } else if (rest.length > 0) {
    holder[first] ??= {};
    apply(holder[first], rest, parameters);
  } else if (parameters.values !== undefined) {
    const given: readonly unknown[] = holder[first] ?? [];
    holder[first] = [...given, ...parameters.values.fromList.filter((each) => !given.includes(each))];
  } else {
    holder[first] ??= structuredClone(parameters.assign?.value);
  }
}
