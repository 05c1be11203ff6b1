import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinCatalogue, type Catalogue, type ResourceInfo } from "@sallyport/kube";
import { discover } from "./discovery.ts";

const widgets = (group: string): ResourceInfo => ({
  group,
  version: "v1",
  resource: "widgets",
  kind: "Widget",
  namespaced: true,
  verbs: ["create", "list"],
});
const catalogue: Catalogue = {
  ...builtinCatalogue,
  all: () => [widgets("b.example.com"), widgets("a.example.com"), ...builtinCatalogue.all()],
};

/** What kube-apiserver 1.37 says of the versions in which it stores. */
const hashes: readonly (readonly [path: string, resource: string, hash: string | undefined])[] = [
  ["/api/v1", "configmaps", "qFsyl6wFWjQ="],
  ["/api/v1", "endpoints", "fWeeMqaN/OA="],
  ["/api/v1", "pods/status", undefined],
  ["/api/v1", "bindings", undefined],
  ["/api/v1", "componentstatuses", undefined],
  ["/apis/apps/v1", "deployments", "8aSe+NMegvE="],
  ["/apis/events.k8s.io/v1", "events", "r2yiGXH7wu8="],
  ["/apis/autoscaling/v1", "horizontalpodautoscalers", "qwQve8ut294="],
  ["/apis/apiextensions.k8s.io/v1", "customresourcedefinitions", "jfWCUB31mvA="],
  ["/apis/certificates.k8s.io/v1", "clustertrustbundles", "v5yhuVertL4="],
];

for (const [path, resource, hash] of hashes) {
  test(`storage version of ${path} ${resource}`, () => {
    const list = discover(path, false, catalogue, "") as {
      readonly resources: readonly { [field: string]: unknown }[];
    };
    assert.equal(list.resources.find(({ name }) => name === resource)?.["storageVersionHash"], hash);
  });
}

test("groups as kube-apiserver prefers them, then those of definitions by name", () => {
  const named = (["groups", "items"] as const).map((field, i) => {
    const root = discover("/apis", i === 1, catalogue, "") as { readonly [field: string]: readonly object[] };
    return (root[field] ?? []).map((each) => {
      const { name, metadata } = each as { readonly name?: string; readonly metadata?: { readonly name: string } };
      return name ?? metadata?.name;
    });
  });
  assert.deepEqual(named[0], named[1]);
  assert.deepEqual(named[0]?.slice(0, 3), ["apiregistration.k8s.io", "apps", "events.k8s.io"]);
  assert.deepEqual(named[0]?.slice(-3), ["storagemigration.k8s.io", "a.example.com", "b.example.com"]);
});
