import assert from "node:assert/strict";
import { test } from "node:test";
import { admissionPaths } from "../view/admission-path.ts";
import { meshView } from "../view/mesh-view.ts";
import { deployment, objectsOf, service, shop, viewOf, yamlOf } from "../view/views.fixture.ts";
import { readinessOf } from "./readiness.ts";
import { readTraffic, unmatchedOf } from "./traffic.ts";

const base = yamlOf(
  shop,
  deployment("web", { ports: "{ name: http, containerPort: 8080 }" }),
  service("web", "{ name: http, port: 80, targetPort: http }"),
);

/** A workload that is not of the mesh, in another namespace. */
const outsider = (name: string, more: Parameters<typeof deployment>[1] = {}) =>
  deployment(name, { namespace: "out", ...more });
const prometheus = outsider("prometheus", { metadata: "annotations: {}" }).replace(
  "image: i",
  "image: quay.io/prometheus/prometheus:v3",
);
const rule = (host: string, mode: string, more = "") => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: r }
spec: { host: "${host}", trafficPolicy: { tls: { mode: ${mode} } }${more} }
`;
const object = (apiVersion: string, kind: string, rest: string, name = "x") =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: ${name} }\n${rest}`;
const monitor = (endpoint: string, more = "") =>
  object(
    "monitoring.coreos.com/v1",
    "ServiceMonitor",
    `spec: { selector: { matchLabels: { app: web } }, endpoints: [${endpoint}]${more} }`,
  );
const ingress = (more: string, annotations = "") =>
  `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: x, annotations: { ${annotations} } }
spec: { ${more}rules: [{ http: { paths: [{ backend: { service: { name: web, port: { name: http } } } }] } }] }`;
const controller = (more: Parameters<typeof deployment>[1]) =>
  deployment("ic", more).replace("image: i", "image: registry.k8s.io/ingress-nginx/controller:v1");
const network = (ingressRules: string) =>
  object(
    "networking.k8s.io/v1",
    "NetworkPolicy",
    `spec: { podSelector: { matchLabels: { app: web } }, ingress: [${ingressRules}] }`,
  );
const gateway = (className: string) =>
  object("gateway.networking.k8s.io/v1", "Gateway", `spec: { gatewayClassName: ${className} }`, "g");
const route = object(
  "gateway.networking.k8s.io/v1",
  "HTTPRoute",
  "spec: { parentRefs: [{ name: g }], rules: [{ backendRefs: [{ name: web, port: 80 }] }] }",
);
const arg = (text: string, namespace = "out") =>
  deployment("caller", {
    namespace,
    container: `args: ["${text}"]`,
    ...(namespace === "shop" ? { metadata: `annotations: { sidecar.istio.io/inject: "false" }` } : {}),
  });
const told = "likely client Deployment out/caller";
const annotated = (annotations: string, more = "") =>
  yamlOf(
    shop,
    deployment("web", {
      ports: "{ name: http, containerPort: 8080 }",
      metadata: `annotations: { ${annotations} }`,
      container: more,
    }),
    service("web", "{ name: http, port: 80, targetPort: http }"),
  );

/** What there is, and who would break at port 8080 of `web`: grade, by what, who. */
const cases: readonly [string, string, readonly string[]][] = [
  ["nobody else", base, []],
  ["a client of the mesh", yamlOf(base, deployment("client")), []],
  ["somebody without a sidecar", yamlOf(base, outsider("a")), ["unknown others Deployment out/a"]],
  [
    "two without a sidecar",
    yamlOf(base, outsider("a"), outsider("b")),
    ["unknown others 2 workloads without a sidecar"],
  ],
  [
    "one on the node's network",
    yamlOf(base, deployment("agent", { spec: "hostNetwork: true" })),
    ["unknown others Deployment shop/agent"],
  ],
  [
    "a rule against TLS",
    yamlOf(base, deployment("client"), rule("web", "DISABLE")),
    ["certain DestinationRule clients of the mesh in shop"],
  ],
  [
    "a rule for other TLS",
    yamlOf(base, rule("web", "SIMPLE")),
    ["certain DestinationRule clients of the mesh in shop"],
  ],
  [
    "a rule for many hosts",
    yamlOf(base, rule("*.local", "DISABLE")),
    ["likely DestinationRule clients of the mesh in shop"],
  ],
  ["a rule for the mesh's TLS", yamlOf(base, rule("web", "ISTIO_MUTUAL")), []],
  ["a rule for another host", yamlOf(base, rule("db", "DISABLE")), []],
  [
    "a rule for clients that there are not",
    yamlOf(base, rule("web", "DISABLE", ", workloadSelector: { matchLabels: { app: none } }")),
    [],
  ],
  ["a probe", annotated("", "readinessProbe: { httpGet: { port: http } }"), []],
  [
    "a probe that is not rewritten",
    annotated('sidecar.istio.io/rewriteAppHTTPProbers: "false"', "readinessProbe: { httpGet: { port: http } }"),
    ["certain probe the kubelet"],
  ],
  [
    "a probe of gRPC that is not rewritten",
    annotated('sidecar.istio.io/rewriteAppHTTPProbers: "false"', "livenessProbe: { grpc: { port: 8080 } }"),
    ["certain probe the kubelet"],
  ],
  [
    "a probe of another port",
    annotated('sidecar.istio.io/rewriteAppHTTPProbers: "false"', "livenessProbe: { tcpSocket: { port: 9 } }"),
    [],
  ],
  [
    "a probe by a command",
    annotated('sidecar.istio.io/rewriteAppHTTPProbers: "false"', "livenessProbe: { exec: { command: [a] } }"),
    [],
  ],
  [
    "scraped by the pods' annotations",
    annotated('prometheus.io/scrape: "true", prometheus.io/port: "8080"'),
    ["likely prometheus.io annotations Prometheus"],
  ],
  [
    "scraped at the first port",
    annotated('prometheus.io/scrape: "true"'),
    ["likely prometheus.io annotations Prometheus"],
  ],
  ["scraped at another port", annotated('prometheus.io/scrape: "true", prometheus.io/port: "9090"'), []],
  ["a monitor, and no Prometheus to be seen", yamlOf(base, monitor("{ port: http }")), ["likely monitor Prometheus"]],
  [
    "a monitor, and Prometheus",
    yamlOf(base, monitor("{ port: http }"), prometheus),
    ["certain monitor Deployment out/prometheus", "unknown others Deployment out/prometheus"],
  ],
  ["a monitor of another port", yamlOf(base, monitor("{ port: metrics }")), []],
  ["a monitor by the target's port", yamlOf(base, monitor("{ targetPort: 8080 }")), ["likely monitor Prometheus"]],
  [
    "a monitor of another namespace",
    yamlOf(base, monitor("{ port: http }", ", namespaceSelector: { matchNames: [out] }")),
    [],
  ],
  [
    "a monitor with a certificate",
    yamlOf(
      base,
      monitor("{ port: http, scheme: https, tlsConfig: { certFile: a, keyFile: b, insecureSkipVerify: true } }"),
    ),
    [],
  ],
  ["a monitor over other TLS", yamlOf(base, monitor("{ port: http, scheme: https }")), ["likely monitor Prometheus"]],
  [
    "a monitor of pods",
    yamlOf(
      base,
      object("monitoring.coreos.com/v1", "PodMonitor", "spec: { selector: {}, podMetricsEndpoints: [{ port: http }] }"),
    ),
    ["likely monitor Prometheus"],
  ],
  ["an Ingress", yamlOf(base, ingress("")), ["likely Ingress the controller of Ingresses"]],
  ["an Ingress of the mesh", yamlOf(base, ingress("ingressClassName: istio, ")), []],
  [
    "an Ingress, and its controller",
    yamlOf(base, ingress(""), controller({ namespace: "out" })),
    ["certain Ingress Deployment out/ic", "unknown others Deployment out/ic"],
  ],
  [
    "an Ingress, and its controller with a sidecar",
    yamlOf(base, ingress(""), controller({})),
    ["likely Ingress Deployment shop/ic"],
  ],
  [
    "the same through the Service",
    yamlOf(base, ingress("", 'nginx.ingress.kubernetes.io/service-upstream: "true"'), controller({})),
    [],
  ],
  ["a route of a gateway", yamlOf(base, gateway("nginx"), route), ["likely Gateway Gateway shop/g"]],
  ["a route of a gateway of the mesh", yamlOf(base, gateway("istio"), route), []],
  ["a route of a gateway that is not there", yamlOf(base, route), ["likely Gateway Gateway shop/g"]],
  [
    "a webhook",
    yamlOf(
      base,
      object(
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
        "webhooks: [{ name: a.b.c, clientConfig: { service: { namespace: shop, name: web, port: 80 } } }]",
      ),
    ),
    ["certain API server the API server"],
  ],
  [
    "a webhook at another port",
    yamlOf(
      base,
      object(
        "admissionregistration.k8s.io/v1",
        "MutatingWebhookConfiguration",
        "webhooks: [{ name: a.b.c, clientConfig: { service: { namespace: shop, name: web } } }]",
      ),
    ),
    [],
  ],
  [
    "an APIService",
    yamlOf(
      base,
      object("apiregistration.k8s.io/v1", "APIService", "spec: { service: { namespace: shop, name: web, port: 80 } }"),
    ),
    ["certain API server the API server"],
  ],
  [
    "a conversion",
    yamlOf(
      base,
      object(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "spec: { conversion: { webhook: { clientConfig: { service: { namespace: shop, name: web, port: 80 } } } } }",
      ),
    ),
    ["certain API server the API server"],
  ],
  [
    "a Service that is open",
    yamlOf(
      shop,
      deployment("web", { ports: "{ name: http, containerPort: 8080 }" }),
      service("web", "{ name: http, port: 80, targetPort: http }", "type: LoadBalancer"),
    ),
    ["likely Service clients from outside of the cluster"],
  ],
  ["a URL", yamlOf(base, arg("http://web.shop/a")), [told]],
  ["a URL with the port, in full", yamlOf(base, arg("--to=http://web.shop.svc.cluster.local:80/")), [told]],
  ["a URL with another port", yamlOf(base, arg("http://web.shop:81")), ["unknown others Deployment out/caller"]],
  ["a URL of another scheme's port", yamlOf(base, arg("https://web.shop")), ["unknown others Deployment out/caller"]],
  ["a host and a port", yamlOf(base, arg("web.shop:80")), [told]],
  ["a short name of another namespace", yamlOf(base, arg("http://web:80")), ["unknown others Deployment out/caller"]],
  ["a short name", yamlOf(base, arg("http://web", "shop")), ["likely client Deployment shop/caller"]],
  ["a word", yamlOf(base, arg("web", "shop")), ["unknown others Deployment shop/caller"]],
  ["a host elsewhere", yamlOf(base, arg("http://web.shop.example.com")), ["unknown others Deployment out/caller"]],
  [
    "a variable",
    yamlOf(base, outsider("caller", { container: "env: [{ name: URL, value: 'http://u:p@web.shop' }]" })),
    [told],
  ],
  [
    "a NetworkPolicy that lets nobody in",
    yamlOf(base, outsider("a"), network("{ from: [{ podSelector: { matchLabels: { app: a } } }] }")),
    [],
  ],
  [
    "a NetworkPolicy that names him",
    yamlOf(
      base,
      outsider("a"),
      network("{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: a } } }] }"),
    ),
    ["likely client Deployment out/a"],
  ],
  [
    "a NetworkPolicy that names his namespace",
    yamlOf(
      base,
      outsider("a"),
      network("{ from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: out } } }] }"),
    ),
    ["likely client Deployment out/a"],
  ],
  [
    "a NetworkPolicy of another port",
    yamlOf(base, outsider("a"), network("{ from: [{ namespaceSelector: {} }], ports: [{ port: 81 }] }")),
    [],
  ],
  [
    "a NetworkPolicy that lets all in",
    yamlOf(base, outsider("a"), network("{ ports: [{ port: http }] }")),
    ["unknown others Deployment out/a"],
  ],
  [
    "a NetworkPolicy of addresses",
    yamlOf(base, outsider("a"), network("{ from: [{ ipBlock: { cidr: 10.0.0.0/8 } }] }")),
    ["unknown others Deployment out/a"],
  ],
  [
    "a NetworkPolicy against the network of nodes",
    yamlOf(base, deployment("agent", { spec: "hostNetwork: true" }), network("{ from: [{ podSelector: {} }] }")),
    ["unknown others Deployment shop/agent"],
  ],
];

for (const [name, yaml, expected] of cases) {
  test(`who breaks: ${name}`, () => {
    const port = readinessOf(viewOf(yaml)).ports.find(({ served }) => served.port === 8080);
    assert.ok(port !== undefined);
    assert.deepEqual(
      port.findings.map(({ grade, source, client }) => `${grade} ${source} ${client}`),
      expected,
    );
    assert.equal(port.grade, expected[0]?.split(" ")[0] ?? "safe");
  });
}

test("ports that no sidecar takes, and workloads without one, have nothing to break", () => {
  const yaml = yamlOf(
    annotated('traffic.sidecar.istio.io/excludeInboundPorts: "8080"'),
    outsider("db", { ports: "{ containerPort: 1 }" }),
  );
  const { ports, without } = readinessOf(viewOf(yaml));
  assert.deepEqual(ports, []);
  assert.deepEqual(
    without.map(({ name }) => name),
    ["db"],
  );
});

const pod = (name: string, ip: string, labels: string) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop, labels: { ${labels} } }
spec: { containers: [{ name: c, image: i, ports: [{ name: http, containerPort: 8080 }] }] }
status: { podIP: ${ip} }
`;
const live = yamlOf(
  shop,
  pod("web", "10.0.0.1", "app: web, security.istio.io/tlsMode: istio"),
  pod("old", "10.0.0.2", "app: old"),
  service("web", "{ name: http, port: 80, targetPort: http }"),
);
const line = (ip: string, tls: string, more: object = {}) =>
  JSON.stringify({
    time: "2026-01-01T00:00:00Z",
    direction: "inbound",
    source: { ip },
    destination: { ip: "10.0.0.1", port: 8080 },
    tls,
    ...more,
  });

test("who was seen without the mesh's TLS is certain to break, and who with it is not", () => {
  const traffic = readTraffic(
    [
      line("10.0.0.2", "plaintext"),
      line("10.0.0.2", "plaintext"),
      line("10.0.0.9", "foreign"),
      line("10.0.0.3", "mutual"),
      line("10.0.0.1", "none", { direction: "outbound" }),
      "",
    ].join("\n"),
  );
  assert.equal(traffic.passedOver, 1);
  assert.deepEqual([unmatchedOf(traffic, viewOf(live)), unmatchedOf(traffic, viewOf(base))], [0, 4]);
  const [port] = readinessOf(viewOf(live), traffic).ports;
  assert.deepEqual(port?.seen, { mutual: 1, plaintext: 2, foreign: 1 });
  assert.deepEqual(
    port?.findings.map(({ grade, client, reason }) => [grade, client, reason]),
    [
      ["certain", "Pod shop/old (10.0.0.2)", "it was seen to call with plaintext, 2 times, last 2026-01-01T00:00:00Z"],
      ["certain", "10.0.0.9", "it was seen to call with TLS that is not the mesh's, 1 time, last 2026-01-01T00:00:00Z"],
      ["unknown", "Pod shop/old", "no NetworkPolicy keeps them from the port, and 4 connections were seen"],
    ],
  );
});

test("a log that is none is told by its line", () => {
  const wrong: readonly [string, number, RegExp][] = [
    ["x", 1, /expected a JSON object/],
    [`${line("10.0.0.2", "mutual")}\n[]`, 2, /expected a JSON object/],
    [line("10.0.0.2", "maybe"), 1, /^tls is "maybe": expected mutual, plaintext or foreign$/],
    [JSON.stringify({ direction: "inbound", source: {} }), 1, /without source.ip/],
  ];
  for (const [text, number, message] of wrong)
    assert.throws(() => readTraffic(text), { name: "TrafficError", line: number, message });
});

const peer = (name: string, spec: string) =>
  object("security.istio.io/v1", "PeerAuthentication", `spec: ${spec}`, name);
const breaking = yamlOf(base, arg("http://web.shop"));

test("an exception is the least: the ports alone, of the workload alone, and it was tried", () => {
  const view = viewOf(yamlOf(breaking, deployment("db", { ports: "{ containerPort: 8080 }" })));
  const { exceptions } = readinessOf(view);
  const [web] = exceptions.filter(({ workload }) => workload.name === "web");
  assert.deepEqual(web?.policy, {
    apiVersion: "security.istio.io/v1",
    kind: "PeerAuthentication",
    metadata: { name: "web-exceptions", namespace: "shop" },
    spec: { selector: { matchLabels: { app: "web" } }, portLevelMtls: { 8080: { mode: "PERMISSIVE" } } },
  });
  assert.deepEqual([web?.helps, web?.alsoChanges], [true, []]);
});

test("with the namespace STRICT the call breaks, and with the exception beside it it goes", () => {
  const { exceptions, rollout } = readinessOf(viewOf(breaking));
  const [first] = exceptions;
  assert.ok(first !== undefined && rollout[0] !== undefined);
  const outcome = (more: readonly object[]) => {
    const view = meshView([...objectsOf(breaking), ...more.map((each) => ({ object: each as never }))]);
    const caller = view.workloads.find(({ name }) => name === "caller");
    const [target] = view.services;
    assert.ok(caller !== undefined && target !== undefined);
    return admissionPaths(view, caller, { service: target, port: 80 }, {}).map(({ isAllowed }) => isAllowed);
  };
  assert.deepEqual(outcome([]), [true]);
  assert.deepEqual(outcome([rollout[0].policy]), [false]);
  assert.deepEqual(outcome([rollout[0].policy, first.policy]), [true]);
});

test("where a policy of the workload holds already, the ports are added to that: a second one would lose", () => {
  const own = peer("web", "{ selector: { matchLabels: { tier: a } }, portLevelMtls: { 9: { mode: DISABLE } } }");
  const alike = (yaml: string) => yaml.replaceAll("metadata: { labels: { app:", "metadata: { labels: { tier: a, app:");
  const { exceptions } = readinessOf(viewOf(yamlOf(alike(breaking), alike(deployment("api")), own)));
  const [web] = exceptions.filter(({ workload }) => workload.name === "web");
  assert.equal(web?.policy.metadata.name, "web");
  assert.deepEqual(web?.policy.spec, {
    selector: { matchLabels: { tier: "a" } },
    portLevelMtls: { 9: { mode: "DISABLE" }, 8080: { mode: "PERMISSIVE" } },
  });
  assert.deepEqual([web?.helps, web?.alsoChanges.map(({ name }) => name)], [true, ["api"]]);
});

test("an exception that cannot help is told: TLS of others on a port of HTTP is refused by PERMISSIVE too", () => {
  const hook = object(
    "admissionregistration.k8s.io/v1",
    "ValidatingWebhookConfiguration",
    "webhooks: [{ name: a.b.c, clientConfig: { service: { namespace: shop, name: web, port: 80 } } }]",
  );
  assert.deepEqual(
    readinessOf(viewOf(yamlOf(base, hook))).exceptions.map(({ helps }) => helps),
    [false],
  );
});

test("when what it asks for is applied, it asks for nothing more", () => {
  const before = readinessOf(viewOf(breaking));
  const applied = before.rollout.flatMap(({ exceptions, policy }) => [
    ...exceptions.map((each) => each.policy),
    policy,
  ]);
  const after = readinessOf(
    meshView([...objectsOf(breaking), ...applied.map((object) => ({ object: object as never }))]),
  );
  assert.deepEqual(
    before.ports.map(({ grade }) => grade),
    ["likely"],
  );
  assert.deepEqual(
    after.ports.map(({ grade, mode, kept }) => [grade, mode, kept.map(({ client }) => client)]),
    [["safe", "PERMISSIVE", ["Deployment out/caller"]]],
  );
  assert.deepEqual([after.exceptions, after.rollout], [[], []]);
});

const namespace = (name: string) =>
  object("v1", "Namespace", "", name).replace(`name: ${name}`, `name: ${name}, labels: { istio-injection: enabled }`);
const inSpace = (yaml: string, name: string) => yaml.replaceAll("namespace: shop", `namespace: ${name}`);
const pair = (name: string, type: string) =>
  yamlOf(
    namespace(name),
    inSpace(deployment("web", { ports: "{ containerPort: 80 }" }), name),
    inSpace(service("web", "{ port: 80 }", `type: ${type}`), name),
  );

test("namespaces go STRICT in order: safe ones first, then with their exceptions, then the mesh; what is STRICT is done", () => {
  const yaml = yamlOf(
    pair("b", "LoadBalancer"),
    pair("a", "ClusterIP"),
    pair("c", "ClusterIP"),
    inSpace(peer("old", "{ mtls: { mode: DISABLE } }").replace("name: old", "name: old, namespace: c"), "c"),
    pair("d", "LoadBalancer"),
    peer("old", "{ mtls: { mode: STRICT } }").replace("name: old", "name: old, namespace: d"),
  );
  const { rollout } = readinessOf(viewOf(yaml));
  assert.deepEqual(
    rollout.map((step) => [
      step.namespace,
      step.grade,
      step.permissiveFirst.length,
      step.exceptions.length,
      step.policy.metadata.name,
    ]),
    [
      ["a", "safe", 0, 0, "default"],
      ["c", "safe", 1, 0, "old"],
      ["b", "likely", 0, 1, "default"],
      [undefined, "likely", 0, 0, "default"],
    ],
  );
  assert.equal(rollout.at(-1)?.policy.metadata.namespace, "istio-system");
  assert.deepEqual(
    readinessOf(viewOf(yaml), undefined, "b").rollout.map((step) => step.namespace),
    ["b"],
  );
});
