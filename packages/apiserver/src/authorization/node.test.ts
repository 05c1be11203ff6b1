import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject, RbacReader } from "@sallyport/kube";
import type { Attributes } from "./authorizer.ts";
import { nodeAuthorizer } from "./node.ts";

const object = (kind: string, name: string, spec: object, namespace = "ns"): KubeObject => ({
  apiVersion: "v1",
  kind,
  metadata: { name, namespace },
  spec,
});

const objects: { readonly [resource: string]: readonly KubeObject[] } = {
  pods: [
    object("Pod", "p", {
      nodeName: "n1",
      serviceAccountName: "sa",
      imagePullSecrets: [{ name: "pull" }],
      containers: [{ envFrom: [{ configMapRef: { name: "env" } }] }],
      volumes: [{ secret: { secretName: "vol" } }, { persistentVolumeClaim: { claimName: "claim" } }],
      resourceClaims: [{ name: "gpu", resourceClaimName: "gpu-claim" }],
    }),
  ],
  persistentvolumeclaims: [object("PersistentVolumeClaim", "claim", { volumeName: "pv" })],
  persistentvolumes: [
    object("PersistentVolume", "pv", { csi: { nodeStageSecretRef: { name: "stage", namespace: "csi" } } }, ""),
  ],
  volumeattachments: [object("VolumeAttachment", "va", { nodeName: "n1" }, "")],
};

const reader: RbacReader = {
  list: (_group, resource, namespace) =>
    (objects[resource] ?? []).filter((each) => !namespace || each.metadata.namespace === namespace),
  get: (_group, resource, namespace, name) =>
    (objects[resource] ?? []).find((each) => each.metadata.name === name && each.metadata.namespace === namespace),
};

/** `verb group/resource[/subresource] namespace name`, `-` for none. */
function ask(node: string, text: string): Attributes {
  const [verb = "", place = "", namespace = "", name = ""] = text.split(" ").map((each) => (each === "-" ? "" : each));
  const [group = "", resource = "", subresource = ""] = place.split("/");
  const user = { username: `system:node:${node}`, groups: ["system:nodes", "system:authenticated"] };
  return { user, verb, group, resource, subresource, namespace, name };
}

/** Allowed for the node n1, and never for n2 where `isOwn`. */
const allowed: readonly (readonly [text: string, isOwn: boolean])[] = [
  ["get /secrets ns pull", true],
  ["watch /secrets ns vol", true],
  ["get /secrets csi stage", true],
  ["get /configmaps ns env", true],
  ["get /persistentvolumeclaims ns claim", true],
  ["get /persistentvolumes - pv", true],
  ["get storage.k8s.io/volumeattachments - va", true],
  ["get resource.k8s.io/resourceclaims ns gpu-claim", true],
  ["create /serviceaccounts/token ns sa", true],
  ["get /pods ns p", true],
  ["get /nodes - n1", true],
  ["update coordination.k8s.io/leases kube-node-lease n1", true],
  ["create coordination.k8s.io/leases kube-node-lease -", false],
  ["get storage.k8s.io/csinodes - n1", true],
  ["patch /nodes/status - n1", false],
  ["list /services - -", false],
  ["create /events ns -", false],
];

const refused: readonly (readonly [text: string, reason: string])[] = [
  ["get /secrets ns other", "no relationship found between node 'n1' and this object"],
  ["get /secrets other pull", "no relationship found between node 'n1' and this object"],
  ["list /secrets ns -", "No Object name found"],
  ["list /secrets - -", "can only read namespaced object of this type"],
  ["update /secrets ns pull", "can only read resources of this type"],
  ["create /serviceaccounts/token ns other", "no relationship found between node 'n1' and this object"],
  ["get coordination.k8s.io/leases ns n1", 'can only access leases in the "kube-node-lease" system namespace'],
  ["list /pods - -", "can only list/watch pods with spec.nodeName field selector"],
  [
    "list resource.k8s.io/resourceslices - -",
    "can only list/watch/deletecollection resourceslices with nodeName field selector",
  ],
  ["get resource.k8s.io/resourceslices - other", "no relationship found between node 'n1' and this object"],
  ["list /nodes - -", "node 'n1' cannot read all nodes, only its own Node object"],
];

for (const [text, isOwn] of allowed) {
  test(`a node may ${text}`, async () => {
    const { authorize } = nodeAuthorizer(reader);
    assert.equal((await authorize(ask("n1", text))).decision, "Allow");
    assert.equal((await authorize(ask("n2", text))).decision, isOwn ? "NoOpinion" : "Allow");
  });
}

for (const [text, reason] of refused) {
  test(`a node may not ${text}`, async () => {
    const verdict = await nodeAuthorizer(reader).authorize(ask("n1", text));
    assert.deepEqual(verdict, { decision: "NoOpinion", reason: `node: ${reason}` });
  });
}

test("a node lists its own slices; one without a name is none", async () => {
  const { authorize } = nodeAuthorizer(reader);
  const list = { ...ask("n1", "watch resource.k8s.io/resourceslices - -"), fieldSelector: { "spec.nodeName": "n1" } };
  assert.equal((await authorize(list)).decision, "Allow");
  assert.equal((await authorize(ask("", "list /services - -"))).reason, 'node: unknown node for user "system:node:"');
});

test("a node lists its own pods; who is no node is left to others", async () => {
  const { authorize } = nodeAuthorizer(reader);
  const list = { ...ask("n1", "list /pods - -"), fieldSelector: { "spec.nodeName": "n1" } };
  assert.equal((await authorize(list)).decision, "Allow");
  const someone = { ...ask("n1", "get /secrets ns pull"), user: { username: "system:node:n1", groups: [] } };
  assert.equal((await authorize(someone)).decision, "NoOpinion");
});
