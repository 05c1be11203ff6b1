import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { type World, withWorld } from "./world.fixture.ts";

async function addPod(world: World, name: string, ip: string, isReady: boolean, spec: object = {}): Promise<void> {
  const container = { name: "web", image: "web:1", ports: [{ name: "http", containerPort: 8080 }] };
  const metadata = { name, labels: { app: "web" } };
  const pod = await world.create({
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: { containers: [container], ...spec },
  });
  const conditions = [{ type: "Ready", status: isReady ? "True" : "False" }];
  await world.setStatus(pod, { phase: "Running", podIP: ip, podIPs: [{ ip }], conditions });
  await world.settle();
}

async function addService(world: World, spec: object = {}): Promise<KubeObject> {
  const given = { selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: "http" }], ...spec };
  const metadata = { name: "web", labels: { of: "service" } };
  const made = await world.create({ apiVersion: "v1", kind: "Service", metadata, spec: given });
  await world.settle();
  return made;
}

/** Each subset as its port and its addresses, those that are ready with a plus: `8080: 10.0.0.1+ 10.0.0.2`. */
function seen(world: World): string | undefined {
  const subsets = world.get("", "endpoints", "web")?.["subsets"] as
    | readonly { readonly [field: string]: readonly { readonly ip: string; readonly port: number }[] }[]
    | undefined;
  return subsets
    ?.map(({ addresses = [], notReadyAddresses = [], ports = [] }) => {
      const all = [...addresses.map(({ ip }) => `${ip}+`), ...notReadyAddresses.map(({ ip }) => ip)];
      return `${ports.map(({ port }) => port)}: ${all.join(" ")}`;
    })
    .join("; ");
}

test("a service's endpoints follow its pods, and go with it", () =>
  withWorld(["endpoint"], async (world) => {
    const service = await addService(world);
    assert.equal(seen(world), undefined);
    assert.deepEqual(world.get("", "endpoints", "web")?.metadata.labels, {
      "endpoints.kubernetes.io/managed-by": "endpoint-controller",
      of: "service",
    });
    await addPod(world, "a", "10.0.0.1", true);
    await addPod(world, "b", "10.0.0.2", false);
    assert.equal(seen(world), "8080: 10.0.0.1+ 10.0.0.2");
    await world.delete(world.get("", "pods", "a") as KubeObject);
    assert.equal(seen(world), "8080: 10.0.0.2");
    await world.delete(world.get("", "pods", "b") as KubeObject);
    assert.equal(seen(world), undefined);
    await world.delete(service);
    assert.equal(world.get("", "endpoints", "web"), undefined);
  }));

test("pods of a headless service have hostnames", () =>
  withWorld(["endpoint"], async (world) => {
    await addService(world, { clusterIP: "None" });
    await addPod(world, "a", "10.0.0.1", true, { hostname: "db-0", subdomain: "web" });
    const endpoints = world.get("", "endpoints", "web");
    const [subset] = endpoints?.["subsets"] as readonly {
      readonly addresses: readonly { readonly hostname?: string }[];
    }[];
    assert.equal(subset?.addresses[0]?.hostname, "db-0");
    assert.equal(endpoints?.metadata.labels?.["service.kubernetes.io/headless"], "");
  }));

const byHand: KubeObject = {
  apiVersion: "v1",
  kind: "Endpoints",
  metadata: { name: "web", labels: { by: "hand" } },
  subsets: [
    {
      addresses: [{ ip: "192.0.2.1", hostname: "one" }],
      notReadyAddresses: [{ ip: "192.0.2.2" }],
      ports: [{ name: "http", port: 8080 }],
    },
  ],
};

test("endpoints without a selector are left alone, and mirrored in a slice", () =>
  withWorld(["endpoint", "endpointslicemirroring", "garbagecollector"], async (world) => {
    const endpoints = await world.create(byHand);
    await world.settle();
    assert.deepEqual(world.list("discovery.k8s.io", "endpointslices"), []);
    await world.create({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web" },
      spec: { ports: [{ port: 80 }] },
    });
    await world.settle();
    assert.equal(seen(world), "8080: 192.0.2.1+ 192.0.2.2");
    const [slice] = world.list("discovery.k8s.io", "endpointslices");
    assert.deepEqual(slice?.metadata.labels, {
      by: "hand",
      "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
      "kubernetes.io/service-name": "web",
    });
    assert.deepEqual(slice?.["endpoints"], [
      { addresses: ["192.0.2.1"], conditions: { ready: true }, hostname: "one" },
      { addresses: ["192.0.2.2"], conditions: { ready: false } },
    ]);
    await world.update(endpoints, (fresh) => ({ ...fresh, subsets: [] }));
    assert.deepEqual(world.list("discovery.k8s.io", "endpointslices"), []);
  }));
