import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { ReplicatedData } from "./replicated-data.ts";

const pods = { group: "", version: "v1", resource: "pods" };
const nodes = { group: "", version: "v1", resource: "nodes" };
const coreEvents = { group: "", version: "v1", resource: "events" };
const groupEvents = { group: "events.k8s.io", version: "v1", resource: "events" };

function object(namespace: string | undefined, name: string, mark = ""): KubeObject {
  return { apiVersion: "v1", kind: "X", metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, mark };
}

test("objects lie at resource, namespace, name, and leave no empty folders", () => {
  const data = new ReplicatedData(["hidden"]);
  data.declare(pods);
  assert.deepEqual(Object.keys(data.document), ["pods"]);
  data.put(pods, object("default", "a"));
  data.put(pods, object("hidden", "b"));
  data.put(nodes, object(undefined, "n"));
  const { pods: podFolder, nodes: nodeFolder } = data.document as Record<string, Record<string, unknown>>;
  assert.deepEqual(Object.keys(podFolder ?? {}), ["default"]);
  assert.deepEqual(Object.keys(nodeFolder ?? {}), ["n"]);
  data.remove(pods, "default", "a");
  data.remove(pods, "default", "never");
  assert.deepEqual(Object.keys(podFolder ?? {}), []);
});

for (const order of [
  [coreEvents, groupEvents],
  [groupEvents, coreEvents],
]) {
  test(`groups with the same plural do not collide (${order[0]?.group || "core"} first)`, () => {
    const data = new ReplicatedData();
    for (const resource of order) data.put(resource, object("default", "e", resource.group));
    const root = data.document as Record<string, Record<string, Record<string, { mark: string }>>>;
    assert.equal(root["events"]?.["default"]?.["e"]?.mark, "");
    assert.equal(root["events.events.k8s.io"]?.["default"]?.["e"]?.mark, "events.k8s.io");
  });
}

test("names of the prototype are only names", () => {
  const data = new ReplicatedData();
  data.put(pods, object("__proto__", "constructor"));
  const root = data.document as Record<string, Record<string, Record<string, KubeObject>>>;
  const namespace = "__proto__";
  assert.equal(root["pods"]?.[namespace]?.["constructor"]?.metadata.name, "constructor");
  assert.equal(({} as Record<string, unknown>)["constructor.name"], undefined);
});
