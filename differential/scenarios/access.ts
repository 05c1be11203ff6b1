import type { AccessWorld } from "./access-world.ts";
import type { Any } from "./definitions.ts";
import type { Scenario, WaitingStep } from "./run.ts";

const self = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const reviewPath = "/apis/authentication.k8s.io/v1/tokenreviews";
const accessPath = "/apis/authorization.k8s.io/v1";
const rbac = "/apis/rbac.authorization.k8s.io/v1";

type Headers = { readonly [name: string]: string };

const nobody: Headers = { authorization: "" };

function bearer(token: string): Headers {
  return { authorization: `Bearer ${token}` };
}

/** Who the server takes a request for. */
function whoami(headers: Headers, more: Partial<WaitingStep> = {}): WaitingStep {
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  return { method: "POST", path: self, body, headers, ...more };
}

function get(path: string, headers: Headers = {}): WaitingStep {
  return { method: "GET", path, headers };
}

function post(path: string, body: Any, headers: Headers = {}, more: Partial<WaitingStep> = {}): WaitingStep {
  return { method: "POST", path, body, headers, ...more };
}

function review(token: string, audiences?: readonly string[]): WaitingStep {
  const spec = { token, ...(audiences === undefined ? {} : { audiences }) };
  return post(reviewPath, { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec });
}

function strangers(): Scenario {
  const paths = [
    "/",
    "/healthz",
    "/livez",
    "/readyz",
    "/metrics",
    "/api",
    "/apis",
    "/api/v1",
    "/openapi/v2",
    "/openapi/v3",
    "/.well-known/openid-configuration",
    "/openid/v1/jwks",
    "/nothing",
    "/api/v1/namespaces/d/pods",
    "/api/v1/pods?watch=true",
    "/logs",
    "/apis/nothing.example.com/v1/things",
  ];
  const schemes = [
    "Basic YWRtaW46YWRtaW4=",
    "Bearer",
    "Bearer ",
    "bearer differential",
    "Bearer  differential",
    "Bearer nothing",
    "Bearer differential nothing",
    "Token differential",
    "Digest a",
  ];
  return {
    name: "anonymous",
    steps: [
      whoami(nobody),
      { ...get("/version", nobody), only: "/minor" },
      ...paths.map((path) => get(path, nobody)),
      ...paths.map((path) => get(path, bearer("nothing"))),
      ...schemes.map((scheme) => whoami({ authorization: scheme })),
      { method: "OPTIONS", path: "/api/v1/pods", headers: nobody },
      { method: "DELETE", path: "/api/v1/namespaces/d/pods", headers: nobody },
      post("/api/v1/namespaces/d/pods", { metadata: { name: "a" } }, nobody),
    ],
  };
}

/** What one is told who may not. */
function refusals(): Scenario {
  const joe = bearer("joe-token");
  const steps: readonly (readonly [method: string, path: string])[] = [
    ["GET", "/api/v1/namespaces/d/pods"],
    ["GET", "/api/v1/namespaces/d/pods/a"],
    ["GET", "/api/v1/namespaces/d/pods/a/log"],
    ["GET", "/api/v1/pods"],
    ["GET", "/api/v1/pods?watch=true&timeoutSeconds=1"],
    ["GET", "/api/v1/namespaces/d/pods?watch=1"],
    ["GET", "/api/v1/namespaces/d"],
    ["GET", "/api/v1/nodes/n"],
    ["GET", "/apis/apps/v1/deployments"],
    ["PUT", "/apis/apps/v1/namespaces/d/deployments/a/scale"],
    ["PATCH", "/apis/apps/v1/namespaces/d/deployments/a"],
    ["DELETE", "/apis/apps/v1/namespaces/d/deployments/a"],
    ["DELETE", "/apis/apps/v1/namespaces/d/deployments"],
    ["POST", "/api/v1/namespaces/d/pods/a/exec?command=ls"],
    ["POST", "/api/v1/namespaces/d/pods/a/eviction"],
    ["POST", "/api/v1/namespaces"],
    ["GET", "/nothing"],
    ["POST", "/nothing"],
    ["GET", "/metrics"],
    ["GET", "/apis/example.com/v1/things/a"],
    ["GET", "/api/v1/namespaces/d/secrets?fieldSelector=metadata.name%3Da"],
  ];
  return {
    name: "refusals",
    steps: [
      whoami(joe),
      whoami(bearer("plain-token")),
      ...steps.map(
        ([method, path]): WaitingStep => ({ method, path, headers: joe, ...(method === "GET" ? {} : { body: {} }) }),
      ),
    ],
  };
}

function certificates({ certificates: pairs }: AccessWorld): Scenario {
  const names = ["ann", "nameless", "expired", "server", "foreign", "proxy", "node", "halfNode"] as const;
  return {
    name: "certificates",
    steps: [
      ...names.flatMap((name) => [
        whoami({}, { certificate: pairs[name] as never }),
        { ...get("/api/v1/nodes"), certificate: pairs[name] as never },
      ]),
      whoami(bearer("joe-token"), { certificate: pairs["ann"] as never }),
      whoami(bearer("nothing"), { certificate: pairs["ann"] as never }),
      whoami(bearer("joe-token"), { certificate: pairs["foreign"] as never }),
    ],
  };
}

function bootstrap(): Scenario {
  const data = (more: { readonly [key: string]: string } = {}) => ({
    "token-id": "abcdef",
    "token-secret": "0123456789abcdef",
    "usage-bootstrap-authentication": "true",
    ...more,
  });
  const secrets = "/api/v1/namespaces/kube-system/secrets";
  const tried = (
    more: { readonly [key: string]: string },
    type = "bootstrap.kubernetes.io/token",
    name = "bootstrap-token-abcdef",
  ): readonly WaitingStep[] => [
    post(secrets, { metadata: { name }, type, stringData: data(more) }),
    whoami(bearer("abcdef.0123456789abcdef"), { until: { code: 401 }, patienceMs: forgetMs }),
    { method: "DELETE", path: `${secrets}/${name}` },
  ];
  return {
    name: "bootstrap",
    steps: [
      post(secrets, {
        metadata: { name: "bootstrap-token-abcdef" },
        type: "bootstrap.kubernetes.io/token",
        stringData: data({ "auth-extra-groups": "system:bootstrappers:a,system:bootstrappers:b" }),
      }),
      whoami(bearer("abcdef.0123456789abcdef"), { until: { code: 201 } }),
      whoami(bearer("abcdef.0123456789abcdee")),
      whoami(bearer("abcdeg.0123456789abcdef")),
      whoami(bearer("abcdef.0123456789abcde")),
      review("abcdef.0123456789abcdef"),
      { method: "DELETE", path: `${secrets}/bootstrap-token-abcdef` },
      ...tried({ expiration: "2001-01-01T00:00:00Z" }),
      ...tried({ expiration: "odd" }),
      ...tried({ "usage-bootstrap-authentication": "false" }),
      ...tried({ "auth-extra-groups": "system:masters" }),
      ...tried({ "token-id": "abcdeg" }),
      ...tried({}, "Opaque"),
      ...tried({}, "bootstrap.kubernetes.io/token", "bootstrap-token-other"),
    ],
  };
}

const accounts = "/api/v1/namespaces/d/serviceaccounts";

function request(account: string, spec: Any, keep?: string, namespace = "d"): WaitingStep {
  return {
    ...post(`/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`, {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec,
    }),
    ...(keep === undefined ? {} : { keep: { [keep]: "/status/token" } }),
  };
}

/** A success is remembered for ten seconds by kube-apiserver. */
const forgetMs = 20_000;

function serviceAccounts(): Scenario {
  const bound = (kind: string, name: string, more: Any = {}) => ({
    boundObjectRef: { kind, apiVersion: "v1", name, ...more },
  });
  return {
    name: "service accounts",
    steps: [
      post(accounts, { metadata: { name: "robot" } }),
      request("robot", {}, "plain"),
      whoami(bearer("(plain)")),
      review("(plain)"),
      review("(plain)", ["api"]),
      review("(plain)", ["other"]),
      review("(plain)", ["other", "https://kubernetes.default.svc"]),
      get("/api/v1/namespaces/d/pods", bearer("(plain)")),
      request("robot", { audiences: ["other"], expirationSeconds: 700 }, "other"),
      whoami(bearer("(other)")),
      review("(other)", ["other"]),
      review("(other)"),
      request("robot", { audiences: ["api", "other"], expirationSeconds: 100000 }, "both"),
      review("(both)", ["other", "api", "more"]),
      request("robot", { expirationSeconds: 5 }),
      request("robot", { expirationSeconds: 4294967297 }),
      request("robot", { audiences: [""] }),
      request("robot", bound("Pod", "none")),
      request("robot", bound("Secret", "none")),
      request("robot", bound("Node", "none")),
      request("robot", bound("ConfigMap", "none")),
      request("robot", bound("Pod", "")),
      request("robot", { boundObjectRef: {} }),
      request("nobody", {}),
      { method: "GET", path: `${accounts}/robot/token` },
      post(`${accounts}/robot/token`, {}),
      post(`${accounts}/robot/token`, {
        kind: "TokenRequest",
        apiVersion: "authentication.k8s.io/v1",
        metadata: { name: "other" },
        spec: {},
      }),
      post(`${accounts}/robot/token?dryRun=All`, { spec: {} }),
      post("/api/v1/namespaces/d/secrets", { metadata: { name: "held" } }),
      request("robot", bound("Secret", "held", { uid: "00000000-0000-0000-0000-000000000000" })),
      request("robot", bound("Secret", "held"), "held"),
      whoami(bearer("(held)")),
      { method: "DELETE", path: "/api/v1/namespaces/d/secrets/held" },
      whoami(bearer("(held)"), { until: { code: 401 }, patienceMs: forgetMs }),
      review("(held)"),
      post("/api/v1/nodes", { metadata: { name: "n1" } }),
      request("robot", bound("Node", "n1"), "onNode"),
      whoami(bearer("(onNode)")),
      post("/api/v1/namespaces/d/pods", {
        metadata: { name: "p" },
        spec: { serviceAccountName: "robot", nodeName: "n1", containers: [{ name: "a", image: "b" }] },
      }),
      request("robot", bound("Pod", "p"), "inPod"),
      whoami(bearer("(inPod)")),
      review("(inPod)"),
      request("default", bound("Pod", "p")),
      { method: "DELETE", path: "/api/v1/namespaces/d/pods/p?gracePeriodSeconds=0" },
      whoami(bearer("(inPod)"), { until: { code: 401 }, patienceMs: forgetMs }),
      review("(inPod)"),
      { method: "DELETE", path: "/api/v1/nodes/n1" },
      post("/api/v1/namespaces/d/secrets", {
        metadata: { name: "old", annotations: { "kubernetes.io/service-account.name": "robot" } },
        type: "kubernetes.io/service-account-token",
      }),
      post("/api/v1/namespaces/d/secrets", {
        metadata: { name: "older", annotations: { "kubernetes.io/service-account.name": "nobody" } },
        type: "kubernetes.io/service-account-token",
      }),
      { method: "DELETE", path: `${accounts}/robot` },
      whoami(bearer("(plain)"), { until: { code: 401 }, patienceMs: forgetMs }),
      review("(plain)"),
      review("(plain)x"),
      post(accounts, { metadata: { name: "robot" } }),
      whoami(bearer("(plain)"), { until: { code: 401 }, patienceMs: forgetMs }),
      review("(plain)"),
      whoami(bearer("(plain)x")),
      get("/.well-known/openid-configuration"),
      get("/openid/v1/jwks"),
      get("/openid/v1/jwks", nobody),
      { method: "DELETE", path: `${accounts}/robot` },
    ],
  };
}

function oidc({ tokens }: AccessWorld): Scenario {
  return {
    name: "oidc",
    steps: [
      whoami(bearer(tokens["good"] as string), { until: { code: 201 } }),
      ...Object.values(tokens).flatMap((token) => [whoami(bearer(token)), review(token)]),
      review(tokens["good"] as string, ["other"]),
    ],
  };
}

function reviewer(): Scenario {
  const tokens = ["hook-good", "hook-nameless", "hook-elsewhere", "hook-wrong", "hook-unknown", "hook-broken"];
  return {
    name: "token webhook",
    steps: [
      ...tokens.flatMap((token) => [whoami(bearer(token)), review(token), review(token, ["elsewhere"])]),
      review(""),
      review("joe-token"),
      review("joe-token", ["x"]),
      post(reviewPath, {}),
      post(reviewPath, { spec: { token: "a" }, status: { authenticated: true } }),
    ],
  };
}

function proxies({ certificates: pairs }: AccessWorld): Scenario {
  const by = (name: string, headers: Headers) => whoami(headers, { certificate: pairs[name] as never });
  const full = {
    "x-remote-user": "rita",
    "x-remote-uid": "r",
    "x-remote-group": "dev",
    "x-remote-extra-scopes": "a",
    "x-remote-extra-example.com%2fb": "c",
  };
  return {
    name: "proxies",
    steps: [
      by("proxy", full),
      by("proxy", { "x-remote-user": "rita" }),
      by("proxy", { "x-remote-group": "dev" }),
      by("proxy", {}),
      by("stranger", full),
      by("ann", full),
      whoami({ ...full, ...nobody }),
      by("proxy", { ...full, authorization: "Bearer joe-token" }),
      by("foreign", full),
    ],
  };
}

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

function impersonation(): Scenario {
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

function accessReviews(): Scenario {
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
function escalation(): Scenario {
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
function bootstrapRoles(): Scenario {
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

function nodes({ certificates: pairs }: AccessWorld): Scenario {
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
function flows({ certificates: pairs }: AccessWorld): Scenario {
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

/** Who may ask, and what: each question to both servers, which have the same flags. */
export function accessScenarios(world: AccessWorld): readonly Scenario[] {
  return [
    strangers(),
    refusals(),
    certificates(world),
    bootstrap(),
    serviceAccounts(),
    oidc(world),
    reviewer(),
    proxies(world),
    impersonation(),
    accessReviews(),
    escalation(),
    bootstrapRoles(),
    nodes(world),
    flows(world),
  ];
}

/** The same where a structured configuration says who is who. */
export function configuredScenarios(world: AccessWorld): readonly Scenario[] {
  const paths = ["/healthz", "/healthz/ping", "/readyz", "/livez", "/version", "/api/v1/pods", "/"];
  const anonymous = { name: "conditions", steps: paths.map((path) => get(path, nobody)) };
  return [anonymous, oidc(world)];
}
