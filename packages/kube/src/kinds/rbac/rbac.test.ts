import { testRefusals } from "../refusals.fixture.ts";

const rule = 'rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]';
const ref = "roleRef: {kind: ClusterRole, name: view}";
const group = 'supported values: "rbac.authorization.k8s.io"';

testRefusals("rbac.authorization.k8s.io/v1", {
  Role: [
    [
      rule,
      "rules: [{resources: [pods], verbs: [get]}]",
      "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
    ],
    [
      rule,
      'rules: [{apiGroups: [""]}]',
      "rules[0].resources: Required value: resource rules must supply at least one resource",
      "rules[0].verbs: Required value",
    ],
    [
      rule,
      "rules: [{nonResourceURLs: [/x], verbs: [get]}]",
      'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
    ],
  ],
  ClusterRole: [
    [
      rule,
      "rules: [{nonResourceURLs: [/x], resources: [a], verbs: [get]}]",
      'rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs',
    ],
    [
      rule,
      "aggregationRule: {}",
      "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil",
    ],
    [
      rule,
      "aggregationRule: {clusterRoleSelectors: [{matchExpressions: [{key: a, operator: X}]}]}",
      'aggregationRule.clusterRoleSelectors[0].matchExpressions[0].operator: Invalid value: "X": not a valid selector operator',
      "aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector.",
    ],
  ],
  RoleBinding: [
    [
      ref,
      "roleRef: {kind: X, name: a/b}",
      'roleRef.kind: Unsupported value: "X": supported values: "Role", "ClusterRole"',
      "roleRef.name: Invalid value: \"a/b\": may not contain '/'",
    ],
    [
      ref,
      "subjects: [{kind: X}]",
      'subjects[0].kind: Unsupported value: "X": supported values: "ServiceAccount", "User", "Group"',
      "subjects[0].name: Required value",
    ],
    [ref, "subjects: [{kind: User, name: a, apiGroup: x}]", `subjects[0].apiGroup: Unsupported value: "x": ${group}`],
    [
      ref,
      "~roleRef: {kind: Role, name: a}",
      'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"a"}: field is immutable',
    ],
  ],
  ClusterRoleBinding: [
    [ref, "roleRef: {kind: Role, name: a}", 'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
    [ref, "subjects: [{kind: ServiceAccount, name: a}]", "subjects[0].namespace: Required value"],
  ],
});
