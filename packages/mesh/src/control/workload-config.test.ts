import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { defaultMesh } from "../policy/workload.ts";
import { FollowedConfig } from "./followed-config.ts";
import { type ClusterObjects, MeshCluster } from "./workload-config.ts";

const mesh = { "security.istio.io/tlsMode": "istio" };

function podOf(name: string, podIP: string, labels: object = mesh, more: object = {}): KubeObject {
  const metadata = { name, namespace: "shop", labels: { app: name, ...labels } };
  const spec = { serviceAccountName: `${name}-account`, containers: [], ...more };
  return { apiVersion: "v1", kind: "Pod", metadata, spec, status: { podIP, phase: "Running" } };
}

function serviceOf(name: string, clusterIP: string, ports: readonly object[]): KubeObject {
  const spec = { clusterIP, clusterIPs: [clusterIP], ports };
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace: "shop" }, spec };
}

function sliceOf(
  service: string,
  addresses: readonly (readonly [ip: string, ready?: boolean])[],
  port: number,
  name = "",
): KubeObject {
  const metadata = { name: service, namespace: "shop", labels: { "kubernetes.io/service-name": service } };
  const endpoints = addresses.map(([ip, ready = true]) => ({ addresses: [ip], conditions: { ready } }));
  const shared = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" };
  return { ...shared, metadata, addressType: "IPv4", ports: [{ name, port }], endpoints };
}

const of = (kind: string, spec: object, metadata: object = {}) => ({
  metadata: { name: kind.toLowerCase(), namespace: "shop", ...metadata },
  spec,
});

const base: ClusterObjects = {
  pods: [podOf("web", "10.0.0.1"), podOf("client", "10.0.0.2"), podOf("old", "10.0.0.3", {})],
  services: [
    serviceOf("web", "10.96.0.1", [{ name: "http", port: 80, targetPort: 8080 }]),
    serviceOf("old", "10.96.0.2", [{ port: 5432 }]),
  ],
  endpointSlices: [sliceOf("web", [["10.0.0.1"]], 8080, "http"), sliceOf("old", [["10.0.0.3"]], 5432)],
  peerAuthentications: [],
  authorizationPolicies: [],
  destinationRules: [],
};

function configOf(name: string, more: Partial<ClusterObjects> = {}) {
  const config = new MeshCluster({ ...base, ...more }, defaultMesh).configOf("shop", name);
  assert.ok(config !== undefined);
  // What is sent is JSON.
  assert.deepEqual(JSON.parse(JSON.stringify(config)), config);
  return new FollowedConfig(config, () => 0);
}

const web = "spiffe://cluster.local/ns/shop/sa/web-account";

test("to whom a sidecar speaks mutual TLS", () => {
  const config = configOf("client");
  assert.deepEqual(config.outbound("10.96.0.1", 80), {
    ip: "10.0.0.1",
    port: 8080,
    protocol: "http",
    tls: "mutual",
    identities: [web],
    serverName: "outbound_.80_._.web.shop.svc.cluster.local",
  });
  const old = config.outbound("10.96.0.2", 5432);
  assert.deepEqual(old, { ip: "10.0.0.3", port: 5432, protocol: "auto", tls: "none", identities: [] });
  for (const [ip, port] of [
    ["10.96.0.1", 81],
    ["10.0.0.1", 8080],
    ["1.1.1.1", 80],
  ] as const)
    assert.equal(config.outbound(ip, port), undefined);
});

test("a pod that calls itself has nobody to prove anything to", () => {
  const own = configOf("web").outbound("10.96.0.1", 80);
  assert.deepEqual(own, { ip: "10.0.0.1", port: 8080, protocol: "http", tls: "none", identities: [] });
});

test("a server that disables it is called in plaintext, and a rule says otherwise", () => {
  const disabled = { peerAuthentications: [of("PeerAuthentication", { mtls: { mode: "DISABLE" as const } })] };
  assert.equal(configOf("client", disabled).outbound("10.96.0.1", 80)?.tls, "none");
  const ruleOf = (mode: "DISABLE" | "SIMPLE" | "ISTIO_MUTUAL") => ({
    destinationRules: [of("DestinationRule", { host: "web", trafficPolicy: { tls: { mode } } })],
  });
  assert.equal(configOf("client", { ...disabled, ...ruleOf("ISTIO_MUTUAL") }).outbound("10.96.0.1", 80)?.tls, "mutual");
  assert.equal(configOf("client", ruleOf("DISABLE")).outbound("10.96.0.1", 80)?.tls, "none");
  const other = configOf("client", ruleOf("SIMPLE")).outbound("10.96.0.1", 80);
  const origination = { mode: "SIMPLE", host: "web.shop.svc.cluster.local" };
  assert.deepEqual([other?.tls, other?.origination], ["originate", origination]);
});

test("whom a CUSTOM policy asks is one of the mesh, reached as its Service is; others are asked nothing", () => {
  const service = "shop/web.shop.svc.cluster.local";
  const providerOf = (name: string, port: number) => ({ name, envoyExtAuthzHttp: { service, port } });
  const extensionProviders = [providerOf("known", 80), providerOf("lost", 81), providerOf("unasked", 80)];
  const asked = (name: string) => {
    const policy = of("AuthorizationPolicy", { action: "CUSTOM" as const, provider: { name }, rules: [{}] });
    const cluster = new MeshCluster(
      { ...base, authorizationPolicies: [policy] },
      { ...defaultMesh, extensionProviders },
    );
    const config = cluster.configOf("shop", "client");
    assert.ok(config !== undefined);
    const followed = new FollowedConfig(JSON.parse(JSON.stringify(config)), () => 0);
    const call = { source: { ip: "" }, destination: { ip: "", port: 80 } };
    const http = { method: "GET", path: "/", host: "", headers: {} };
    const { allowed, asks } = followed.authorizer.decide({ ...call, http });
    return { names: config.mesh.extensionProviders?.map((each) => each.name), allowed, asks, followed };
  };
  const known = asked("known");
  assert.deepEqual([known.names, known.allowed, known.asks?.provider], [["known"], true, "known"]);
  const target = known.followed.provider("known")?.target;
  assert.deepEqual([target?.ip, target?.port, target?.tls, target?.identities], ["10.0.0.1", 8080, "mutual", [web]]);
  const lost = asked("lost");
  assert.deepEqual([lost.names, lost.allowed, lost.asks], [undefined, false, undefined]);
});

test("how a sidecar takes connections", () => {
  const selector = { matchLabels: { app: "web" } };
  const policy = {
    selector,
    mtls: { mode: "STRICT" as const },
    portLevelMtls: { "9090": { mode: "DISABLE" as const } },
  };
  const config = configOf("web", { peerAuthentications: [of("PeerAuthentication", policy)] });
  assert.deepEqual(config.inbound(8080), { mode: "STRICT", protocol: "http" });
  assert.deepEqual(config.inbound(9090), { mode: "DISABLE", protocol: "auto" });
  assert.deepEqual(configOf("web").inbound(1), { mode: "PERMISSIVE", protocol: "auto" });
});

test("policies are the workload's own", () => {
  const policies = [
    of("AuthorizationPolicy", { selector: { matchLabels: { app: "web" } } }),
    of("AuthorizationPolicy", {}, { name: "of-others", namespace: "other" }),
  ];
  const decide = (name: string) =>
    configOf(name, { authorizationPolicies: policies }).authorizer.decide({
      source: { ip: "10.0.0.2" },
      destination: { ip: "10.0.0.1", port: 8080 },
    }).allowed;
  assert.deepEqual([decide("web"), decide("client")], [false, true]);
});

test("endpoints: ready ones, those without a Service's address by their own, and none at all", () => {
  const [, ...services] = base.services;
  const headless = serviceOf("web", "None", [{ name: "http", port: 80 }]);
  const config = configOf("client", { services: [headless, ...services] });
  assert.equal(config.outbound("10.0.0.1", 8080)?.tls, "mutual");
  const slices = [sliceOf("web", [["10.0.0.1", false], ["10.0.0.3"]], 8080, "http")];
  assert.equal(configOf("client", { endpointSlices: slices }).outbound("10.96.0.1", 80)?.ip, "10.0.0.3");
  const nobody = [sliceOf("web", [["10.0.0.1", false]], 8080, "http")];
  const none = configOf("client", { endpointSlices: nobody }).outbound("10.96.0.1", 80);
  assert.deepEqual([none?.tls, none?.identities], ["mutual", ["spiffe://invalid/nobody"]]);
});

test("who is no pod of the mesh's network has no configuration", () => {
  const cluster = new MeshCluster(
    { ...base, pods: [podOf("host", "10.0.0.9", mesh, { hostNetwork: true }), podOf("new", "")] },
    defaultMesh,
  );
  for (const name of ["host", "new", "nobody"]) assert.equal(cluster.configOf("shop", name), undefined);
});
