import { bearer, get, type Headers, nobody, post, review, reviewPath, whoami } from "./access-steps.ts";
import type { AccessWorld } from "./access-world.ts";
import type { Any } from "./definitions.ts";
import type { Scenario, WaitingStep } from "./run.ts";

export function strangers(): Scenario {
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
export function refusals(): Scenario {
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

export function certificates({ certificates: pairs }: AccessWorld): Scenario {
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

export function bootstrap(): Scenario {
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

export function serviceAccounts(): Scenario {
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

export function oidc({ tokens }: AccessWorld): Scenario {
  return {
    name: "oidc",
    steps: [
      whoami(bearer(tokens["good"] as string), { until: { code: 201 } }),
      ...Object.values(tokens).flatMap((token) => [whoami(bearer(token)), review(token)]),
      review(tokens["good"] as string, ["other"]),
    ],
  };
}

export function reviewer(): Scenario {
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

export function proxies({ certificates: pairs }: AccessWorld): Scenario {
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
