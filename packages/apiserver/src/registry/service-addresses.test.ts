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
const reader = {
  get: () => undefined,
  list: (_group: string, resource: string) => (resource === "services" ? stored : []),
};

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
  ["none where it had none", { type: "ClusterIP" }, { type: "ClusterIP" }, [undefined]],
  ["one once it is no name any more", { type: "ClusterIP" }, { type: "ExternalName" }, ["10.0.0.3"]],
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
    /failed to allocate IP [\d.]+: the provided network does not match the current range$/,
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

test("other ranges, of the flag and of ServiceCIDRs that are ready", () => {
  const cidr = (name: string, range: string, status: string): KubeObject => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "ServiceCIDR",
    metadata: { name },
    spec: { cidrs: [range] },
    status: { conditions: [{ type: "Ready", status }] },
  });
  const cidrs = [cidr("more", "10.9.0.0/30", "True"), cidr("going", "10.8.0.0/24", "False")];
  const taken: KubeObject[] = [];
  const addresses = new ServiceAddresses({ cidr: "10.1.0.0/30", firstPort: 40000, lastPort: 40001 });
  const world = {
    get: () => undefined,
    list: (_group: string, resource: string) => (resource === "services" ? taken : cidrs),
  };
  const next = (spec: Fields) => {
    const made = addresses.allocate(service(`n${taken.length}`, spec), undefined, world);
    taken.push(made);
    return (made["spec"] as Fields)["clusterIP"];
  };
  // The first address of all is the API server's.
  deepEqual(
    [1, 2, 3].map(() => next({ type: "ClusterIP" })),
    ["10.1.0.2", "10.9.0.1", "10.9.0.2"],
  );
  throws(() => next({ type: "ClusterIP" }), /failed to allocate IP: range is full/);
  throws(
    () => next({ type: "ClusterIP", clusterIP: "10.8.0.5" }),
    /failed to allocate IP 10\.8\.0\.5: the provided network does not match the current range/,
  );
  throws(
    () => next({ type: "NodePort", clusterIP: "None", ports: [{ ...port, nodePort: 30000 }] }),
    /The range of valid ports is 40000-40001/,
  );
});

test("what is stored is followed: an address that nobody has any more is the lowest free one again", () => {
  const addresses = new ServiceAddresses();
  const next = (name: string) => {
    const made = addresses.allocate(service(name, { type: "ClusterIP" }), undefined, reader);
    addresses.changed("d", name, made);
    addresses.settled(made);
    return (made["spec"] as Fields)["clusterIP"];
  };
  deepEqual(["x", "y", "z"].map(next), ["10.0.0.3", "10.0.0.5", "10.0.0.6"]);
  addresses.changed("d", "a", undefined);
  addresses.changed("d", "y", service("y", { clusterIP: "10.0.0.200" }));
  deepEqual(["u", "v", "w"].map(next), ["10.0.0.2", "10.0.0.5", "10.0.0.7"]);
  throws(() => addresses.allocate(service("t", { clusterIP: "10.0.0.200" }), undefined, reader), /already allocated/);
});
