import assert from "node:assert/strict";
import { test } from "node:test";
import {
  admissionPaths,
  defaultMesh,
  type ExtensionProvider,
  explainPort,
  type MeshView,
  meshView,
} from "@sallyport/mesh";
import { parseManifests } from "../manifests.ts";
import { pathsJson, pathsText } from "./can-text.ts";
import { explanationJson, explanationText } from "./explain-text.ts";
import { callerOf, detailsOf, type RequestFlags, splitPort, targetOf, workloadOf } from "./question.ts";
import { objectsOfManifests } from "./view-files.ts";

const text = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: c, image: i, ports: [{ name: http, containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: http }, { name: tcp-x, port: 81 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: tools }
spec: { containers: [{ name: c, image: i }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop }
spec: { containers: [{ name: c, image: i }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: get, namespace: shop }
spec: { rules: [{ to: [{ operation: { methods: [GET] } }] }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: other }
`;

const view = viewOf(text);

function viewOf(yaml: string): MeshView {
  return meshView(objectsOfManifests(parseManifests("a.yaml", yaml), "default"));
}

function can(from: string, to: string, flags: RequestFlags = {}) {
  const [caller, target] = [callerOf(view, from, "shop"), targetOf(view, to, "shop")];
  const paths = admissionPaths(view, caller, target, detailsOf(flags, target));
  return { text: pathsText(view, caller, to, paths), json: JSON.parse(JSON.stringify(pathsJson(view, paths))) };
}

test("can, as text: each step, each policy, and where it stands", () => {
  assert.equal(
    can("tools/web", "web:80").text,
    `yes: Pod tools/web to web:80 at Deployment shop/web, port 8080
  + client   the client has no sidecar (neither the namespace tools has the label istio-injection=enabled, nor the pod sidecar.istio.io/inject=true): no mutual TLS
  + server   PERMISSIVE: plaintext is taken
  + policies ALLOW by shop/get, rule 0
      ALLOW shop/get: rule 0 means it  a.yaml:30
`,
  );
});

test("can, as JSON: a port of HTTP is asked by requests, another by connections, unless a request is told", () => {
  assert.equal(can("outside", "web:80").json.allowed, true);
  assert.equal(can("outside", "web:80", { method: "POST" }).json.allowed, false);
  assert.deepEqual(can("outside", "web:81").json.servers[0].policies, [
    {
      name: "shop/get",
      action: "ALLOW",
      dryRun: false,
      notes: ['rule 0 is left out: "methods" is HTTP only'],
      place: "a.yaml:30",
    },
  ]);
  assert.equal(can("outside", "web:81", { path: "/a?b" }).json.allowed, true);
});

test("explain, as text and as JSON", () => {
  const told = explainPort(view, workloadOf(view, "deploy/web", "shop"), 8080);
  assert.equal(
    explanationText(told),
    `Deployment shop/web, port 8080 (http)  a.yaml:6
  sidecar: yes, injection is enabled for pods that say nothing
  mode: PERMISSIVE, no policy sets it
  AuthorizationPolicies, in the order in which they are asked:
    + shop/get: ALLOW, 1 rules  a.yaml:30
`,
  );
  assert.deepEqual(Object.keys(explanationJson(told)), [
    "workload",
    "port",
    "protocol",
    "mode",
    "reason",
    "peerAuthentications",
    "authorizationPolicies",
    "destinationRules",
  ]);
});

test("a provider that a CUSTOM policy asks is told of, or that it cannot be asked", () => {
  const custom = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ask, namespace: shop }
spec: { action: CUSTOM, provider: { name: p }, rules: [{}] }
`;
  const provider = { name: "p", envoyExtAuthzHttp: { service: "authz.shop.svc.cluster.local", port: 80 } };
  const told = (extensionProviders: readonly ExtensionProvider[]) => {
    const objects = objectsOfManifests(parseManifests("a.yaml", `${text}---${custom}`), "default");
    const asked = meshView(objects, { mesh: { ...defaultMesh, extensionProviders } });
    const target = targetOf(asked, "web:80", "shop");
    const paths = admissionPaths(asked, "outside", target, detailsOf({}, target));
    const explained = explainPort(asked, workloadOf(asked, "deploy/web", "shop"), 8080);
    return `${pathsText(asked, "outside", "web:80", paths)}${explanationText(explained)}`;
  };
  const known = told([provider]);
  assert.match(known, /^yes, if the provider "p" allows it: somebody outside/);
  assert.match(known, /CUSTOM by shop\/ask, rule 0: only where the provider "p", which is asked first, allows it/);
  assert.match(known, /the provider "p" is asked first, but not of connections whose requests are not read/);
  const unknown = told([]);
  assert.match(unknown, /^no: [\s\S]*- policies CUSTOM by shop\/ask, rule 0: there is no provider "p" to ask/);
  assert.match(unknown, /what it means is refused: there is no provider "p" to ask/);
});

/** What is asked, and the one line that says what is wrong with it. */
const wrong: readonly [string, () => unknown, RegExp][] = [
  ["no port", () => splitPort("web"), /^web: expected NAME:PORT/],
  ["port 0", () => splitPort("web:0"), /with a port from 1 to 65535$/],
  ["port 70000", () => splitPort("web:70000"), /with a port from 1 to 65535$/],
  ["nobody of that name", () => workloadOf(view, "db", "shop"), /^db: no such workload in namespace shop$/],
  ["two of that name", () => workloadOf(view, "web", "shop"), /^web: which of Deployment shop\/web, Pod shop\/web\?/],
  [
    "a kind that there is not",
    () => workloadOf(view, "a/b/c", "shop"),
    /^a\/b\/c: expected NAME, NAMESPACE\/NAME or KIND\/NAME$/,
  ],
  ["nothing to call", () => targetOf(view, "db:80", "shop"), /^db: no such Service or workload in namespace shop$/],
  [
    "a port that the Service has not",
    () => targetOf(view, "web.shop:82", "x"),
    /^web.shop:82: the Service has no such port, but 80, 81$/,
  ],
  [
    "a header without a name",
    () => detailsOf({ header: ["x"] }, targetOf(view, "web:80", "shop")),
    /^--header x: expected NAME: VALUE$/,
  ],
  [
    "a pod that is none",
    () => viewOf("apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: 1 }"),
    /^a.yaml:1: /,
  ],
  [
    "no name",
    () => viewOf("apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nspec: {}"),
    /^a.yaml:1: the PeerAuthentication has no name$/,
  ],
];

for (const [name, ask, message] of wrong) {
  test(`bad input: ${name}`, () => {
    assert.throws(ask, (error: Error) => {
      assert.match(error.name, /^(UsageError|InputError)$/);
      assert.match(error.message, message);
      return true;
    });
  });
}
