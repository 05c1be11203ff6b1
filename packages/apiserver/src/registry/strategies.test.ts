import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, type Bed, withServer } from "../server.fixture.ts";

const pods = { containers: [{ name: "a", image: "b" }] };
const template = { metadata: { labels: { a: "b" } }, spec: pods };

/** A merge patch of an object. */
function patch({ call }: Bed, path: string, body: object): Promise<Answer> {
  return call(path, { method: "PATCH", type: "application/merge-patch+json", body });
}

test("a Deployment counts changes of its spec and its annotations, by its status none", () =>
  withServer(async (bed) => {
    const deployments = "/apis/apps/v1/namespaces/default/deployments";
    const spec = { selector: { matchLabels: { a: "b" } }, template };
    await bed.call(deployments, { body: { metadata: { name: "a" }, spec } });
    const generations: unknown[] = [];
    for (const [part, body] of [
      ["", { metadata: { annotations: { a: "b" } } }],
      ["", { metadata: { labels: { a: "b" }, finalizers: ["example.com/a"] } }],
      ["", { metadata: { annotations: null }, spec: { paused: true } }],
      ["/status", { metadata: { annotations: { c: "d" } } }],
    ] as const)
      generations.push((await patch(bed, `${deployments}/a${part}`, body)).body.metadata.generation);
    assert.deepEqual(generations, [2, 2, 3, 3]);
  }));

test("scheduling of a Job is behind a gate that is closed, in a CronJob too", () =>
  withServer(async (bed) => {
    const job = { scheduling: {}, template: { spec: { ...pods, restartPolicy: "Never" } } };
    const place = "/apis/batch/v1/namespaces/default";
    const made = await bed.call(`${place}/jobs`, { body: { metadata: { name: "a" }, spec: job } });
    assert.deepEqual([made.code, made.body.spec.scheduling], [201, undefined]);
    const spec = { schedule: "@daily", jobTemplate: { spec: job } };
    const cron = await bed.call(`${place}/cronjobs`, { body: { metadata: { name: "a" }, spec } });
    assert.deepEqual([cron.code, cron.body.spec.jobTemplate.spec.scheduling], [201, undefined]);
    const changed = await patch(bed, `${place}/cronjobs/a`, { spec: { jobTemplate: { spec: { scheduling: {} } } } });
    assert.deepEqual([changed.body.metadata.generation, changed.body.spec.jobTemplate.spec.scheduling], [1, undefined]);
  }));

test("the first range of a Node's pods is told in both of its places, whichever was said", () =>
  withServer(async (bed) => {
    const nodes = "/api/v1/nodes";
    const made = await bed.call(nodes, { body: { metadata: { name: "a" }, spec: { podCIDRs: ["10.1.0.0/24"] } } });
    assert.equal(made.body.spec.podCIDR, "10.1.0.0/24");
    const { code, body } = await patch(bed, `${nodes}/a`, { spec: { podCIDR: null } });
    assert.deepEqual([code, body.spec.podCIDR], [200, "10.1.0.0/24"]);
  }));

test("the base of an IPAddress's name is its name", () =>
  withServer(async ({ call }) => {
    const parentRef = { resource: "services", name: "s" };
    const body = { metadata: { generateName: "10.9.9.9" }, spec: { parentRef } };
    const { code, body: made } = await call("/apis/networking.k8s.io/v1/ipaddresses", { body });
    assert.deepEqual([code, made.metadata.name], [201, "10.9.9.9"]);
  }));

test("who finalizes a namespace writes its metadata, too", () =>
  withServer(async ({ call }) => {
    const path = "/api/v1/namespaces/default";
    const { body } = await call(path);
    const metadata = { ...body.metadata, labels: { ...body.metadata.labels, f: "g" } };
    const written = await call(`${path}/finalize`, { method: "PUT", body: { ...body, metadata } });
    assert.deepEqual([written.code, written.body.metadata.labels.f], [200, "g"]);
  }));

test("a PUT that makes an object shows the version that was sent where nothing is stored, and the store's else", () =>
  withServer(async ({ call }) => {
    const path = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings/a";
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" };
    const sent = { method: "PUT", body: { metadata: { name: "a", resourceVersion: "7" }, roleRef } };
    const tried = await call(`${path}?dryRun=All`, sent);
    assert.deepEqual([tried.code, tried.body.metadata.resourceVersion], [201, "7"]);
    const made = await call(path, sent);
    assert.equal(made.code, 201);
    assert.notEqual(made.body.metadata.resourceVersion, "7");
  }));
