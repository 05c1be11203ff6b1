import type { KubeObject } from "@sallyport/kube";
import type { Step } from "../apiserver/scenario.ts";
import type { Grant, PolicyCase } from "./random-case.ts";

/** Who makes the pods. */
export const creator = "jane";

/** A namespace of others: what is granted there counts nowhere else. */
const elsewhere = "elsewhere";

const rbac = "rbac.authorization.k8s.io";

/** What all cases share. */
export const shared: readonly Step[] = [
  namespaceStep(elsewhere),
  {
    method: "POST",
    path: `/apis/${rbac}/v1/clusterroles`,
    body: {
      metadata: { name: "pods" },
      rules: [{ apiGroups: [""], resources: ["pods", "pods/ephemeralcontainers"], verbs: ["*"] }],
    },
  },
];

/** A case in a namespace of its own, its policies called after it: many lie on one server side by side. */
export interface CaseSteps {
  readonly policies: readonly Step[];
  readonly before: readonly Step[];
  readonly create: Step;
  readonly changes: readonly Step[];
  readonly after: readonly Step[];
}

export function stepsOf({ policies, pod }: PolicyCase, space: string): CaseSteps {
  const named = (name: string) => `${space}-${name}`;
  const pods = `/api/v1/namespaces/${space}/pods`;
  const item = `${pods}/${pod.metadata.name}`;
  const headers = { "impersonate-user": creator };
  const merge = "application/strategic-merge-patch+json";
  const names = policies.map(({ policy }) => named(policy.metadata.name ?? ""));
  const debug = { name: "debug", image: "registry.example.com/debug:1" };
  return {
    policies: policies.map(({ policy }) => ({
      method: "POST",
      path: "/apis/policy/v1beta1/podsecuritypolicies",
      body: { ...policy, metadata: { ...policy.metadata, name: named(policy.metadata.name ?? "") } },
    })),
    before: [
      namespaceStep(space),
      { method: "POST", path: `/api/v1/namespaces/${space}/serviceaccounts`, body: { metadata: { name: "default" } } },
      binding(space, "pods", "user"),
      ...policies.flatMap(({ grant }, i) => grantSteps(space, names[i] as string, grant)),
    ],
    create: { method: "POST", path: pods, headers, body: withHint(pod, named) },
    changes: [
      { method: "PATCH", path: item, type: merge, headers, body: { metadata: { labels: { a: "b" } } } },
      { method: "PATCH", path: item, type: merge, headers, body: { metadata: { finalizers: ["example.com/kept"] } } },
      {
        method: "PATCH",
        path: `${item}/ephemeralcontainers`,
        type: merge,
        headers,
        body: { spec: { ephemeralContainers: [debug] } },
      },
    ],
    after: names.map((name) => ({ method: "DELETE", path: `/apis/policy/v1beta1/podsecuritypolicies/${name}` })),
  };
}

function namespaceStep(name: string): Step {
  return { method: "POST", path: "/api/v1/namespaces", body: { metadata: { name } } };
}

/** The policy that the pod was admitted by, so it says, is one of this case. */
function withHint(pod: KubeObject, named: (name: string) => string): KubeObject {
  const hint = pod.metadata.annotations?.["kubernetes.io/psp"];
  if (hint === undefined) return pod;
  const annotations = { ...pod.metadata.annotations, "kubernetes.io/psp": named(hint) };
  return { ...pod, metadata: { ...pod.metadata, annotations } };
}

function grantSteps(space: string, policy: string, grant: Grant): readonly Step[] {
  if (grant === "nobody") return [];
  const rules = [
    { apiGroups: ["policy"], resources: ["podsecuritypolicies"], resourceNames: [policy], verbs: ["use"] },
  ];
  const role = { method: "POST", path: `/apis/${rbac}/v1/clusterroles`, body: { metadata: { name: policy }, rules } };
  return [role, binding(grant === "elsewhere" ? elsewhere : space, policy, grant)];
}

function binding(namespace: string, role: string, grant: Grant): Step {
  const user = { kind: "User", name: creator, apiGroup: rbac };
  const account = { kind: "ServiceAccount", name: "default", namespace };
  const subjects = { account: [account], user: [user], both: [account, user], nobody: [], elsewhere: [user] }[grant];
  const roleRef = { apiGroup: rbac, kind: "ClusterRole", name: role };
  const path = `/apis/${rbac}/v1/namespaces/${namespace}/rolebindings`;
  return { method: "POST", path, body: { metadata: { name: role }, roleRef, subjects } };
}
