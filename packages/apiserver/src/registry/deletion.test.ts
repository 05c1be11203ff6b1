import assert from "node:assert/strict";
import { test } from "node:test";
import { createChain, type Plugin } from "@sallyport/admission";
import { withServer } from "../server.fixture.ts";

const name = "gone";
const rule = { rule: "RunAsAny" };
const taints = { deviceSelector: { driver: "example.com" }, taint: { key: "example.com/a", effect: "NoSchedule" } };

/** Where objects are, the one that is made and deleted there, and the kind of the answer to its DELETE. */
const cases: readonly (readonly [collection: string, object: object, answered: string])[] = [
  ["/api/v1/namespaces/default/services", { spec: { ports: [{ port: 80 }] } }, "Service"],
  ["/api/v1/namespaces/default/configmaps", {}, "Status"],
  ["/apis/storage.k8s.io/v1/storageclasses", { provisioner: "example.com/a" }, "StorageClass"],
  ["/apis/resource.k8s.io/v1/deviceclasses", { spec: {} }, "DeviceClass"],
  ["/apis/resource.k8s.io/v1/devicetaintrules", { spec: taints }, "Status"],
  ["/apis/resource.k8s.io/v1beta2/devicetaintrules", { spec: taints }, "DeviceTaintRule"],
  [
    "/apis/policy/v1beta1/podsecuritypolicies",
    {
      apiVersion: "policy/v1beta1",
      kind: "PodSecurityPolicy",
      spec: { runAsUser: rule, seLinux: rule, fsGroup: rule, supplementalGroups: rule },
    },
    "PodSecurityPolicy",
  ],
  ["/apis/policy/v1/namespaces/default/poddisruptionbudgets", {}, "Status"],
];

test("DELETE answers the object where kube-apiserver's store of the kind returns it, and a Status elsewhere", () =>
  withServer(
    async ({ call }) => {
      for (const [collection, object, answered] of cases) {
        const made = await call(collection, { body: { metadata: { name }, ...object } });
        assert.equal(made.code, 201, `${collection}: ${made.body.message}`);
        const { code, body } = await call(`${collection}/${name}`, { method: "DELETE" });
        assert.deepEqual([code, body.kind], [200, answered], collection);
        assert.equal(body[answered === "Status" ? "details" : "metadata"].name, name);
      }
    },
    {
      plugins: createChain({ enable: ["PodSecurityPolicy"] }) as readonly Plugin[],
      runtimeConfig: new Map([["resource.k8s.io/v1beta2", true]]),
    },
  ));

test("a namespace that nothing holds is answered as it was", () =>
  withServer(
    async ({ call }) => {
      const path = `/api/v1/namespaces/${name}`;
      const { body: made } = await call("/api/v1/namespaces", { body: { metadata: { name } } });
      await call(`${path}/finalize`, { method: "PUT", body: { ...made, spec: { finalizers: [] } } });
      const phases = [];
      for (let i = 0; i < 2; i++) phases.push((await call(path, { method: "DELETE" })).body);
      assert.deepEqual(
        phases.map(({ kind, status }) => [kind, status.phase]),
        [
          ["Namespace", "Terminating"],
          ["Namespace", "Terminating"],
        ],
      );
      assert.equal((await call(path)).code, 404);
    },
    { controllers: [] },
  ));
