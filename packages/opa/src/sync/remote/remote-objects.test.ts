import assert from "node:assert/strict";
import { test } from "node:test";
import { qualifiedResource } from "@sallyport/kube";
import { placesOf, RemoteObjects } from "./remote-objects.ts";

const pods = { group: "", version: "v1", resource: "pods" };

function object(namespace: string, name: string, extra = {}) {
  return { apiVersion: "v1", kind: "Pod", metadata: { namespace, name }, ...extra };
}

test("objects are written whole at first, then what changed, in one transaction", async () => {
  const asked: string[] = [];
  const objects = new RemoteObjects(pods, ["kube-system"]);
  objects.moveTo(["pods"]);
  const push = () =>
    objects.push(
      async (method, path, body) => {
        asked.push(`${method} ${path} ${body?.text.replace(/\{"apiVersion[^}]*\}\}/g, "OBJECT")}`);
        return { status: 204, body: undefined };
      },
      ["kubernetes"],
    );
  objects.put(object("a", "x"));
  objects.put(object("kube-system", "left-out"));
  await push();
  objects.put(object("b", "a/~"));
  objects.remove("a", "x");
  await push();
  assert.equal(objects.isDirty, false);
  assert.deepEqual(asked, [
    'PUT /data/kubernetes/pods {"a":{"x":OBJECT}}',
    'PATCH /data/kubernetes/pods [{"op":"remove","path":"/a"},{"op":"add","path":"/b","value":{}},{"op":"add","path":"/b/a~1~0","value":OBJECT}]',
  ]);
});

test("what is too long for one transaction comes in parts", async () => {
  const sizes: number[] = [];
  const objects = new RemoteObjects(pods, []);
  objects.moveTo(["pods"]);
  for (let i = 0; i < 70; i++) objects.put(object("a", `p${i}`, { text: "x".repeat(1024 * 1024) }));
  await objects.push(
    async (_method, _path, body) => {
      sizes.push(Math.round((body?.text.length ?? 0) / 1024 / 1024));
      return { status: 204, body: undefined };
    },
    ["kubernetes"],
  );
  assert.deepEqual(sizes, [0, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]);
});

test("a server that has lost its data is told by what it refuses", async () => {
  const objects = new RemoteObjects(pods, []);
  objects.moveTo(["pods"]);
  await objects.push(async () => ({ status: 204, body: undefined }), ["kubernetes"]);
  objects.put(object("a", "x"));
  await assert.rejects(
    objects.push(async () => ({ status: 404, body: { code: "resource_not_found" } }), ["kubernetes"]),
    /is gone from the policy server/,
  );
  assert.equal(objects.isDirty, true);
});

const places: { readonly [what: string]: readonly [resources: string, read: string, places: string] } = {
  "a plural of one group": ["deployments.apps", "", "deployments.apps: deployments"],
  "the qualified name, where a policy reads it": [
    "deployments.apps",
    "deployments.apps",
    "deployments.apps: deployments deployments.apps",
  ],
  "two groups: the first has the plain name": [
    "ingresses.networking.k8s.io ingresses.extensions",
    "",
    "ingresses.networking.k8s.io: ingresses ingresses.networking.k8s.io, ingresses.extensions: ingresses.extensions",
  ],
  "two groups: the core group has the plain name": [
    "events.events.k8s.io events",
    "",
    "events.events.k8s.io: events.events.k8s.io, events: events",
  ],
};

for (const [what, [resources, read, expected]] of Object.entries(places)) {
  test(`places of ${what}`, () => {
    const parsed = resources.split(" ").map((each) => {
      const [resource = "", ...group] = each.split(".");
      return { group: group.join("."), version: "v1", resource };
    });
    const found = [...placesOf(parsed, new Set(read.split(" ")))];
    assert.equal(found.map(([each, names]) => `${qualifiedResource(each)}: ${names.join(" ")}`).join(", "), expected);
  });
}
