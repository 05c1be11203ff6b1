import assert from "node:assert/strict";
import { test } from "node:test";
import { type World, withWorld } from "./world.fixture.ts";

const controllers = ["endpointslice", "garbagecollector"];

async function addPod(world: World, name: string, ip: string, isReady: boolean, portNumber = 8080): Promise<void> {
  const container = { name: "web", image: "web:1", ports: [{ name: "http", containerPort: portNumber }] };
  const metadata = { name, labels: { app: "web" } };
  const pod = await world.create({ apiVersion: "v1", kind: "Pod", metadata, spec: { containers: [container] } });
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
  withWorld(controllers, async (world) => {
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
    await addPod(world, "c", "10.0.0.3", true, 9090);
    assert.deepEqual([...seen(world)].sort(), ["8080: 10.0.0.1+ 10.0.0.2", "9090: 10.0.0.3+"]);
    for (const pod of world.list("", "pods").slice(1)) await world.delete(pod);
    assert.deepEqual(seen(world), ["8080: 10.0.0.1+"]);
    await world.delete(service);
    assert.deepEqual(seen(world), []);
  }));

test("addresses that are not ready are published where the service asks for it", () =>
  withWorld(controllers, async (world) => {
    await addPod(world, "a", "10.0.0.1", false);
    await addService(world, { publishNotReadyAddresses: true, clusterIP: "None" });
    assert.deepEqual(seen(world), ["8080: 10.0.0.1+"]);
    const [slice] = world.list("discovery.k8s.io", "endpointslices");
    assert.equal(slice?.metadata.labels?.["service.kubernetes.io/headless"], "");
  }));

test("a service without a selector is left to whoever writes its endpoints", () =>
  withWorld(controllers, async (world) => {
    const spec = { ports: [{ port: 80 }] };
    await world.create({ apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec });
    await world.settle();
    assert.deepEqual(seen(world), []);
  }));

test("a slice that somebody deleted comes back, and no slice has more than a hundred endpoints", () =>
  withWorld(controllers, async (world) => {
    await addService(world);
    for (let i = 0; i < 101; i++) await addPod(world, `p${i}`, `10.0.1.${i}`, true);
    const sizes = () =>
      world.list("discovery.k8s.io", "endpointslices").map((each) => (each["endpoints"] as object[]).length);
    assert.deepEqual([...sizes()].sort(), [1, 100]);
    const [slice] = world.list("discovery.k8s.io", "endpointslices");
    if (slice !== undefined) await world.delete(slice);
    assert.deepEqual([...sizes()].sort(), [1, 100]);
  }));
