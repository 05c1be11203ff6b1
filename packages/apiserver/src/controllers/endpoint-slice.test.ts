import assert from "node:assert/strict";
import { test } from "node:test";
import { type World, withWorld } from "./world.fixture.ts";

const controllers = ["endpointslice", "garbagecollector"];

/** A world with a node, on which pods are. */
function withNode(run: (world: World) => Promise<void>): Promise<void> {
  return withWorld(controllers, async (world) => {
    await addNode(world, "n1", { "topology.kubernetes.io/zone": "z1" });
    await run(world);
  });
}

async function addNode(world: World, name: string, labels: { readonly [key: string]: string } = {}): Promise<void> {
  await world.create({ apiVersion: "v1", kind: "Node", metadata: { name, labels } });
  await world.settle();
}

async function addPod(
  world: World,
  name: string,
  ip: string,
  isReady: boolean,
  { portNumber = 8080, nodeName = "n1" }: { readonly portNumber?: number; readonly nodeName?: string } = {},
): Promise<void> {
  const container = { name: "web", image: "web:1", ports: [{ name: "http", containerPort: portNumber }] };
  const metadata = { name, labels: { app: "web" } };
  const spec = { nodeName, containers: [container] };
  const pod = await world.create({ apiVersion: "v1", kind: "Pod", metadata, spec });
  const conditions = [{ type: "Ready", status: isReady ? "True" : "False" }];
  await world.setStatus(pod, { phase: "Running", podIP: ip, podIPs: [{ ip }], conditions });
  await world.settle();
}

async function addService(world: World, spec: object = {}) {
  const given = { selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: "http" }], ...spec };
  const made = await world.create({ apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec: given });
  await world.settle();
  return made;
}

/** Each slice as its ports and its addresses, those that are ready with a plus: `8080: 10.0.0.1+ 10.0.0.2`. */
function seen(world: World): readonly string[] {
  return world.list("discovery.k8s.io", "endpointslices").map((slice) => {
    const endpoints = (slice["endpoints"] ?? []) as { addresses: string[]; conditions: { ready: boolean } }[];
    const ports = ((slice["ports"] ?? []) as { port: number }[]).map(({ port }) => port);
    return `${ports}: ${endpoints.map(({ addresses, conditions }) => addresses[0] + (conditions.ready ? "+" : "")).join(" ")}`;
  });
}

test("a service's slices follow its pods", () =>
  withNode(async (world) => {
    const service = await addService(world);
    assert.deepEqual(seen(world), [": "]);
    await addPod(world, "a", "10.0.0.1", true);
    await addPod(world, "b", "10.0.0.2", false);
    assert.deepEqual(seen(world), ["8080: 10.0.0.1+ 10.0.0.2"]);
    const [slice] = world.list("discovery.k8s.io", "endpointslices");
    assert.match(slice?.metadata.name ?? "", /^web-[a-z0-9]{5}$/);
    assert.deepEqual(slice?.metadata.labels, {
      "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
      "kubernetes.io/service-name": "web",
    });
    await addPod(world, "c", "10.0.0.3", true, { portNumber: 9090 });
    assert.deepEqual([...seen(world)].sort(), ["8080: 10.0.0.1+ 10.0.0.2", "9090: 10.0.0.3+"]);
    for (const pod of world.list("", "pods").slice(1)) await world.delete(pod, undefined, 0);
    assert.deepEqual(seen(world), ["8080: 10.0.0.1+"]);
    await world.delete(service);
    assert.deepEqual(seen(world), []);
  }));

test("addresses that are not ready are published where the service asks for it", () =>
  withNode(async (world) => {
    await addPod(world, "a", "10.0.0.1", false);
    await addService(world, { publishNotReadyAddresses: true, clusterIP: "None" });
    assert.deepEqual(seen(world), ["8080: 10.0.0.1+"]);
    const [slice] = world.list("discovery.k8s.io", "endpointslices");
    assert.equal(slice?.metadata.labels?.["service.kubernetes.io/headless"], "");
  }));

test("a service without a selector is left to whoever writes its endpoints", () =>
  withNode(async (world) => {
    const spec = { ports: [{ port: 80 }] };
    await world.create({ apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec });
    await world.settle();
    assert.deepEqual(seen(world), []);
  }));

test("a slice that somebody deleted comes back, and no slice has more than a hundred endpoints", () =>
  withNode(async (world) => {
    await addService(world);
    for (let i = 0; i < 101; i++) await addPod(world, `p${i}`, `10.0.1.${i}`, true);
    const sizes = () =>
      world.list("discovery.k8s.io", "endpointslices").map((each) => (each["endpoints"] as object[]).length);
    assert.deepEqual([...sizes()].sort(), [1, 100]);
    const [slice] = world.list("discovery.k8s.io", "endpointslices");
    if (slice !== undefined) await world.delete(slice);
    assert.deepEqual([...sizes()].sort(), [1, 100]);
  }));

test("a pod on a node that is not known is left out, and told of, until the node comes", () =>
  withNode(async (world) => {
    await addService(world);
    await addPod(world, "a", "10.0.0.1", true, { nodeName: "n2" });
    await addPod(world, "b", "10.0.0.2", true);
    assert.deepEqual(seen(world), ["8080: 10.0.0.2+"]);
    const [event] = world.list("", "events");
    assert.equal(event?.["reason"], "FailedToUpdateEndpointSlices");
    assert.equal(
      event?.["message"],
      "Error updating Endpoint Slices for Service default/web: skipping Pod a for Service default/web: Node n2 Not Found",
    );
    await addNode(world, "n2");
    assert.deepEqual(seen(world), ["8080: 10.0.0.1+ 10.0.0.2+"]);
  }));

test("a service that publishes what is not ready has pods of unknown nodes too", () =>
  withNode(async (world) => {
    await addService(world, { publishNotReadyAddresses: true });
    await addPod(world, "a", "10.0.0.1", true, { nodeName: "n2" });
    assert.deepEqual(seen(world), ["8080: 10.0.0.1+"]);
  }));

const zones: readonly (readonly [distribution: string | undefined, hints: object | undefined])[] = [
  [undefined, undefined],
  ["PreferClose", { forZones: [{ name: "z1" }] }],
  ["PreferSameZone", { forZones: [{ name: "z1" }] }],
  ["PreferSameNode", { forZones: [{ name: "z1" }], forNodes: [{ name: "n1" }] }],
];

for (const [trafficDistribution, hints] of zones)
  test(`ready endpoints have the zone of their node, and hints for ${trafficDistribution}`, () =>
    withNode(async (world) => {
      await addService(world, trafficDistribution === undefined ? {} : { trafficDistribution });
      await addPod(world, "a", "10.0.0.1", true);
      await addPod(world, "b", "10.0.0.2", false);
      const [slice] = world.list("discovery.k8s.io", "endpointslices");
      const endpoints = (slice?.["endpoints"] ?? []) as { readonly zone?: string; readonly hints?: object }[];
      assert.deepEqual(
        endpoints.map((each) => [each.zone, each.hints]),
        [
          ["z1", hints],
          ["z1", undefined],
        ],
      );
    }));
