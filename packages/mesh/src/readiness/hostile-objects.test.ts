import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import fc from "fast-check";
import { explainPort } from "../view/explanation.ts";
import { meshView, servedPorts } from "../view/mesh-view.ts";
import { deployment, objectsOf, service, shop, yamlOf } from "../view/views.fixture.ts";
import { readinessOf } from "./readiness.ts";

/** Kinds that no schema of ours has checked before they are looked into. */
const kinds: readonly (readonly [string, string, readonly string[]])[] = [
  ["monitoring.coreos.com/v1", "ServiceMonitor", ["selector", "namespaceSelector", "endpoints"]],
  ["monitoring.coreos.com/v1", "PodMonitor", ["selector", "namespaceSelector", "podMetricsEndpoints"]],
  ["gateway.networking.k8s.io/v1", "Gateway", ["gatewayClassName"]],
  ["gateway.networking.k8s.io/v1", "HTTPRoute", ["parentRefs", "rules"]],
  ["security.istio.io/v1", "PeerAuthentication", ["selector", "mtls", "portLevelMtls"]],
  ["security.istio.io/v1", "AuthorizationPolicy", ["selector", "action", "rules", "targetRefs", "provider"]],
  ["networking.istio.io/v1", "DestinationRule", ["host", "trafficPolicy", "subsets", "exportTo", "workloadSelector"]],
];

const words = [
  "web",
  "shop",
  "app",
  "x",
  "http",
  "STRICT",
  "DENY",
  "ISTIO_MUTUAL",
  "*",
  "",
  "__proto__",
  "constructor",
];
const fields = [
  "matchLabels",
  "matchExpressions",
  "matchNames",
  "any",
  "port",
  "targetPort",
  "portNumber",
  "scheme",
  "tlsConfig",
  "name",
  "namespace",
  "kind",
  "backendRefs",
  "mode",
  "from",
  "to",
  "when",
  "source",
  "operation",
  "key",
  "values",
  "notValues",
  "principals",
  "ports",
  "paths",
  "tls",
  "portLevelSettings",
  "number",
  "8080",
  "__proto__",
  "constructor",
];
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<unknown>(...words, null, true, 0, 8080, -1, 1.5),
    fc.array(tie("any"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...fields), tie("any"), { maxKeys: 4 }),
  ),
})).any;
const object = fc.constantFrom(...kinds).chain(([apiVersion, kind, names]) =>
  fc
    .record({
      spec: fc.option(fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] }), {
        freq: 9,
      }),
      metadata: fc.record({ name: fc.constantFrom("a", "b"), namespace: fc.constantFrom("shop", "istio-system") }),
    })
    .map((rest) => JSON.parse(JSON.stringify({ apiVersion, kind, ...rest })) as KubeObject),
);
const base = objectsOf(
  yamlOf(
    shop,
    deployment("web", { ports: "{ name: http, containerPort: 8080 }" }),
    service("web", "{ name: http, port: 80, targetPort: http }"),
  ),
);

test("whatever stands in objects, they are looked at or told, and nothing breaks", () => {
  fc.assert(
    fc.property(fc.array(object, { maxLength: 4 }), (objects) => {
      const view = meshView([...base, ...objects.map((each) => ({ object: each }))]);
      readinessOf(view);
      for (const { workload, port } of servedPorts(view)) explainPort(view, workload, port);
    }),
    { numRuns: 1000 },
  );
});
