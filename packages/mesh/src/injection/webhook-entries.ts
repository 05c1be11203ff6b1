import { type LabelSelectorObject, matchesSelector } from "@sallyport/kube";

/** One webhook of the MutatingWebhookConfiguration: which pods an API server asks about. */
export interface InjectionEntry {
  readonly name: string;
  readonly namespaceSelector: LabelSelectorObject;
  readonly objectSelector: LabelSelectorObject;
}

export interface EntryOptions {
  /** `default`, or what namespaces and pods name by `istio.io/rev`. */
  readonly revision: string;
  /** Pods of namespaces that say nothing get a sidecar, too. */
  readonly enableNamespacesByDefault?: boolean;
}

type Labels = { readonly [name: string]: string };

const [injection, revisionLabel, inject] = ["istio-injection", "istio.io/rev", "sidecar.istio.io/inject"];
const suffix = "sidecar-injector.istio.io";

const is = (key: string, ...values: readonly string[]) => ({ key, operator: "In", values });
const isNot = (key: string, ...values: readonly string[]) => ({ key, operator: "NotIn", values });
const lacks = (key: string) => ({ key, operator: "DoesNotExist" });
const all = (...matchExpressions: NonNullable<LabelSelectorObject["matchExpressions"]>): LabelSelectorObject => ({
  matchExpressions,
});

/** Namespaces that are the cluster's own, where nobody says that he wants a sidecar. */
export const ignoredNamespaces: readonly string[] = [
  "kube-system",
  "kube-public",
  "kube-node-lease",
  "local-path-storage",
];

/**
 * As Istio's installation writes them: the namespace decides by one of two labels, and where it says nothing, the pod does.
 * https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/#controlling-the-injection-policy
 */
export function injectionEntries({ revision, enableNamespacesByDefault }: EntryOptions): readonly InjectionEntry[] {
  const byRevision: readonly InjectionEntry[] = [
    {
      name: `rev.namespace.${suffix}`,
      namespaceSelector: all(is(revisionLabel, revision), lacks(injection)),
      objectSelector: all(isNot(inject, "false")),
    },
    {
      name: `rev.object.${suffix}`,
      namespaceSelector: all(lacks(revisionLabel), lacks(injection)),
      objectSelector: all(isNot(inject, "false"), is(revisionLabel, revision)),
    },
  ];
  if (revision !== "default") return byRevision;
  const byDefault: InjectionEntry = {
    name: `auto.${suffix}`,
    namespaceSelector: all(
      lacks(injection),
      lacks(revisionLabel),
      isNot("kubernetes.io/metadata.name", ...ignoredNamespaces),
    ),
    objectSelector: all(lacks(inject), lacks(revisionLabel)),
  };
  return [
    ...byRevision,
    {
      name: `namespace.${suffix}`,
      namespaceSelector: all(is(injection, "enabled")),
      objectSelector: all(isNot(inject, "false")),
    },
    {
      name: `object.${suffix}`,
      namespaceSelector: all(lacks(injection), lacks(revisionLabel)),
      objectSelector: all(is(inject, "true"), lacks(revisionLabel)),
    },
    ...(enableNamespacesByDefault === true ? [byDefault] : []),
  ];
}

/** The first entry by which a pod is asked about; undefined where it is not. */
export function entryFor(
  entries: readonly InjectionEntry[],
  namespaceLabels: Labels,
  podLabels: Labels,
): InjectionEntry | undefined {
  return entries.find(
    ({ namespaceSelector, objectSelector }) =>
      matchesSelector(namespaceSelector, namespaceLabels) && matchesSelector(objectSelector, podLabels),
  );
}
