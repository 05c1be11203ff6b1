/**
 * kube-mgmt's settings, by its flag names. https://github.com/open-policy-agent/kube-mgmt#readme
 */
export interface SyncOptions {
  /** `--enable-policies`: load policies from ConfigMaps. */
  readonly enablePolicies: boolean;
  /** `--enable-data`: load JSON data from ConfigMaps. */
  readonly enableData: boolean;
  /** `--namespaces`: where policies and data are looked for; `*` for all. */
  readonly namespaces: readonly string[];
  /** `--policy-label` and `--policy-value`. */
  readonly policyLabel: string;
  readonly policyValue: string;
  /** `--data-label` and `--data-value`. */
  readonly dataLabel: string;
  readonly dataValue: string;
  /**
   * `--require-policy-label`: when false, a ConfigMap without the label is policy too if all its keys end in `.rego`,
   * so that `kubectl create configmap NAME --from-file=NAME.rego` is enough.
   */
  readonly requirePolicyLabel: boolean;
  /** `--replicate-path`: the name under `data` below which objects are replicated. */
  readonly replicatePath: string;
  /** `--replicate-ignore-namespaces`. */
  readonly replicateIgnoreNamespaces: readonly string[];
}

export const defaultSyncOptions: SyncOptions = {
  enablePolicies: true,
  enableData: true,
  namespaces: ["opa"],
  policyLabel: "openpolicyagent.org/policy",
  policyValue: "rego",
  dataLabel: "openpolicyagent.org/data",
  dataValue: "opa",
  requirePolicyLabel: false,
  replicatePath: "kubernetes",
  replicateIgnoreNamespaces: [],
};

/** kube-mgmt writes what became of a ConfigMap here, as JSON. */
export const statusAnnotation = "openpolicyagent.org/kube-mgmt-status";
