import assert from "node:assert/strict";
import { test } from "node:test";
import { admissionPaths, type CallDetails } from "./admission-path.ts";
import { parseReference, serviceNamed, workloadsNamed } from "./reference.ts";
import { deployment, service, shop, viewOf, yamlOf } from "./views.fixture.ts";

const web = deployment("web", { ports: "{ name: http, containerPort: 8080 }" });
const base = yamlOf(
  shop,
  web,
  service("web", "{ name: http, port: 80, targetPort: http }, { name: tcp-db, port: 5432 }"),
  deployment("client"),
  deployment("old", { metadata: `annotations: { sidecar.istio.io/inject: "false" }` }),
);
const strict = `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default }
spec: { mtls: { mode: STRICT } }
`;
const disabled = strict.replace("STRICT", "DISABLE");
const rule = (mode: string) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: web }
spec: { host: web, trafficPolicy: { tls: { mode: ${mode} } } }
`;
const policy = (spec: string) => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: p }
spec: ${spec}
`;
const get = { method: "GET", path: "/", host: "web.shop", headers: {} };

/** More objects, who calls, and each step with its outcome. */
const cases: readonly [string, readonly string[], string, CallDetails, readonly string[]][] = [
  [
    "mutual, and nobody forbids it",
    [],
    "client",
    {},
    [
      "+ auto-mTLS: the server's mode is PERMISSIVE",
      "+ PERMISSIVE: mutual TLS is taken",
      "+ no AuthorizationPolicy applies",
    ],
  ],
  [
    "plaintext in PERMISSIVE",
    [],
    "old",
    {},
    [
      "+ the client has no sidecar (the annotation sidecar.istio.io/inject is false): no mutual TLS",
      "+ PERMISSIVE: plaintext is taken",
      "+ no AuthorizationPolicy applies",
    ],
  ],
  [
    "plaintext in STRICT",
    [strict],
    "old",
    {},
    [
      "+ the client has no sidecar (the annotation sidecar.istio.io/inject is false): no mutual TLS",
      "- STRICT, and the connection is not mutual TLS",
    ],
  ],
  [
    "mutual in STRICT",
    [strict],
    "client",
    {},
    [
      "+ auto-mTLS: the server's mode is STRICT",
      "+ STRICT, and the connection is mutual TLS",
      "+ no AuthorizationPolicy applies",
    ],
  ],
  [
    "outside in STRICT",
    [strict],
    "outside",
    {},
    ["+ from outside: no sidecar, no mutual TLS", "- STRICT, and the connection is not mutual TLS"],
  ],
  [
    "a rule against STRICT",
    [strict, rule("DISABLE")],
    "client",
    {},
    ["+ DestinationRule shop/web says DISABLE", "- STRICT, and the connection is not mutual TLS"],
  ],
  [
    "another TLS on a port of HTTP",
    [rule("SIMPLE")],
    "client",
    {},
    [
      "+ DestinationRule shop/web says SIMPLE",
      "- PERMISSIVE, but on a port that is declared http no other TLS is taken",
    ],
  ],
  [
    "another TLS in STRICT",
    [strict, rule("SIMPLE")],
    "client",
    {},
    ["+ DestinationRule shop/web says SIMPLE", "- STRICT, and the connection is another TLS than the mesh's"],
  ],
  [
    "a rule against DISABLE",
    [disabled, rule("ISTIO_MUTUAL")],
    "client",
    {},
    [
      "+ DestinationRule shop/web says ISTIO_MUTUAL",
      "- DISABLE: the mesh's TLS is handed to the workload, which does not know it",
    ],
  ],
  [
    "DISABLE",
    [disabled],
    "client",
    {},
    ["+ auto-mTLS: the server's mode is DISABLE", "+ DISABLE: taken as it comes", "+ no AuthorizationPolicy applies"],
  ],
  [
    "an identity that is allowed",
    [policy("{ rules: [{ from: [{ source: { serviceAccounts: [client] } }] }] }")],
    "client",
    {},
    ["+ auto-mTLS: the server's mode is PERMISSIVE", "+ PERMISSIVE: mutual TLS is taken", "+ ALLOW by shop/p, rule 0"],
  ],
  [
    "the same over plaintext",
    [policy("{ rules: [{ from: [{ source: { serviceAccounts: [client, old] } }] }] }")],
    "old",
    {},
    [
      "+ the client has no sidecar (the annotation sidecar.istio.io/inject is false): no mutual TLS",
      "+ PERMISSIVE: plaintext is taken",
      "- no rule of the ALLOW policy shop/p means it",
    ],
  ],
  [
    "the port is the workload's",
    [policy("{ action: DENY, rules: [{ to: [{ operation: { ports: ['8080'] } }] }] }")],
    "client",
    {},
    ["+ auto-mTLS: the server's mode is PERMISSIVE", "+ PERMISSIVE: mutual TLS is taken", "- DENY by shop/p, rule 0"],
  ],
  [
    "a request",
    [policy("{ action: DENY, rules: [{ to: [{ operation: { methods: [POST] } }] }] }")],
    "client",
    { http: get },
    [
      "+ auto-mTLS: the server's mode is PERMISSIVE",
      "+ PERMISSIVE: mutual TLS is taken",
      "+ no ALLOW policy applies, and none that refuses it",
    ],
  ],
  [
    "an address",
    [policy("{ rules: [{ from: [{ source: { ipBlocks: [10.0.0.0/8] } }] }] }")],
    "outside",
    { ip: "10.1.1.1" },
    ["+ from outside: no sidecar, no mutual TLS", "+ PERMISSIVE: plaintext is taken", "+ ALLOW by shop/p, rule 0"],
  ],
];

for (const [name, more, from, details, expected] of cases) {
  test(`a call: ${name}`, () => {
    const view = viewOf(yamlOf(base, ...more));
    const caller = from === "outside" ? from : view.workloads.find((each) => each.name === from);
    const target = view.services.find((each) => each.name === "web");
    assert.ok(caller !== undefined && target !== undefined);
    const paths = admissionPaths(view, caller, { service: target, port: 80 }, details);
    assert.deepEqual(
      paths.map(({ port, steps }) => [port, steps.map(({ isPassed, text }) => `${isPassed ? "+" : "-"} ${text}`)]),
      [[8080, expected]],
    );
  });
}

test("a server without a sidecar asks no policy, and takes no TLS of the mesh", () => {
  const view = viewOf(
    yamlOf(
      shop,
      deployment("client"),
      deployment("web", { spec: "hostNetwork: true" }),
      service("web", "{ port: 80 }"),
      rule("ISTIO_MUTUAL"),
    ),
  );
  const [client] = workloadsNamed(view, { namespace: "shop", name: "client" });
  const [server] = workloadsNamed(view, { namespace: "shop", name: "web" });
  assert.ok(client !== undefined && server !== undefined);
  const [direct] = admissionPaths(view, client, { workload: server, port: 80 }, {});
  assert.equal(direct?.isAllowed, true);
  assert.match(direct?.steps[1]?.text ?? "", /^no sidecar: hostNetwork.*no policy of the mesh is asked$/);
  const [through] = admissionPaths(view, client, { service: view.services[0] as never, port: 80 }, {});
  assert.equal(through?.isAllowed, false);
  assert.match(through?.steps[1]?.text ?? "", /nobody is there to take the mesh's TLS$/);
});

test("a port that its sidecar does not take is open, whatever the mode", () => {
  const excluded = deployment("db", {
    metadata: `annotations: { traffic.sidecar.istio.io/excludeInboundPorts: "5432" }`,
  });
  const view = viewOf(yamlOf(shop, strict, excluded));
  const [db] = view.workloads;
  assert.ok(db !== undefined);
  const [path] = admissionPaths(view, "outside", { workload: db, port: 5432 }, {});
  assert.equal(path?.isAllowed, true);
  assert.match(path?.steps[1]?.text ?? "", /^its sidecar does not take port 5432; /);
});

test("people are named as kubectl names them, and services by their hosts", () => {
  const view = viewOf(base);
  const told = (text: string) => {
    const reference = parseReference(text, "shop");
    if (reference === undefined) return undefined;
    return [...workloadsNamed(view, reference).map(({ kind }) => kind), serviceNamed(view, reference)?.host];
  };
  assert.deepEqual(told("web"), ["Deployment", "web.shop.svc.cluster.local"]);
  assert.deepEqual(told("deploy/web"), ["Deployment", undefined]);
  assert.deepEqual(told("shop/web"), ["Deployment", "web.shop.svc.cluster.local"]);
  assert.deepEqual(told("shop/svc/web"), ["web.shop.svc.cluster.local"]);
  for (const host of ["web.shop", "web.shop.svc", "web.shop.svc.cluster.local"])
    assert.deepEqual(told(host), ["web.shop.svc.cluster.local"]);
  assert.deepEqual(told("other/web"), [undefined]);
  for (const wrong of ["", "a/b/c/d", "a//b", "shop/nothing/web"]) assert.equal(told(wrong), undefined);
});
