import assert from "node:assert/strict";
import { test } from "node:test";
import type { SecretStore } from "../secret-store.ts";
import type { SecretObject } from "./desired-secret.ts";
import { type ExternalSecret, ExternalSecretError } from "./external-secret.ts";
import { isUntouched, reconcile } from "./reconcile.ts";

type Data = { readonly [key: string]: string };

/** Secrets in memory, and what was done to them. */
class World {
  readonly secrets = new Map<string, SecretObject>();
  readonly done: string[] = [];
  templates: { readonly [place: string]: Data } = {};
  /** What the store has. */
  stored: { readonly [key: string]: string } = { db: '{"user":"ann","password":"canary"}' };

  async run(target: ExternalSecret["spec"]["target"] = {}, spec: ExternalSecret["spec"] = {}) {
    const external: ExternalSecret = {
      metadata: { name: "es", namespace: "shop", uid: "u1", labels: { team: "a" }, annotations: { note: "b" } },
      spec: { secretStoreRef: { name: "main" }, dataFrom: [{ extract: { key: "db" } }], target, ...spec },
    };
    const store: SecretStore = {
      read: async (key) => {
        const value = this.stored[key];
        return value === undefined ? undefined : { value: Buffer.from(value), version: "1" };
      },
      list: async () => Object.keys(this.stored),
      close: () => {},
    };
    this.done.length = 0;
    const {
      reason,
      message,
      done = "",
    } = await reconcile(external, async () => store, {
      get: async (namespace, name) => this.secrets.get(`${namespace}/${name}`),
      create: async (secret) => this.#put("create", secret),
      update: async (secret) => this.#put("update", secret),
      templates: (namespace) => async (kind, name) => this.templates[`${kind} ${namespace}/${name}`],
      remove: async ({ metadata: { namespace, name } }) => {
        this.done.push(`remove ${name}`);
        this.secrets.delete(`${namespace}/${name}`);
      },
    });
    assert.ok(!message.includes("canary"));
    const verb = { Created: "create", Updated: "update", Deleted: "remove", "": undefined }[done];
    assert.equal(this.done[0]?.split(" ")[0], verb);
    return [reason, message, [...this.done]] as const;
  }

  #put(verb: string, secret: SecretObject): void {
    this.done.push(`${verb} ${secret.metadata.name}`);
    this.secrets.set(`${secret.metadata.namespace}/${secret.metadata.name}`, secret);
  }

  /** A Secret that somebody has made. */
  has(name: string, data: Data, more: Partial<SecretObject> = {}, metadata: object = {}): void {
    const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
    this.secrets.set(`shop/${name}`, {
      apiVersion: "v1",
      kind: "Secret",
      type: "Opaque",
      ...more,
      metadata: { name, namespace: "shop", resourceVersion: "7", ...metadata },
      data: Object.fromEntries(encoded),
    });
  }

  data(name = "es"): Data | undefined {
    const data = this.secrets.get(`shop/${name}`)?.data;
    if (data === undefined) return undefined;
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]),
    );
  }
}

const isWhat = "secret synced";

test("a Secret is made, owned and labelled, kept when nothing differs, and loses keys that the store has not", async () => {
  const world = new World();
  assert.deepEqual(await world.run(), ["SecretSynced", isWhat, ["create es"]]);
  assert.deepEqual(world.data(), { user: "ann", password: "canary" });
  const { metadata, type } = world.secrets.get("shop/es") as SecretObject;
  assert.deepEqual(
    [type, metadata.labels, metadata.annotations?.["note"], metadata.ownerReferences?.[0]?.uid],
    ["Opaque", { team: "a", "reconcile.external-secrets.io/managed": "true" }, "b", "u1"],
  );
  assert.deepEqual(await world.run(), ["SecretSynced", isWhat, []]);
  world.stored = { db: '{"user":"bob"}' };
  assert.deepEqual(await world.run(), ["SecretSynced", isWhat, ["update es"]]);
  assert.deepEqual(world.data(), { user: "bob" });
  const made = world.secrets.get("shop/es") as SecretObject;
  assert.ok(isUntouched(made));
  assert.ok(!isUntouched({ ...made, data: { user: "eve" } }));
});

test("a template makes the data, alone or beside what the store gave", async () => {
  const world = new World();
  const data = { url: "db://{{ .user }}:{{ .password }}" };
  await world.run({ name: "made", template: { data, type: "example.com/db", metadata: { labels: { l: "1" } } } });
  assert.deepEqual(world.data("made"), { url: "db://ann:canary" });
  const { type, metadata } = world.secrets.get("shop/made") as SecretObject;
  assert.deepEqual([type, metadata.labels?.["l"], metadata.labels?.["team"]], ["example.com/db", "1", undefined]);
  await world.run({ template: { data, mergePolicy: "Merge" } });
  assert.deepEqual(world.data(), { user: "ann", password: "canary", url: "db://ann:canary" });
  const wrong = await world.run({ template: { data: { url: "{{ .none }}" } } });
  assert.deepEqual(wrong, [
    "SecretSyncedError",
    "could not update secret: spec.target.template.data[url]: template: no key none",
    [],
  ]);
});

test("templates lie in ConfigMaps and Secrets, too, and make labels and annotations", async () => {
  const world = new World();
  world.templates = {
    "ConfigMap shop/forms": { url: "db://{{ .user }}", many: "a: {{ .user }}\nb: 7\nc:\n" },
    "Secret shop/forms": { url: "hidden://{{ .user }}" },
  };
  const items = [{ key: "url" }, { key: "many", templateAs: "KeysAndValues" as const }];
  const templateFrom = [
    { configMap: { name: "forms", items } },
    { secret: { name: "forms", items: [{ key: "url" }] } },
    { literal: "l: {{ .user | upper }}" },
    { literal: "user: {{ .user }}", target: "Labels" },
    { literal: "note: {{ .user }}", target: "Annotations" },
  ];
  const metadata = { labels: { own: "{{ .user }}-x" } };
  await world.run({ template: { templateFrom, data: { b: "8" }, metadata } });
  assert.deepEqual(world.data(), { url: "hidden://ann", a: "ann", b: "8", c: "", l: "ANN" });
  const made = world.secrets.get("shop/es")?.metadata;
  assert.deepEqual(
    [made?.labels?.["user"], made?.labels?.["own"], made?.labels?.["team"]],
    ["ann", "ann-x", undefined],
  );
  assert.deepEqual(made?.annotations?.["note"], "b");
  const refused = async (from: object, fault: string) =>
    assert.equal(
      (await world.run({ template: { templateFrom: [from] } }))[1],
      `could not update secret: spec.target.template.templateFrom[0]${fault}`,
    );
  await refused({}, ": expected one of literal, configMap and secret");
  await refused({ literal: "", target: "Type" }, ".target Type: expected Data, Labels or Annotations");
  await refused({ configMap: { name: "none", items } }, ": there is no ConfigMap none");
  await refused({ configMap: { name: "forms", items: [{ key: "x" }] } }, ": ConfigMap forms has no key x");
  await refused({ literal: "{{ .password }}: [" }, ": the template makes no YAML");
  await refused({ literal: "{{ .password | quote }}" }, ": expected a template of a map of texts");
  await refused({ literal: "{{ .none }}: a" }, ": template: no key none");
});

test("Owner leaves what belongs to another, and takes what belongs to nobody", async () => {
  const world = new World();
  const owner = { apiVersion: "v1", kind: "ExternalSecret", name: "other", uid: "u2", controller: true };
  world.has("es", { mine: "1" }, {}, { ownerReferences: [owner] });
  assert.deepEqual(await world.run(), [
    "SecretSyncedError",
    "could not update secret: Secret es belongs to ExternalSecret other",
    [],
  ]);
  world.has("es", { mine: "1" }, {}, { labels: { theirs: "yes" } });
  assert.deepEqual(await world.run(), ["SecretSynced", isWhat, ["update es"]]);
  const { metadata } = world.secrets.get("shop/es") as SecretObject;
  assert.deepEqual([metadata.labels?.["theirs"], metadata.resourceVersion], ["yes", "7"]);
  assert.deepEqual(world.data(), { user: "ann", password: "canary" });
});

test("Orphan owns nothing, Merge adds to what is there, None writes nothing", async () => {
  const world = new World();
  await world.run({ creationPolicy: "Orphan" });
  assert.equal(world.secrets.get("shop/es")?.metadata.ownerReferences, undefined);
  const absent = "secret will not be created due to CreationPolicy=Merge";
  assert.deepEqual(await world.run({ name: "other", creationPolicy: "Merge" }), ["SecretMissing", absent, []]);
  world.has("other", { theirs: "1", user: "old" });
  await world.run({ name: "other", creationPolicy: "Merge" });
  assert.deepEqual(world.data("other"), { theirs: "1", user: "ann", password: "canary" });
  assert.deepEqual((await world.run({ creationPolicy: "None" }))[2], []);
});

test("what is gone from the store: the Secret is kept with a fault, deleted, or loses the key", async () => {
  const world = new World();
  await world.run();
  world.stored = {};
  const gone = "could not get secret data from provider: spec.dataFrom[0]: the store has no secret db";
  assert.deepEqual(await world.run(), ["SecretSyncedError", gone, []]);
  assert.equal(world.data()?.["user"], "ann");
  assert.deepEqual((await world.run({ deletionPolicy: "Delete" })).slice(0, 1), ["SecretDeleted"]);
  assert.equal(world.data(), undefined);
  world.has("theirs", { a: "1" });
  assert.deepEqual(await world.run({ name: "theirs", deletionPolicy: "Delete" }), [
    "SecretSyncedError",
    "could not update secret: Secret theirs was not made by an ExternalSecret, and is not deleted",
    [],
  ]);
  const data = [{ secretKey: "a", remoteRef: { key: "none" } }];
  const manager = "externalsecrets.external-secrets.io/es";
  const managedFields = [{ manager, fieldsV1: { "f:data": { ".": {}, "f:a": {} } } }, { manager: "other" }];
  world.has("theirs", { a: "1", b: "2" }, {}, { managedFields });
  await world.run({ name: "theirs", creationPolicy: "Merge", deletionPolicy: "Merge" }, { data, dataFrom: [] });
  assert.deepEqual(world.data("theirs"), { b: "2" });
});

test("what would harm, or is not supported, is refused before any store is asked", async () => {
  const world = new World();
  const refused = async (target: ExternalSecret["spec"]["target"], fault: string) =>
    assert.deepEqual(await world.run(target), [
      "SecretSyncedError",
      `could not get secret data from provider: ${fault}`,
      [],
    ]);
  for (const [creationPolicy, deletionPolicy] of [
    ["Merge", "Delete"],
    ["None", "Delete"],
    ["None", "Merge"],
  ] as const)
    await refused(
      { creationPolicy, deletionPolicy },
      `spec.target: deletionPolicy ${deletionPolicy} must not go with creationPolicy ${creationPolicy}`,
    );
  await refused({ manifest: {} }, "spec.target.manifest: only Secrets are supported");
});

test("an immutable Secret is left, another type refused, and faults of libraries are not repeated", async () => {
  const world = new World();
  world.has("es", { a: "1" }, { immutable: true });
  const stays = "could not update secret: target is immutable, and the stores have other values now";
  assert.deepEqual(await world.run(), ["SecretSyncedError", stays, []]);
  world.has("es", { user: "ann", password: "canary" }, { immutable: true });
  assert.deepEqual(await world.run(), ["SecretSynced", isWhat, []]);
  world.has("es", { a: "1" }, { type: "other" });
  assert.equal(
    (await world.run())[1],
    "could not update secret: Secret es is of type other, which cannot become Opaque",
  );
  const external: ExternalSecret = {
    metadata: { name: "es", namespace: "shop" },
    spec: { secretStoreRef: { name: "m" }, dataFrom: [{ extract: { key: "k" } }] },
  };
  const nothing = async () => undefined;
  const writer = { get: nothing, create: nothing, update: nothing, remove: nothing, templates: () => nothing };
  for (const [error, told] of [
    [new Error("canary"), "a fault of the program"],
    [new ExternalSecretError("no store"), "spec.dataFrom[0]: no store"],
  ] as const)
    assert.equal(
      (await reconcile(external, () => Promise.reject(error), writer)).message,
      `could not get secret data from provider: ${told}`,
    );
});
