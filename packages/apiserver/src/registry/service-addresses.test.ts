import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { ServiceAddresses } from "./service-addresses.ts";

type Fields = { readonly [field: string]: unknown };

const service = (name: string, spec: Fields): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "d" },
  spec,
});

const stored = [
  service("a", { clusterIP: "10.0.0.2" }),
  service("b", { clusterIP: "10.0.0.4", ports: [{ port: 1, protocol: "TCP", nodePort: 30000 }] }),
];
const reader = { get: () => undefined, list: () => stored };

const given = (spec: Fields, old?: Fields) => {
  const made = new ServiceAddresses().allocate(service("n", spec), old && service("n", old), reader)["spec"] as Fields;
  return [made["clusterIP"], ...((made["ports"] ?? []) as { nodePort?: number }[]).map(({ nodePort }) => nodePort)];
};

const port = { port: 1, protocol: "TCP" };

const cases: readonly [what: string, spec: Fields, old: Fields | undefined, given: readonly unknown[]][] = [
  ["the lowest free address", { type: "ClusterIP" }, undefined, ["10.0.0.3"]],
  ["no address for a headless one", { type: "ClusterIP", clusterIP: "None" }, undefined, ["None"]],
  [
    "no address once it is a name",
    { type: "ExternalName", clusterIP: "10.0.0.9" },
    { type: "ClusterIP", clusterIP: "10.0.0.9" },
    [undefined],
  ],
  ["what it asks for", { type: "ClusterIP", clusterIP: "10.0.0.9" }, undefined, ["10.0.0.9"]],
  ["what it had", { type: "ClusterIP" }, { type: "ClusterIP", clusterIP: "10.0.0.8" }, ["10.0.0.8"]],
  [
    "free ports",
    { type: "NodePort", ports: [port, { port: 2, protocol: "TCP" }] },
    undefined,
    ["10.0.0.3", 30001, 30002],
  ],
  [
    "ports that it had",
    { type: "NodePort", ports: [port] },
    { type: "NodePort", clusterIP: "10.0.0.8", ports: [{ ...port, nodePort: 30009 }] },
    ["10.0.0.8", 30009],
  ],
  [
    "no ports once it is inside",
    { type: "ClusterIP", ports: [{ ...port, nodePort: 30009 }] },
    { type: "NodePort", clusterIP: "10.0.0.8", ports: [{ ...port, nodePort: 30009 }] },
    ["10.0.0.8", undefined],
  ],
];

for (const [what, spec, old, expected] of cases)
  test(`a service gets ${what}`, () => deepEqual(given(spec, old), expected));

const faults: readonly [spec: Fields, fault: RegExp][] = [
  [{ type: "ClusterIP", clusterIP: "10.0.0.2" }, /failed to allocate IP 10\.0\.0\.2: provided IP is already allocated/],
  [
    { type: "ClusterIP", clusterIP: "1.2.3.4" },
    /is not in the valid range\. The range of valid IPs is 10\.0\.0\.0\/24/,
  ],
  [
    { type: "NodePort", ports: [{ ...port, nodePort: 30000 }] },
    /nodePort: Invalid value: 30000: provided port is already/,
  ],
  [{ type: "NodePort", ports: [{ ...port, nodePort: 80 }] }, /The range of valid ports is 30000-32767/],
];

for (const [spec, fault] of faults)
  test(`a service may not ask for ${JSON.stringify(spec)}`, () => throws(() => given(spec), fault));

test("what is in flight is taken until it is settled", () => {
  const addresses = new ServiceAddresses();
  const addressOf = (name: string) =>
    (addresses.allocate(service(name, { type: "ClusterIP" }), undefined, reader)["spec"] as Fields)["clusterIP"];
  deepEqual([addressOf("x"), addressOf("y")], ["10.0.0.3", "10.0.0.5"]);
  addresses.settled(service("x", {}));
  deepEqual(addressOf("z"), "10.0.0.3");
});
