import { accessPath, bearer, get, type Headers, nobody, post, rbac, whoami } from "./access-steps.ts";
import type { AccessWorld } from "./access-world.ts";
import type { Any } from "./definitions.ts";
import type { Scenario, WaitingStep } from "./run.ts";

function role(name: string, rules: readonly Any[]): WaitingStep {
  return post(`${rbac}/clusterroles`, { metadata: { name }, rules });
}

function binding(name: string, of: string, user: string, kind = "User"): WaitingStep {
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: of };
  const subject =
    kind === "ServiceAccount"
      ? { kind, name: user, namespace: "d" }
      : { kind, name: user, apiGroup: "rbac.authorization.k8s.io" };
  return post(`${rbac}/clusterrolebindings`, { metadata: { name }, roleRef, subjects: [subject] });
}

/** Waits until a user may: rules are read from a cache. */
function may(headers: Headers, verb: string, resource: string, group = ""): WaitingStep {
  const body = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes: { verb, resource, group } },
  };
  return {
    ...post(`${accessPath}/selfsubjectaccessreviews`, body, headers),
    until: { code: 201, at: "/status/allowed", is: true },
  };
}

export function impersonation(): Scenario {
  const admin = (headers: Headers) => whoami(headers);
  const mimic = bearer("mimic-token");
  return {
    name: "impersonation",
    steps: [
      admin({ "impersonate-user": "zoe" }),
      admin({
        "impersonate-user": "zoe",
        "impersonate-uid": "5",
        "impersonate-group": "dev",
        "impersonate-extra-scopes": "a",
        "impersonate-extra-example.com%2Fb": "c",
      }),
      admin({ "impersonate-user": "system:serviceaccount:d:robot" }),
      admin({ "impersonate-user": "system:serviceaccount:d:robot", "impersonate-group": "x" }),
      admin({ "impersonate-user": "system:serviceaccount:odd" }),
      admin({ "impersonate-user": "system:anonymous" }),
      admin({ "impersonate-user": "system:anonymous", "impersonate-group": "x" }),
      admin({ "impersonate-user": "zoe", "impersonate-group": "system:unauthenticated" }),
      admin({ "impersonate-user": "zoe", "impersonate-group": "system:authenticated" }),
      admin({ "impersonate-user": "system:node:n1" }),
      admin({ "impersonate-user": "system:admin", "impersonate-group": "system:masters" }),
      admin({ "impersonate-group": "dev" }),
      admin({ "impersonate-uid": "5" }),
      admin({ "impersonate-extra-scopes": "a" }),
      admin({ "impersonate-user": "zoe", "impersonate-extra-": "a" }),
      admin({ "impersonate-user": "zoe", "impersonate-extra-SCOPES": "a" }),
      get("/api/v1/namespaces/d/pods", { "impersonate-user": "zoe" }),
      whoami({ ...mimic, "impersonate-user": "zoe" }),
      role("mimic", [
        { apiGroups: [""], resources: ["users"], verbs: ["impersonate"], resourceNames: ["zoe"] },
        { apiGroups: [""], resources: ["groups"], verbs: ["impersonate"], resourceNames: ["dev"] },
        { apiGroups: ["authentication.k8s.io"], resources: ["uids", "userextras/scopes"], verbs: ["impersonate"] },
        { apiGroups: [""], resources: ["serviceaccounts"], verbs: ["impersonate"] },
      ]),
      binding("mimic", "mimic", "mimic"),
      may(mimic, "impersonate", "serviceaccounts"),
      whoami({ ...mimic, "impersonate-user": "zoe" }),
      whoami({ ...mimic, "impersonate-user": "yan" }),
      whoami({ ...mimic, "impersonate-user": "zoe", "impersonate-group": "dev" }),
      whoami({ ...mimic, "impersonate-user": "zoe", "impersonate-group": "ops" }),
      whoami({ ...mimic, "impersonate-user": "zoe", "impersonate-uid": "1" }),
      whoami({ ...mimic, "impersonate-user": "zoe", "impersonate-extra-scopes": "a" }),
      whoami({ ...mimic, "impersonate-user": "zoe", "impersonate-extra-other": "a" }),
      whoami({ ...mimic, "impersonate-user": "system:serviceaccount:d:robot" }),
      whoami({ ...mimic, "impersonate-user": "system:node:n1" }),
      whoami({ ...mimic, "impersonate-user": "zoe", "impersonate-group": "system:masters" }),
      whoami({ ...nobody, "impersonate-user": "zoe" }),
      { method: "DELETE", path: `${rbac}/clusterrolebindings/mimic` },
      { method: "DELETE", path: `${rbac}/clusterroles/mimic` },
    ],
  };
}

export function accessReviews(): Scenario {
  const joe = bearer("joe-token");
  const ask = (kind: string, spec: Any, headers: Headers = {}, path = `${accessPath}/${kind.toLowerCase()}s`) =>
    post(path, { apiVersion: "authorization.k8s.io/v1", kind, spec }, headers);
  const local = `${accessPath}/namespaces/d/localsubjectaccessreviews`;
  const attributes = { resourceAttributes: { namespace: "d", verb: "get", resource: "pods" } };
  const url = { nonResourceAttributes: { path: "/openapi/v2", verb: "get" } };
  return {
    name: "access reviews",
    steps: [
      ask("SelfSubjectAccessReview", attributes),
      ask("SelfSubjectAccessReview", attributes, joe),
      ask("SelfSubjectAccessReview", url, joe),
      ask("SelfSubjectAccessReview", url, nobody),
      ask("SelfSubjectAccessReview", {}),
      ask("SelfSubjectAccessReview", { ...attributes, ...url }),
      ask("SelfSubjectAccessReview", { resourceAttributes: {} }, joe),
      ask("SubjectAccessReview", { ...attributes, user: "system:admin", groups: ["system:masters"] }),
      ask("SubjectAccessReview", { ...attributes, user: "joe" }),
      ask("SubjectAccessReview", { ...attributes, groups: ["system:masters"], uid: "5", extra: { a: ["b"] } }),
      ask("SubjectAccessReview", attributes),
      ask("SubjectAccessReview", { user: "joe" }),
      ask("SubjectAccessReview", { ...attributes, user: "joe" }, joe),
      ask("SubjectAccessReview", {
        user: "system:kube-scheduler",
        resourceAttributes: { verb: "create", resource: "pods", subresource: "binding", namespace: "d" },
      }),
      ask("SubjectAccessReview", {
        user: "system:serviceaccount:kube-system:namespace-controller",
        resourceAttributes: { verb: "delete", group: "*", resource: "*" },
      }),
      ask("SubjectAccessReview", {
        user: "a",
        resourceAttributes: {
          verb: "list",
          resource: "pods",
          fieldSelector: { rawSelector: "spec.nodeName=a" },
          labelSelector: { requirements: [{ key: "a", operator: "In", values: ["b"] }] },
        },
      }),
      ask("SubjectAccessReview", {
        user: "a",
        resourceAttributes: {
          verb: "list",
          resource: "pods",
          fieldSelector: { rawSelector: "a=b", requirements: [{ key: "a", operator: "Odd" }] },
        },
      }),
      ask("SubjectAccessReview", {
        user: "a",
        resourceAttributes: { verb: "list", resource: "pods", labelSelector: {} },
      }),
      ask("LocalSubjectAccessReview", { ...attributes, user: "joe" }, {}, local),
      ask(
        "LocalSubjectAccessReview",
        { resourceAttributes: { verb: "get", resource: "pods" }, user: "joe" },
        {},
        local,
      ),
      ask("LocalSubjectAccessReview", { ...url, user: "joe" }, {}, local),
      ask(
        "LocalSubjectAccessReview",
        { resourceAttributes: { namespace: "other", verb: "get", resource: "pods" }, user: "joe" },
        {},
        local,
      ),
      ask("SelfSubjectRulesReview", { namespace: "d" }),
      ask("SelfSubjectRulesReview", { namespace: "d" }, joe),
      ask("SelfSubjectRulesReview", {}, joe),
      ask("SelfSubjectRulesReview", { namespace: "d" }, nobody),
      { ...ask("SelfSubjectAccessReview", attributes), path: `${accessPath}/selfsubjectaccessreviews?dryRun=All` },
      get(`${accessPath}/selfsubjectaccessreviews`),
      post(`${accessPath}/selfsubjectaccessreviews`, { kind: "Odd", apiVersion: "v1" }),
      post(`${accessPath}/selfsubjectaccessreviews`, { metadata: { name: "a", labels: { b: "c" } }, spec: attributes }),
    ],
  };
}

/** Nobody gives away more than they have, unless they may `escalate` or `bind`. */
export function escalation(): Scenario {
  const granter = bearer("granter-token");
  const roles = `${rbac}/namespaces/d/roles`;
  const bindings = `${rbac}/namespaces/d/rolebindings`;
  const bound = (name: string, ref: string, kind = "ClusterRole") => ({
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name: ref },
    subjects: [{ kind: "User", name: "joe", apiGroup: "rbac.authorization.k8s.io" }],
  });
  const pods = { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] };
  const secrets = { apiGroups: [""], resources: ["secrets"], verbs: ["*"] };
  return {
    name: "escalation",
    steps: [
      role("granter", [
        {
          apiGroups: ["rbac.authorization.k8s.io"],
          resources: ["roles", "rolebindings", "clusterroles", "clusterrolebindings"],
          verbs: ["create", "update", "patch", "get"],
        },
        pods,
      ]),
      binding("granter", "granter", "granter"),
      may(granter, "create", "roles", "rbac.authorization.k8s.io"),
      post(roles, { metadata: { name: "mine" }, rules: [pods] }, granter),
      post(roles, { metadata: { name: "more" }, rules: [pods, secrets] }, granter),
      post(
        roles,
        { metadata: { name: "most" }, rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }] },
        granter,
      ),
      post(roles, { metadata: { name: "url" }, rules: [{ nonResourceURLs: ["/metrics"], verbs: ["get"] }] }, granter),
      post(
        `${rbac}/clusterroles`,
        { metadata: { name: "wide" }, rules: [pods, { nonResourceURLs: ["/metrics"], verbs: ["get"] }] },
        granter,
      ),
      post(
        `${rbac}/clusterroles`,
        {
          metadata: { name: "summed" },
          aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] },
          rules: [],
        },
        granter,
      ),
      post(bindings, bound("view", "view"), granter),
      post(bindings, bound("own", "mine", "Role"), granter),
      post(bindings, bound("none", "nothing", "Role"), granter),
      post(bindings, bound("admin", "cluster-admin"), granter),
      post(`${rbac}/clusterrolebindings`, bound("all", "cluster-admin"), granter),
      {
        method: "PUT",
        path: `${roles}/mine`,
        body: { metadata: { name: "mine" }, rules: [pods, secrets] },
        headers: granter,
      },
      {
        method: "PATCH",
        path: `${roles}/mine`,
        type: "application/merge-patch+json",
        body: { rules: [secrets] },
        headers: granter,
      },
      {
        method: "PATCH",
        path: `${roles}/mine`,
        type: "application/merge-patch+json",
        body: { metadata: { labels: { a: "b" } } },
        headers: granter,
      },
      {
        method: "PATCH",
        path: `${roles}/applied?fieldManager=a`,
        type: "application/apply-patch+yaml",
        body: {
          apiVersion: "rbac.authorization.k8s.io/v1",
          kind: "Role",
          metadata: { name: "applied" },
          rules: [secrets],
        },
        headers: granter,
      },
      role("escalator", [
        { apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles"], verbs: ["escalate"] },
        {
          apiGroups: ["rbac.authorization.k8s.io"],
          resources: ["clusterroles"],
          verbs: ["bind"],
          resourceNames: ["view"],
        },
      ]),
      binding("escalator", "escalator", "granter"),
      may(granter, "escalate", "roles", "rbac.authorization.k8s.io"),
      post(roles, { metadata: { name: "more" }, rules: [pods, secrets] }, granter),
      post(bindings, bound("view", "view"), granter),
      post(bindings, bound("edit", "edit"), granter),
      post(bindings, bound("more", "more", "Role"), granter),
      ...["mine", "more"].map((name): WaitingStep => ({ method: "DELETE", path: `${roles}/${name}` })),
      ...["view", "own"].map((name): WaitingStep => ({ method: "DELETE", path: `${bindings}/${name}` })),
      ...["granter", "escalator"].flatMap((name): readonly WaitingStep[] => [
        { method: "DELETE", path: `${rbac}/clusterrolebindings/${name}` },
        { method: "DELETE", path: `${rbac}/clusterroles/${name}` },
      ]),
    ],
  };
}

/** The roles that kube-apiserver begins with, each of them whole. */
export function bootstrapRoles(): Scenario {
  return {
    name: "bootstrap roles",
    steps: [
      get(`${rbac}/clusterroles`),
      get(`${rbac}/clusterrolebindings`),
      get(`${rbac}/roles`),
      get(`${rbac}/rolebindings`),
    ],
  };
}

export function nodes({ certificates: pairs }: AccessWorld): Scenario {
  const as = (name: string, step: WaitingStep): WaitingStep => ({ ...step, certificate: pairs[name] as never });
  const pod = {
    metadata: { name: "used" },
    spec: {
      nodeName: "n1",
      containers: [
        { name: "a", image: "b", env: [{ name: "c", valueFrom: { configMapKeyRef: { name: "seen", key: "d" } } }] },
      ],
      volumes: [
        { name: "v", secret: { secretName: "seen" } },
        { name: "w", persistentVolumeClaim: { claimName: "seen" } },
      ],
    },
  };
  const path = (resource: string, name: string) => `/api/v1/namespaces/d/${resource}/${name}`;
  const node = (step: WaitingStep) => as("node", step);
  const lease = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
  return {
    name: "nodes",
    steps: [
      post("/api/v1/nodes", { metadata: { name: "n1" } }),
      post("/api/v1/nodes", { metadata: { name: "n2" } }),
      post("/api/v1/namespaces/d/secrets", { metadata: { name: "seen" } }),
      post("/api/v1/namespaces/d/configmaps", { metadata: { name: "seen" } }),
      post("/api/v1/namespaces/d/pods", pod),
      { ...node(get(path("secrets", "seen"))), until: { code: 200 } },
      node(get(path("configmaps", "seen"))),
      node(get(path("secrets", "other"))),
      node(get(path("configmaps", "kube-root-ca.crt"))),
      node(get(path("persistentvolumeclaims", "seen"))),
      node(get("/api/v1/namespaces/d/secrets")),
      node(get("/api/v1/namespaces/d/secrets?fieldSelector=metadata.name%3Dseen")),
      node({ method: "PATCH", path: path("secrets", "seen"), type: "application/merge-patch+json", body: {} }),
      node(get("/api/v1/nodes/n1")),
      node(get("/api/v1/nodes/n2")),
      node(get("/api/v1/nodes")),
      node(get("/api/v1/nodes?fieldSelector=metadata.name%3Dn1")),
      node(get(path("pods", "used"))),
      node(get("/api/v1/pods?fieldSelector=spec.nodeName%3Dn1")),
      node(get("/api/v1/pods?fieldSelector=spec.nodeName%3Dn2")),
      node(get("/api/v1/pods")),
      node(get("/api/v1/namespaces/d/services")),
      node({
        method: "PATCH",
        path: "/api/v1/nodes/n1/status",
        type: "application/merge-patch+json",
        body: { status: { nodeInfo: { kubeletVersion: "v1" } } },
      }),
      node({ method: "PATCH", path: "/api/v1/nodes/n2/status", type: "application/merge-patch+json", body: {} }),
      node({ method: "DELETE", path: "/api/v1/nodes/n2" }),
      node(post("/api/v1/namespaces/d/serviceaccounts/default/token", { spec: {} })),
      node(
        post("/api/v1/namespaces/d/serviceaccounts/default/token", {
          spec: { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "used" } },
        }),
      ),
      node(post(lease, { metadata: { name: "n1" } })),
      node(post(lease, { metadata: { name: "n2" } })),
      node(get(`${lease}/n1`)),
      node(get(`${lease}/n2`)),
      node(get("/apis/storage.k8s.io/v1/csinodes/n2")),
      node(get("/apis/storage.k8s.io/v1/volumeattachments/a")),
      node(
        post(`${accessPath}/subjectaccessreviews`, {
          spec: { user: "joe", nonResourceAttributes: { path: "/", verb: "get" } },
        }),
      ),
      node(post("/apis/certificates.k8s.io/v1/certificatesigningrequests", {})),
      as("halfNode", get("/api/v1/nodes/n1")),
      as("oddNode", get("/api/v1/nodes/n1")),
      { method: "DELETE", path: path("pods", "used"), body: { gracePeriodSeconds: 0 } },
      { ...node(get(path("secrets", "seen"))), until: { code: 403 } },
      ...["n1", "n2"].map((name): WaitingStep => ({ method: "DELETE", path: `/api/v1/nodes/${name}` })),
      { method: "DELETE", path: `${lease}/n1` },
      ...["secrets", "configmaps"].map((each): WaitingStep => ({ method: "DELETE", path: path(each, "seen") })),
    ],
  };
}

/** Which schema of priority and fairness a request belongs to, by who asks for what; its name stands in the place of its uid. */
export function flows({ certificates: pairs }: AccessWorld): Scenario {
  const users = [
    "joe",
    "system:kube-scheduler",
    "system:kube-controller-manager",
    "system:serviceaccount:d:robot",
    "system:serviceaccount:kube-system:x",
    "system:anonymous",
  ];
  const as = (user: string): Headers => (user === "joe" ? bearer("joe-token") : { "impersonate-user": user });
  return {
    name: "flows",
    steps: [
      ...users.flatMap((user) =>
        [
          "/api/v1/pods",
          "/healthz",
          "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/a",
          "/api/v1/namespaces/kube-system/endpoints/a",
        ].map((path) => get(path, as(user))),
      ),
      { ...get("/api/v1/nodes/n1"), certificate: pairs["node"] as never },
      { ...get("/api/v1/nodes"), certificate: pairs["node"] as never },
      get("/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas"),
      get("/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations"),
    ],
  };
}
