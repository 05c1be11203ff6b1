import assert from "node:assert/strict";
import { test } from "node:test";
import { explainPort } from "./explanation.ts";
import { deployment, service, shop, viewOf, yamlOf } from "./views.fixture.ts";

const peer = (name: string, spec: string) => `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { ${name} }
spec: ${spec}
`;
const policy = (name: string, spec: string) => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { ${name} }
spec: ${spec}
`;
const base = yamlOf(
  shop,
  deployment("web", { ports: "{ containerPort: 8080 }" }),
  service("web", "{ name: tcp, port: 80, targetPort: 8080 }"),
);

test("a port is explained with every policy that was thought of", () => {
  const view = viewOf(
    yamlOf(
      base,
      peer("name: default, namespace: istio-system", "{ mtls: { mode: STRICT } }"),
      peer("name: web", "{ selector: { matchLabels: { app: web } }, portLevelMtls: { 8080: { mode: DISABLE } } }"),
      peer("name: db", "{ selector: { matchLabels: { app: db } }, mtls: { mode: DISABLE } }"),
      policy("name: allow", "{ rules: [{ to: [{ operation: { methods: [GET] } }] }, {}] }"),
      policy("name: deny", "{ action: DENY, rules: [{ to: [{ operation: { paths: [/a] } }] }] }"),
      policy("name: gateway", "{ targetRefs: [{ kind: Gateway, name: g }], rules: [{}] }"),
      policy("name: tried, annotations: { istio.io/dry-run: 'true' }", "{}"),
      policy("name: far, namespace: other", "{}"),
      `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: web }
spec: { host: web, trafficPolicy: { tls: { mode: DISABLE } } }
`,
    ),
  );
  const [web] = view.workloads;
  assert.ok(web !== undefined);
  const told = explainPort(view, web, 8080);
  assert.deepEqual([told.mode, told.reason, told.protocol], ["DISABLE", "shop/web says so of port 8080", "tcp"]);
  const lines = (all: typeof told.peerAuthentications) =>
    all.map(({ name, takesPart, reason, notes }) => [`${takesPart ? "+" : "-"} ${name}`, reason, notes]);
  assert.deepEqual(lines(told.peerAuthentications), [
    ["+ istio-system/default", "mesh: STRICT", []],
    ["+ shop/web", "workload: sets no mode of its own, and of port 8080 DISABLE", []],
    ["- shop/db", "workload: its selector is app=db", []],
  ]);
  assert.deepEqual(lines(told.authorizationPolicies), [
    [
      "+ shop/deny",
      "1 rules",
      [
        'rule 0 is wider than written: "paths" is HTTP only',
        "configured AuthorizationPolicy will deny all traffic to TCP ports under its scope due to the use of only HTTP attributes in a DENY rule; it is recommended to explicitly specify the port",
      ],
    ],
    ["+ shop/allow", "2 rules", ['rule 0 is left out: "methods" is HTTP only']],
    ["- shop/gateway", "it has targets: it is of a gateway or waypoint", []],
    ["- shop/tried", "0 rules, only tried", ["no rules: nothing is allowed"]],
  ]);
  assert.deepEqual(lines(told.destinationRules), [["+ shop/web", "web.shop.svc.cluster.local:80: DISABLE", []]]);
  assert.equal(told.peerAuthentications[0]?.place, "#3");
});

test("where no sidecar takes a port, no policy holds", () => {
  const view = viewOf(yamlOf(deployment("web"), peer("name: default", "{ mtls: { mode: STRICT } }")));
  const [web] = view.workloads;
  assert.ok(web !== undefined);
  const { mode, reason } = explainPort(view, web, 1);
  assert.equal(mode, undefined);
  assert.match(reason, /^no sidecar: neither the namespace/);
});
