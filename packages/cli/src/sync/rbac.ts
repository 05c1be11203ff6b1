import type { GroupVersionResource } from "@sallyport/kube";

export interface RbacOptions {
  /** Where ConfigMaps are read and annotated; `*` for all. */
  readonly namespaces: readonly string[];
  readonly replicated: readonly GroupVersionResource[];
  /** `namespace:name` of the service account. */
  readonly serviceAccount: { readonly namespace: string; readonly name: string };
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const name = "sallyport-sync";

/** The least that `sallyport sync` needs of a cluster, as YAML for `kubectl apply`. */
export function rbacText({ namespaces, replicated, serviceAccount }: RbacOptions): string {
  const configMaps: Rule = { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch", "patch"] };
  const isEverywhere = namespaces.includes("*");
  const rules = [...replicationRules(replicated), ...(isEverywhere ? [configMaps] : [])];
  const subject = { kind: "ServiceAccount", ...serviceAccount };
  const cluster =
    rules.length === 0
      ? []
      : [roleText("ClusterRole", undefined, rules), bindingText("ClusterRole", undefined, subject)];
  const local = isEverywhere
    ? []
    : namespaces.flatMap((namespace) => [
        roleText("Role", namespace, [configMaps]),
        bindingText("Role", namespace, subject),
      ]);
  return [...cluster, ...local].join("---\n");
}

/** One rule of each group. */
function replicationRules(replicated: readonly GroupVersionResource[]): readonly Rule[] {
  const groups = [...new Set(replicated.map(({ group }) => group))].sort();
  return groups.map((group) => ({
    apiGroups: [group],
    resources: replicated
      .filter((each) => each.group === group)
      .map(({ resource }) => resource)
      .sort(),
    verbs: ["get", "list", "watch"],
  }));
}

function roleText(kind: string, namespace: string | undefined, rules: readonly Rule[]): string {
  const lines = rules.map(
    ({ apiGroups, resources, verbs }) =>
      `  - apiGroups: ${JSON.stringify(apiGroups)}\n    resources: ${JSON.stringify(resources)}\n    verbs: ${JSON.stringify(verbs)}\n`,
  );
  return `${head(kind, namespace)}rules:\n${lines.join("")}`;
}

function bindingText(roleKind: string, namespace: string | undefined, subject: object): string {
  const ref = JSON.stringify({ apiGroup: "rbac.authorization.k8s.io", kind: roleKind, name });
  return `${head(`${roleKind}Binding`, namespace)}roleRef: ${ref}\nsubjects: [${JSON.stringify(subject)}]\n`;
}

function head(kind: string, namespace: string | undefined): string {
  const place = namespace === undefined ? "" : `  namespace: ${namespace}\n`;
  return `apiVersion: rbac.authorization.k8s.io/v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n${place}`;
}
