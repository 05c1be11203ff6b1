import assert from "node:assert/strict";
import { test } from "node:test";
import type { SecretStore } from "../secret-store.ts";
import { type DataFrom, type ExternalSecret, ExternalSecretError } from "./external-secret.ts";
import { providerDataOf } from "./provider-data.ts";

/** A store of texts, that counts what it is asked. */
function storeOf(secrets: { readonly [key: string]: string }): SecretStore & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    read: async (key, version) => {
      asked.push(version === undefined ? key : `${key}@${version}`);
      const value = secrets[key];
      return value === undefined ? undefined : { value: Buffer.from(value), version: "1" };
    },
    list: async (path) =>
      Object.keys(secrets)
        .filter((key) => key.startsWith(path))
        .sort(),
    close: () => {},
  };
}

const store = storeOf({
  db: JSON.stringify({ user: "ann", "a.b": "dot", deep: { list: ["x", { y: 7 }] }, bytes: "aGk=" }),
  "app/one": '{"k":"1"}',
  "app/two": '{"k":"2","l":{"m":1}}',
  text: "canary",
});

const named = (spec: ExternalSecret["spec"]): ExternalSecret => ({
  metadata: { name: "es", namespace: "default" },
  spec: { secretStoreRef: { name: "main" }, ...spec },
});

async function dataOf(spec: ExternalSecret["spec"]): Promise<{ readonly [key: string]: string }> {
  const data = await providerDataOf(named(spec), async ({ name, kind = "SecretStore" }) => {
    if (`${kind}/${name}` === "SecretStore/main") return store;
    if (`${kind}/${name}` === "ClusterSecretStore/other") return storeOf({ text: "elsewhere" });
    throw new ExternalSecretError(`no ${kind} ${name}`);
  });
  return Object.fromEntries([...data].map(([key, value]) => [key, Buffer.from(value).toString()]));
}

const from = (...dataFrom: DataFrom[]) => dataOf({ dataFrom });

const properties: readonly (readonly [string, string])[] = [
  ["user", "ann"],
  ["a.b", "dot"],
  ["deep", '{"list":["x",{"y":7}]}'],
  ["deep.list.0", "x"],
  ["deep.list.1.y", "7"],
];

for (const [property, wanted] of properties)
  test(`a property of a secret: ${property}`, async () => {
    const data = [{ secretKey: "k", remoteRef: { key: "db", property } }];
    assert.deepEqual(await dataOf({ data }), { k: wanted });
  });

test("whole secrets, versions, encodings and stores of one's own", async () => {
  store.asked.length = 0;
  const spec = {
    data: [
      { secretKey: "whole", remoteRef: { key: "text", version: "7" } },
      { secretKey: "decoded", remoteRef: { key: "db", property: "bytes", decodingStrategy: "Base64" as const } },
      { secretKey: "auto", remoteRef: { key: "db", property: "a.b", decodingStrategy: "Auto" as const } },
      {
        secretKey: "other",
        remoteRef: { key: "text" },
        sourceRef: { storeRef: { name: "other", kind: "ClusterSecretStore" as const } },
      },
    ],
  };
  assert.deepEqual(await dataOf(spec), { whole: "canary", decoded: "hi", auto: "dot", other: "elsewhere" });
  assert.deepEqual(store.asked, ["text@7", "db", "db"]);
});

test("extract takes all properties, and data goes over what dataFrom gave", async () => {
  const dataFrom = [{ extract: { key: "app/one" } }, { extract: { key: "app/two" } }];
  assert.deepEqual(await dataOf({ dataFrom }), { k: "2", l: '{"m":1}' });
  const data = [{ secretKey: "k", remoteRef: { key: "text" } }];
  assert.deepEqual(await dataOf({ dataFrom, data }), { k: "canary", l: '{"m":1}' });
  assert.deepEqual(await from({ extract: { key: "app/two", property: "l" } }), { m: "1" });
});

test("find takes secrets by path and name, with keys that a Secret takes", async () => {
  assert.deepEqual(await from({ find: { path: "app/" } }), { app_one: '{"k":"1"}', app_two: '{"k":"2","l":{"m":1}}' });
  const unicode = { find: { name: { regexp: "^app/one$" }, conversionStrategy: "Unicode" as const } };
  assert.deepEqual(await from(unicode), { app_U002f_one: '{"k":"1"}' });
});

test("keys are rewritten step by step", async () => {
  const find = { path: "app/" };
  const regexp = { source: "^(?P<folder>app)/(.*)$", target: "$" + "{2}_$folder" };
  assert.deepEqual(Object.keys(await from({ find, rewrite: [{ regexp }] })), ["one_app", "two_app"]);
  const transform = { template: '{{ .value | upper | replace "/" "_" }}' };
  assert.deepEqual(Object.keys(await from({ find, rewrite: [{ transform }] })), ["APP_ONE", "APP_TWO"]);
  const priority = ["app/one"];
  assert.deepEqual(await from({ find, rewrite: [{ merge: { priority } }] }), { k: "1", l: '{"m":1}' });
  const json = { strategy: "JSON" as const, into: "all", conflictPolicy: "Ignore" as const };
  const renamed = [{ regexp: { source: "app/", target: "" } }, { merge: json }];
  assert.equal((await from({ find, rewrite: renamed }))["all"], '{"k":"2","l":{"m":1}}');
});

test("what is not there is a fault, or left out where the policy takes it for an answer", async () => {
  const spec = {
    data: [{ secretKey: "k", remoteRef: { key: "none" } }],
    dataFrom: [{ extract: { key: "none" } }, { extract: { key: "app/one" } }],
  };
  await assert.rejects(dataOf(spec), new ExternalSecretError("spec.dataFrom[0]: the store has no secret none"));
  for (const deletionPolicy of ["Delete", "Merge"] as const)
    assert.deepEqual(await dataOf({ ...spec, target: { deletionPolicy } }), { k: "1" });
});

test("what cannot be had is told by its field, without a value", async () => {
  const refused = (spec: ExternalSecret["spec"], fault: string) =>
    assert.rejects(dataOf(spec), new ExternalSecretError(fault));
  const one = (remoteRef: object) => ({ data: [{ secretKey: "k", remoteRef: { key: "text", ...remoteRef } }] });
  await refused(one({ property: "x" }), "spec.data[0]: the secret is no JSON, which has properties");
  await refused(one({ key: "db", property: "deep.x" }), "spec.data[0]: the secret has no property deep.x");
  await refused(
    one({ decodingStrategy: "Base64" }),
    "spec.data[0]: decodingStrategy Base64: the value is not encoded so",
  );
  await refused(one({ metadataPolicy: "Fetch" }), "spec.data[0]: metadataPolicy Fetch is not supported");
  const all = (...dataFrom: DataFrom[]) => ({ dataFrom });
  await refused(all({}), "spec.dataFrom[0]: extract or find: one is needed");
  await refused(all({ sourceRef: { generatorRef: {} } }), "spec.dataFrom[0]: generators are not supported");
  await refused(
    all({ find: { tags: { a: "b" } } }),
    "spec.dataFrom[0]: find.tags is not supported; find.name and find.path are",
  );
  await refused(all({ extract: { key: "text" } }), "spec.dataFrom[0]: the secret is no JSON, which has properties");
  const find = { path: "app/" };
  const rewrite = (step: NonNullable<DataFrom["rewrite"]>[number]) => all({ find, rewrite: [step] });
  await refused(
    rewrite({ regexp: { source: ".*", target: "" } }),
    'spec.dataFrom[0]: "" is no key of a Secret: expected at most 253 letters, digits, -, _ and .',
  );
  await refused(
    rewrite({ merge: {} }),
    "spec.dataFrom[0]: rewrite[0]: merge: k is in several secrets, app/two among them",
  );
  await refused(
    rewrite({ merge: { priority: ["x"] } }),
    "spec.dataFrom[0]: rewrite[0]: merge: priority names x, which is not there",
  );
  await refused(
    rewrite({ merge: { strategy: "JSON" } }),
    "spec.dataFrom[0]: rewrite[0]: merge of strategy JSON: into is needed",
  );
  await refused({ ...one({}), secretStoreRef: { name: "none" } }, "spec.data[0]: no SecretStore none");
});
