import assert from "node:assert/strict";
import { test } from "node:test";
import { protocolOf } from "./mesh-service.ts";
import { servedPorts } from "./mesh-view.ts";
import { titleOf } from "./mesh-workload.ts";
import { deployment, service, shop, viewOf, yamlOf } from "./views.fixture.ts";

const pod = (name: string, rest: string) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, ${rest} }
spec: { containers: [{ name: c, image: i }] }
status: { podIP: 10.0.0.1 }
`;
const owner = (kind: string, name: string) => `ownerReferences: [{ kind: ${kind}, name: ${name}, controller: true }]`;

test("pods are told with the top of their owners", () => {
  const view = viewOf(
    yamlOf(
      shop,
      deployment("web"),
      pod("web-abc-1", `labels: { app: web, pod-template-hash: abc }, ${owner("ReplicaSet", "web-abc")}`),
      pod("web-abc-2", `labels: { app: web, pod-template-hash: abc }, ${owner("ReplicaSet", "web-abc")}`),
      pod("alone", "labels: { app: alone }"),
      pod("db-0", `labels: { app: db }, ${owner("StatefulSet", "db")}`),
      pod("static", `${owner("Node", "n1")}`),
    ),
  );
  assert.deepEqual(
    view.workloads.map((each) => [titleOf(each), each.pods, each.ips, each.selector]),
    [
      ["Deployment shop/web", ["web-abc-1", "web-abc-2"], ["10.0.0.1", "10.0.0.1"], { app: "web" }],
      ["Pod shop/alone", ["alone"], ["10.0.0.1"], { app: "alone" }],
      ["StatefulSet shop/db", ["db-0"], ["10.0.0.1"], { app: "db" }],
      ["Pod shop/static", ["static"], ["10.0.0.1"], {}],
    ],
  );
});

/** A pod's metadata and spec, and whether it is of the mesh. */
const sidecars: readonly [string, string, boolean, RegExp][] = [
  ["what is to come, of a namespace of the mesh", yamlOf(shop, deployment("web")), true, /enabled/],
  ["hostNetwork", yamlOf(shop, deployment("web", { spec: "hostNetwork: true" })), false, /hostNetwork/],
  ["a namespace that is not of the mesh", deployment("web"), false, /neither the namespace shop has the label/],
  [
    "a running pod without one, whatever the namespace says",
    yamlOf(shop, pod("web", "labels: {}")),
    false,
    /no sidecar in its pods/,
  ],
  ["a running pod with one", pod("web", "labels: { security.istio.io/tlsMode: istio }"), true, /have a sidecar/],
];

for (const [name, yaml, isThere, why] of sidecars) {
  test(`a sidecar: ${name}`, () => {
    const [workload] = viewOf(yaml).workloads;
    assert.equal(workload?.sidecar.isThere, isThere);
    assert.match(workload?.sidecar.why ?? "", why);
  });
}

test("ports are those of services and of containers, by the workload's numbers", () => {
  const view = viewOf(
    yamlOf(
      shop,
      deployment("web", {
        ports: "{ name: main, containerPort: 8080 }, { containerPort: 9090 }, { containerPort: 53, protocol: UDP }",
      }),
      service(
        "web",
        "{ name: grpc-main, port: 80, targetPort: main }, { port: 81, targetPort: 8080 }, { name: tcp, port: 5432 }, { port: 1, targetPort: nothing }, { port: 53, protocol: UDP }",
      ),
    ),
  );
  assert.deepEqual(
    servedPorts(view).map(({ port, protocol, through }) => [port, protocol, through.map((way) => way.port)]),
    [
      [5432, "tcp", [5432]],
      [8080, "grpc", [80, 81]],
      [9090, "auto", []],
    ],
  );
});

test("what is spoken on a port is said by appProtocol, else by its name", () => {
  const cases: readonly [string | undefined, string | undefined, string][] = [
    ["http", undefined, "http"],
    ["http-web", undefined, "http"],
    ["grpc-web-x", undefined, "http"],
    ["https-x", undefined, "https"],
    ["mysql", "tcp", "tcp"],
    ["x", "kubernetes.io/h2c", "http2"],
    ["httpx", undefined, "auto"],
    [undefined, undefined, "auto"],
    ["constructor", undefined, "auto"],
  ];
  for (const [name, app, expected] of cases) assert.equal(protocolOf(name, app), expected, `${name} ${app}`);
});

test("objects that cannot be read are left out and told", () => {
  const view = viewOf(`
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: a }
spec: { mtls: { mode: strict } }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: b }
spec: { selector: {}, mode: STRICT }
`);
  assert.deepEqual(
    view.peerAuthentications.map(({ metadata }) => metadata.name),
    ["b"],
  );
  assert.deepEqual(
    view.problems.map(({ of, grade }) => [of.place, grade]),
    [
      ["#0", "unreadable"],
      ["#1", "fault"],
      ["#1", "warning"],
    ],
  );
});
