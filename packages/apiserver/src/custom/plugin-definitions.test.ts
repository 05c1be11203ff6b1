import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plugin } from "@sallyport/admission";
import type { KubeObject } from "@sallyport/kube";
import { type Bed, withServer } from "../server.fixture.ts";
import { createMemoryStore } from "../storage/memory-store.ts";

const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const name = "gates.example.com";

/** A plugin with a kind of its own, of which a schema says this. */
function pluginWith(description: string): Plugin {
  const names = { kind: "Gate", listKind: "GateList", plural: "gates", singular: "gate" };
  const schema = { openAPIV3Schema: { type: "object", description, "x-kubernetes-preserve-unknown-fields": true } };
  const definition: KubeObject = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name, labels: { of: "plugin" } },
    spec: {
      group: "example.com",
      names,
      scope: "Cluster",
      conversion: { strategy: "None" },
      versions: [{ name: "v1", served: true, storage: true, schema }],
    },
    status: { acceptedNames: names, conditions: [{ type: "Established", status: "True" }], storedVersions: ["v1"] },
  };
  return { name: "Gates", operations: [], definitions: [definition] };
}

async function until(bed: Bed, at: string, isSo: (answer: Awaited<ReturnType<Bed["call"]>>) => boolean) {
  for (let tries = 0; ; tries++) {
    const answer = await bed.call(at);
    if (isSo(answer) || tries === 200) return answer.body;
    await new Promise((done) => setTimeout(done, 10));
  }
}

const isEstablished = ({ body }: { readonly body: { readonly status?: { readonly conditions?: unknown } } }) =>
  JSON.stringify(body.status?.conditions ?? []).includes('"InitialNamesAccepted"');
const described = (body: { readonly spec: { readonly versions: readonly unknown[] } }) =>
  (body.spec.versions[0] as { readonly schema: { readonly openAPIV3Schema: { readonly description: string } } }).schema
    .openAPIV3Schema.description;

test("the definition of a plugin is an object, served once, and comes back without its objects when it is deleted", () =>
  withServer(
    async (bed) => {
      const first = await until(bed, `${path}/${name}`, isEstablished);
      assert.equal(isEstablished({ body: first }), true);
      const { resources } = (await bed.call("/apis/example.com/v1")).body;
      assert.deepEqual(
        resources.map((each: { readonly name: string }) => each.name),
        ["gates"],
      );
      const gate = { apiVersion: "example.com/v1", kind: "Gate", metadata: { name: "north" } };
      assert.equal((await bed.call("/apis/example.com/v1/gates", { method: "POST", body: gate })).code, 201);
      await bed.call(`${path}/${name}`, { method: "DELETE" });
      const isAnother = (answer: { readonly body: { readonly metadata: { readonly uid?: string } } }) =>
        ![undefined, first.metadata.uid].includes(answer.body.metadata.uid);
      const second = await until(bed, `${path}/${name}`, (answer) => isAnother(answer) && isEstablished(answer));
      assert.notEqual(second.metadata.uid, first.metadata.uid);
      assert.equal(second.metadata.deletionTimestamp, undefined);
      assert.deepEqual((await bed.call("/apis/example.com/v1/gates")).body.items, []);
    },
    { plugins: [pluginWith("first")] },
  ));

test("somebody else's definition is applied over it without a conflict, and stays", async () => {
  const store = createMemoryStore();
  const start = (description: string, run: (bed: Bed) => Promise<void>) =>
    withServer(run, { store, plugins: [pluginWith(description)] });
  await start("first", async (bed) => {
    assert.equal(described((await bed.call(`${path}/${name}`)).body), "first");
  });
  await start("second", async (bed) => {
    const renewed = (await bed.call(`${path}/${name}`)).body;
    assert.deepEqual([described(renewed), renewed.metadata.generation], ["second", 2]);
    const [{ apiVersion, kind, spec }] = pluginWith("theirs").definitions as readonly [KubeObject];
    const body = { apiVersion, kind, metadata: { name, labels: { of: "theirs" } }, spec };
    const type = "application/apply-patch+yaml";
    const labels = await bed.call(`${path}/${name}?fieldManager=they`, { method: "PATCH", type, body });
    assert.match(labels.body.message, /conflict with "kube-apiserver".*: \.metadata\.labels\.of$/);
    const over = { ...body, metadata: { name } };
    assert.equal(
      (await bed.call(`${path}/${name}?fieldManager=they`, { method: "PATCH", type, body: over })).code,
      200,
    );
  });
  await start("third", async (bed) => {
    assert.equal(described((await bed.call(`${path}/${name}`)).body), "theirs");
  });
});
