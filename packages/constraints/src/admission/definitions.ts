import type { KubeObject, Structural } from "@sallyport/kube";

/** A group of Gatekeeper's own: its kinds, and those that templates make. */
export function isGatekeeperGroup(group: string): boolean {
  return group.endsWith(".gatekeeper.sh");
}

const open: Structural = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
const spec: Structural = { ...open, description: "What is wanted; checked by Gatekeeper's admission." };
const status: Structural = { ...open, description: "What each process that enforces it says of it." };

/** What `kubectl explain` says of the kinds that users write. */
const descriptions: { readonly [kind: string]: string } = {
  ConstraintTemplate: "A policy in Rego or CEL, and the kind of the constraints that use it.",
  Assign: "Sets a field outside metadata of the objects that it matches.",
  AssignImage: "Sets parts of an image in the objects that it matches.",
  AssignMetadata: "Adds a label or an annotation to the objects that it matches.",
  ModifySet: "Adds entries to a list, or removes them, in the objects that it matches.",
  Provider: "A service outside the cluster that policies and mutators ask for data.",
  ExpansionTemplate:
    "Which objects others are made of, such as pods of a Deployment, so that those are reviewed with it.",
  Config: "Which namespaces are exempt, and which kinds policies find in data.inventory.",
  Connection: "Where audits export violations to.",
  SyncSet: "Kinds that policies find in data.inventory.",
};

interface OwnKind {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** The one that is stored first. */
  readonly versions: readonly string[];
  readonly hasStatus: boolean;
}

const all = ["v1", "v1beta1", "v1alpha1"];

/** What users write. */
const written: readonly OwnKind[] = [
  kindOf("templates", "ConstraintTemplate", "constrainttemplates", all),
  kindOf("mutations", "Assign", "assign", all),
  kindOf("mutations", "AssignImage", "assignimage", ["v1alpha1"]),
  kindOf("mutations", "AssignMetadata", "assignmetadata", all),
  kindOf("mutations", "ModifySet", "modifyset", all),
  kindOf("externaldata", "Provider", "providers", ["v1beta1", "v1alpha1"]),
  kindOf("expansion", "ExpansionTemplate", "expansiontemplate", ["v1beta1", "v1alpha1"]),
  { ...kindOf("config", "Config", "configs", ["v1alpha1"]), namespaced: true },
  kindOf("syncset", "SyncSet", "syncsets", ["v1alpha1"]),
  { ...kindOf("connection", "Connection", "connections", ["v1alpha1"]), namespaced: true },
];

/** What each process of Gatekeeper tells of them. */
const told: readonly OwnKind[] = [
  ["ConstraintTemplatePodStatus", "v1beta1"],
  ["ConstraintPodStatus", "v1beta1"],
  ["MutatorPodStatus", "v1beta1"],
  ["ProviderPodStatus", "v1beta1"],
  ["ExpansionTemplatePodStatus", "v1beta1"],
  ["ConfigPodStatus", "v1beta1"],
  ["ConnectionPodStatus", "v1alpha1"],
].map(([kind = "", version = ""]) => ({
  ...kindOf("status", kind, `${kind.toLowerCase()}es`, [version]),
  namespaced: true,
  hasStatus: false,
}));

function kindOf(group: string, kind: string, plural: string, versions: readonly string[]): OwnKind {
  return { group: `${group}.gatekeeper.sh`, kind, plural, versions, namespaced: false, hasStatus: true };
}

/** CustomResourceDefinitions of Gatekeeper's kinds; what stands in `spec` is checked when it is admitted. */
export const gatekeeperDefinitions: readonly KubeObject[] = [...written, ...told].map(definitionOf);

function definitionOf({ group, kind, plural, namespaced, versions, hasStatus }: OwnKind): KubeObject {
  const description = descriptions[kind] ?? `What one process says of one ${kind.replace(/PodStatus$/, "")}.`;
  const names = { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}`, labels: { "gatekeeper.sh/system": "yes" } },
    spec: {
      group,
      names,
      scope: namespaced ? "Namespaced" : "Cluster",
      conversion: { strategy: "None" },
      versions: versions.map((name, i) => ({
        name,
        served: true,
        storage: i === 0,
        schema: { openAPIV3Schema: { type: "object", description, properties: { spec, status } } },
        ...(hasStatus ? { subresources: { status: {} } } : {}),
      })),
    },
    status: {
      acceptedNames: names,
      conditions: [{ type: "Established", status: "True" }],
      storedVersions: versions.slice(0, 1),
    },
  };
}
