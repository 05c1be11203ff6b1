import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { nftTable, type ServiceTarget, serviceTargets } from "./service-rules.ts";

const service = (spec: object): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "a" },
  spec,
});

const slice = (endpoints: readonly object[], ports: readonly object[] = [{ name: "", port: 8080 }]): KubeObject => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: "web-1", namespace: "a", labels: { "kubernetes.io/service-name": "web" } },
  addressType: "IPv4",
  ports,
  endpoints,
});

const at = (address: string, conditions: object = {}) => ({ addresses: [address], conditions });
const tcp = { protocol: "tcp", isSticky: false };
const spec = { clusterIP: "10.96.0.5", clusterIPs: ["10.96.0.5"], ports: [{ port: 80 }] };

const cases: readonly (readonly [what: string, spec: object, slices: readonly KubeObject[], ServiceTarget[]])[] = [
  [
    "ready endpoints, each once",
    spec,
    [slice([at("10.0.0.2"), at("10.0.0.1"), at("10.0.0.2"), at("10.0.0.3", { ready: false })])],
    [
      {
        ...tcp,
        address: "10.96.0.5",
        port: 80,
        endpoints: [
          ["10.0.0.1", 8080],
          ["10.0.0.2", 8080],
        ],
      },
    ],
  ],
  [
    "none is ready, and one serves while it ends",
    spec,
    [slice([at("10.0.0.1", { ready: false, serving: true, terminating: true }), at("10.0.0.2", { ready: false })])],
    [{ ...tcp, address: "10.96.0.5", port: 80, endpoints: [["10.0.0.1", 8080]] }],
  ],
  [
    "a slice without ports",
    spec,
    [{ ...slice([]), ports: null, endpoints: null }],
    [{ ...tcp, address: "10.96.0.5", port: 80, endpoints: [] }],
  ],
  ["no endpoints", spec, [], [{ ...tcp, address: "10.96.0.5", port: 80, endpoints: [] }]],
  ["headless", { clusterIP: "None", clusterIPs: ["None"], ports: [{ port: 80 }] }, [slice([at("10.0.0.1")])], []],
  [
    "a port of the node, the same client to the same place",
    { ...spec, sessionAffinity: "ClientIP", ports: [{ name: "x", port: 80, nodePort: 30001, protocol: "UDP" }] },
    [slice([at("10.0.0.1")], [{ name: "x", port: 53, protocol: "UDP" }])],
    [
      { protocol: "udp", isSticky: true, address: "10.96.0.5", port: 80, endpoints: [["10.0.0.1", 53]] },
      { protocol: "udp", isSticky: true, address: undefined, port: 30001, endpoints: [["10.0.0.1", 53]] },
    ],
  ],
];

for (const [what, given, slices, wanted] of cases)
  test(`a Service's targets: ${what}`, () => assert.deepEqual(serviceTargets([service(given)], slices), wanted));

const options = { table: "sallyport_test", podCidr: "10.0.0.0/24", linkPrefix: "sptest" };

function whyNot(): string | false {
  try {
    execFileSync("nft", ["--check", "-f", "-"], { input: "table ip sallyport_test {}\n", stdio: "pipe" });
    return false;
  } catch {
    return "no nftables on this machine, or not root";
  }
}

test("nft takes the table of all of them", { skip: whyNot() }, () => {
  const all = cases.flatMap(([, , , targets]) => targets);
  const text = nftTable(all, options);
  assert.ok(text.includes("ip daddr 10.96.0.5 tcp dport 80 reject"));
  assert.ok(text.includes("ip saddr . ip daddr { 10.0.0.1 . 10.0.0.1, 10.0.0.2 . 10.0.0.2 } masquerade"));
  execFileSync("nft", ["--check", "-f", "-"], { input: text });
  execFileSync("nft", ["--check", "-f", "-"], { input: nftTable([], options) });
});
