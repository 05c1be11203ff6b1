import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import type { Condition } from "./conditions.ts";
import { type World, withWorld } from "./world.fixture.ts";

const group = "networking.k8s.io";

const service = (name: string, spec: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { ports: [{ port: 80 }], ...spec },
});
const range = (name: string, cidr: string): KubeObject => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "ServiceCIDR",
  metadata: { name },
  spec: { cidrs: [cidr] },
});

/** The service that has an address, by the IPAddress object. */
function owner(world: World, address: string): string | undefined {
  const found = world.cluster(group, "ipaddresses", address);
  return found && (found["spec"] as { readonly parentRef: { readonly name: string } }).parentRef.name;
}

function ready(world: World, name: string): string | undefined {
  const { conditions = [] } = (world.cluster(group, "servicecidrs", name)?.["status"] ?? {}) as {
    readonly conditions?: readonly Condition[];
  };
  return conditions.map(({ type, status, message }) => `${type} ${status} ${message}`)[0];
}

test("each address of a service has an IPAddress, as long as the service has it", () =>
  withWorld(["service-ip-addresses"], async (world) => {
    const made = await world.create(service("a"));
    await world.create(service("headless", { clusterIP: "None" }));
    await world.settle();
    assert.equal(owner(world, "10.0.0.2"), "a");
    assert.deepEqual(world.cluster(group, "ipaddresses", "10.0.0.2")?.metadata.labels, {
      "ipaddress.kubernetes.io/ip-family": "IPv4",
      "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
    });
    await world.delete(world.cluster(group, "ipaddresses", "10.0.0.2") as KubeObject);
    assert.equal(owner(world, "10.0.0.2"), "a");
    await world.delete(made);
    assert.equal(owner(world, "10.0.0.2"), undefined);
  }));

test("an address that says that it is another's is mended, and one that is nobody's of ours is left alone", () =>
  withWorld([], async (world) => {
    const address = (name: string, labels: { readonly [key: string]: string }): KubeObject => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "IPAddress",
      metadata: { name, labels },
      spec: { parentRef: { resource: "services", namespace: "default", name: "other" } },
    });
    await world.create(service("a"));
    await world.create(address("10.0.0.2", {}));
    await world.create(address("10.0.0.9", { "ipaddress.kubernetes.io/managed-by": "somebody" }));
    await world.restart(["service-ip-addresses"]);
    assert.equal(owner(world, "10.0.0.2"), "a");
    assert.equal(owner(world, "10.0.0.9"), "other");
    assert.match(String(world.list("", "events")[0]?.["message"]), /has a wrong reference; repairing$/);
  }));

test("ranges are ready, give addresses, and stay as long as services have those", () =>
  withWorld(["service-cidr", "service-ip-addresses"], async (world) => {
    assert.deepEqual(world.cluster(group, "servicecidrs", "kubernetes")?.["spec"], { cidrs: ["10.0.0.0/24"] });
    assert.equal(ready(world, "kubernetes"), "Ready True Kubernetes default Service CIDR is ready");
    const more = await world.create(range("more", "10.7.0.0/29"));
    await world.settle();
    assert.equal(ready(world, "more"), "Ready True Kubernetes Service CIDR is ready");
    const made = await world.create(service("a", { clusterIP: "10.7.0.3" }));
    await world.settle();
    await world.delete(more);
    assert.match(ready(world, "more") ?? "", /^Ready False There are still IPAddresses referencing the ServiceCIDR/);
    await assert.rejects(world.create(service("b", { clusterIP: "10.7.0.4" })), /the provided network does not match/);
    await world.delete(made);
    assert.ok(world.cluster(group, "servicecidrs", "more"));
    await world.turn(10_000);
    assert.equal(world.cluster(group, "servicecidrs", "more"), undefined);
  }));

for (const [what, cidrs, wanted] of [
  ["nothing", [], /spec\.cidrs: Required value: at least one CIDR required/],
  ["no range", ["10.0.0.1"], /spec\.cidrs\[0\]: Invalid value: "10\.0\.0\.1": must be a valid CIDR value/],
  ["one family twice", ["10.1.0.0/24", "10.2.0.0/24"], /may specify no more than one IP for each IP family/],
] as const)
  test(`a ServiceCIDR of ${what} is refused`, () =>
    withWorld([], async (world) => {
      await assert.rejects(world.create({ ...range("r", ""), spec: { cidrs } }), wanted);
    }));

test("an IPAddress is named by an address and has a parent", () =>
  withWorld([], async (world) => {
    const made = { apiVersion: "networking.k8s.io/v1", kind: "IPAddress", metadata: { name: "x" }, spec: {} };
    await assert.rejects(
      world.create(made),
      /metadata\.name: Invalid value: "x": must be a valid IP address.*spec\.parentRef: Required/,
    );
  }));

test("the API server has a Service at the first address", () =>
  withWorld(["kubernetes-service"], async (world) => {
    const spec = () => world.get("", "services", "kubernetes")?.["spec"] as { readonly clusterIP?: string } | undefined;
    assert.equal(spec()?.clusterIP, "10.0.0.1");
    await world.delete(world.get("", "services", "kubernetes") as KubeObject);
    assert.equal(spec()?.clusterIP, "10.0.0.1");
  }));
