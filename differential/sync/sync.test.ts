import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "@sallyport/cluster";
import type { KubeObject } from "@sallyport/kube";
import { missingPeers, type SyncBed, withSyncBed } from "./bed.ts";

// What is known to go wrong with kube-mgmt, each on a real cluster with OPA beside it.

const place = "/api/v1/namespaces/opa/configmaps";

const flags = [
  "--namespaces=opa",
  "--require-policy-label",
  "--replicate=v1/services",
  "--replicate=example.com/v1/services",
  "--replicate-cluster=v1/namespaces",
];

/** A kind whose plural the core group has, too. */
const otherServices = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "services.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "services", kind: "Service" },
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
  },
};

async function prepare(kube: Client): Promise<void> {
  await post(kube, "/api/v1/namespaces", { metadata: { name: "opa" } });
  await post(kube, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", otherServices);
  await until(async () => (await kube.ask("/apis/example.com/v1/services").catch(() => undefined)) !== undefined, true);
  await policy(kube, "first", { "a.rego": "package first\nn := count(data.kubernetes.namespaces)" });
}

function post(kube: Client, path: string, body: object): Promise<unknown> {
  return kube.ask(path, { method: "POST", body });
}

function policy(kube: Client, name: string, data: { readonly [key: string]: string }): Promise<unknown> {
  return post(kube, place, { metadata: { name, labels: { "openpolicyagent.org/policy": "rego" } }, data });
}

function edit(kube: Client, name: string, data: { readonly [key: string]: string | null }): Promise<unknown> {
  return kube.ask(`${place}/${name}`, { method: "PATCH", type: "application/merge-patch+json", body: { data } });
}

async function status(kube: Client, name: string): Promise<string | undefined> {
  const { metadata } = (await kube.ask(`${place}/${name}`)) as KubeObject;
  const text = metadata.annotations?.["openpolicyagent.org/kube-mgmt-status"];
  return text === undefined ? undefined : (JSON.parse(text) as { readonly status: string }).status;
}

/** Waits until it is so; tells what it was instead. What rejects is not so yet. */
async function until(look: () => Promise<unknown>, expected: unknown): Promise<void> {
  const deadline = Date.now() + 60_000;
  const found = () => look().catch((error: Error) => error.message);
  let last = await found();
  while (JSON.stringify(last) !== JSON.stringify(expected) && Date.now() < deadline) {
    await new Promise((done) => setTimeout(done, 50));
    last = await found();
  }
  assert.deepEqual(last, expected);
}

const stories: { readonly [story: string]: (bed: SyncBed) => Promise<void> } = {
  "it is not ready before OPA has everything, and OPA may come later": async ({ data, startOpa, probe }) => {
    await until(async () => (await probe("/readyz")).status, 500);
    startOpa();
    await until(async () => (await probe("/readyz")).status, 200);
    // Ready means that nothing is waited for any more.
    const namespaces = (await data("kubernetes/namespaces")) as object;
    assert.ok("opa" in namespaces && "kube-system" in namespaces, JSON.stringify(Object.keys(namespaces)));
    assert.equal(await data("first/n"), Object.keys(namespaces).length);
    assert.match((await probe("/metrics")).text, /^sallyport_sync_ready 1$/m);
  },
  "a key that is dropped or renamed takes its policy away": async ({ kube, data }) => {
    await policy(kube, "keys", { "a.rego": "package a\nx := 1", "b.rego": "package b\nx := 1" });
    await until(() => status(kube, "keys"), "ok");
    await edit(kube, "keys", { "a.rego": null, "b.rego": null, "c.rego": "package c\nx := 1" });
    await until(() => data("c/x"), 1);
    await until(async () => [await data("a"), await data("b")], [undefined, undefined]);
  },
  "one bad policy leaves the good ones, and its own last good text": async ({ kube, data }) => {
    await policy(kube, "good", { "g.rego": "package good\nx := 1" });
    await until(() => data("good/x"), 1);
    await edit(kube, "good", { "g.rego": "package good\nx := y" });
    await until(() => status(kube, "good"), "error");
    await policy(kube, "worse", { "w.rego": "no rego" });
    await until(() => status(kube, "worse"), "error");
    assert.deepEqual([await data("good/x"), await data("c/x"), typeof (await data("first/n"))], [1, 1, "number"]);
  },
  "policies that need each other come in any order": async ({ kube, data }) => {
    await policy(kube, "needs", { "n.rego": "package needs\nimport data.lib\ny := lib.f(1)" });
    await until(() => status(kube, "needs"), "error");
    await policy(kube, "lib", { "l.rego": "package lib\nf(x) := x + 1" });
    await until(() => data("needs/y"), 2);
    await until(() => status(kube, "needs"), "ok");
  },
  "data with two keys goes without anything else, and need not be an object": async ({ kube, data }) => {
    const labels = { "openpolicyagent.org/data": "opa" };
    await post(kube, place, { metadata: { name: "d", labels }, data: { x: "[1, 2]", y: '{"a": true}' } });
    await until(() => data("opa/d"), { x: [1, 2], y: { a: true } });
    await kube.ask(`${place}/d`, { method: "DELETE" });
    await until(() => data("opa/d"), undefined);
    assert.equal(typeof (await data("kubernetes/namespaces/opa")), "object");
  },
  "two groups with the same plural stand beside each other": async ({ kube, data }) => {
    const spec = { ports: [{ port: 80 }] };
    await post(kube, "/api/v1/namespaces/opa/services", { metadata: { name: "one" }, spec });
    const own = { apiVersion: "example.com/v1", kind: "Service", metadata: { name: "one" } };
    await post(kube, "/apis/example.com/v1/namespaces/opa/services", own);
    const versions = async () => [
      await data("kubernetes/services/opa/one/apiVersion"),
      await data("kubernetes/services.example.com/opa/one/apiVersion"),
    ];
    await until(versions, ["v1", "example.com/v1"]);
    await kube.ask("/apis/example.com/v1/namespaces/opa/services/one", { method: "DELETE" });
    await until(() => data("kubernetes/services.example.com/opa"), undefined);
    assert.equal(await data("kubernetes/services/opa/one/spec/ports/0/port"), 80);
  },
  "an OPA that is killed is filled again": async ({ kube, data, startOpa, killOpa, probe }) => {
    await killOpa();
    await post(kube, "/api/v1/namespaces", { metadata: { name: "meanwhile" } });
    startOpa();
    await until(async () => typeof (await data("kubernetes/namespaces/meanwhile")), "object");
    await until(() => data("needs/y"), 2);
    // The text in the cluster is broken now, and the one before it was lost with OPA, but not with us.
    await until(() => data("good/x"), 1);
    await until(async () => (await probe("/readyz")).status, 200);
  },
};

const skip = missingPeers();

test("sync of a kube-apiserver to OPA", { skip, timeout: 300_000 }, async (context) => {
  await withSyncBed(flags, prepare, async (bed) => {
    for (const [story, run] of Object.entries(stories)) await context.test(story, () => run(bed));
  });
});
