import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import type { WebhookPost } from "@sallyport/admission";
import { type Bed, withServer } from "../server.fixture.ts";

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const pathOf = (version: string) => `/apis/example.com/${version}/namespaces/default/lengths`;

interface Length {
  readonly apiVersion: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly [unit: string]: number };
}

interface Review {
  readonly request: { readonly uid: string; readonly desiredAPIVersion: string; readonly objects: readonly Length[] };
}

const schema = {
  openAPIV3Schema: {
    type: "object",
    properties: { spec: { type: "object", additionalProperties: { type: "integer" } } },
  },
};
const client = { clientConfig: { url: "https://convert.example.com/" }, conversionReviewVersions: ["v1"] };
const definition = (storage: string) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "lengths.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "lengths", kind: "Length" },
    conversion: { strategy: "Webhook", webhook: client },
    versions: ["v1", "v2"].map((name) => ({ name, served: true, storage: name === storage, schema })),
  },
});

/** v1 counts kilometers, v2 meters. */
function converted({ request: { uid, desiredAPIVersion, objects } }: Review): object {
  const convertedObjects = objects.map((object) => {
    const { kilometers = 0, meters = 0 } = object.spec;
    const spec = desiredAPIVersion.endsWith("v2") ? { meters: kilometers * 1000 } : { kilometers: meters / 1000 };
    return { ...object, apiVersion: desiredAPIVersion, spec };
  });
  return { uid, result: { status: "Success" }, convertedObjects };
}

type Respond = (review: Review) => object | Error | string;

/** A server whose conversion webhook answers by `respond`; `asked` counts the objects of each call. */
async function withLengths(
  run: (bed: Bed & { readonly asked: number[]; readonly answer: { respond: Respond } }) => Promise<void>,
): Promise<void> {
  const asked: number[] = [];
  const answer: { respond: Respond } = { respond: converted };
  const post = async ({ body }: WebhookPost) => {
    const review = JSON.parse(body) as Review & { apiVersion: string; kind: string };
    asked.push(review.request.objects.length);
    const response = answer.respond(review);
    if (response instanceof Error) throw response;
    if (typeof response === "string") return { code: 500, type: "", body: response };
    return {
      code: 200,
      type: "application/json",
      body: JSON.stringify({ apiVersion: review.apiVersion, kind: review.kind, response }),
    };
  };
  const effects = { now: Date.now, ticks: () => 0, randomBytes: (size: number) => randomBytes(size), post };
  await withServer(
    async (bed) => {
      const body = definition("v1");
      assert.equal((await bed.call(definitions, { body })).code, 201);
      const deadline = Date.now() + 1000;
      while ((await bed.call(pathOf("v2"))).code !== 200) assert.ok(Date.now() < deadline);
      await run({ ...bed, asked, answer });
    },
    { effects },
  );
}

const length = (version: string, name: string, spec: object) => ({
  apiVersion: `example.com/${version}`,
  kind: "Length",
  metadata: { name },
  spec,
});

test("objects are read, written, patched and listed in every served version", () =>
  withLengths(async ({ call, asked }) => {
    const made = await call(pathOf("v2"), { body: length("v2", "a", { meters: 2000 }) });
    assert.deepEqual([made.code, made.body.apiVersion, made.body.spec], [201, "example.com/v2", { meters: 2000 }]);
    await call(pathOf("v1"), { body: length("v1", "b", { kilometers: 3 }) });
    assert.deepEqual((await call(`${pathOf("v1")}/a`)).body.spec, { kilometers: 2 });
    const patch = { method: "PATCH", type: "application/merge-patch+json", body: { spec: { meters: 5000 } } };
    assert.deepEqual((await call(`${pathOf("v2")}/b`, patch)).body.spec, { meters: 5000 });
    assert.deepEqual((await call(`${pathOf("v1")}/b`)).body.spec, { kilometers: 5 });
    asked.length = 0;
    const { body } = await call(pathOf("v2"));
    assert.deepEqual(
      body.items.map(({ spec }: Length) => spec),
      [{ meters: 2000 }, { meters: 5000 }],
    );
    await call(pathOf("v2"));
    assert.deepEqual(asked, [2], "one call for the list, none for what is known");
    assert.deepEqual((await call(`${pathOf("v2")}/a`, { method: "DELETE" })).body.status, "Success");
  }));

test("watches tell of objects in their version", () =>
  withLengths(async ({ call }) => {
    await call(pathOf("v1"), { body: length("v1", "a", { kilometers: 1 }) });
    const watched = call(`${pathOf("v2")}?watch=1&timeoutSeconds=1`);
    await call(pathOf("v1"), { body: length("v1", "b", { kilometers: 2 }) });
    await call(`${pathOf("v1")}/a`, { method: "DELETE" });
    const events = String((await watched).body)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; object: Length });
    assert.deepEqual(
      events.map(({ type, object }) => `${type} ${object.metadata.name} ${object.spec["meters"]}`).slice(0, 1),
      ["ADDED a 1000"],
    );
    assert.deepEqual(new Set(events.map(({ object }) => object.apiVersion)), new Set(["example.com/v2"]));
  }));

test("an update without change brings an object into the new storage version", () =>
  withLengths(async ({ call, asked }) => {
    await call(pathOf("v1"), { body: length("v1", "a", { kilometers: 1 }) });
    const current = (await call(`${definitions}/lengths.example.com`)).body;
    const versions = current.spec.versions.map((each: { name: string }) => ({ ...each, storage: each.name === "v2" }));
    const changed = { ...current, spec: { ...current.spec, versions } };
    const { body } = await call(`${definitions}/lengths.example.com`, { method: "PUT", body: changed });
    assert.deepEqual(body.status.storedVersions, ["v1", "v2"]);
    const before = (await call(`${pathOf("v2")}/a`)).body;
    const after = (await call(`${pathOf("v2")}/a`, { method: "PUT", body: before })).body;
    assert.notEqual(after.metadata.resourceVersion, before.metadata.resourceVersion);
    const again = (await call(`${pathOf("v2")}/a`, { method: "PUT", body: after })).body;
    assert.equal(again.metadata.resourceVersion, after.metadata.resourceVersion);
    asked.length = 0;
    await call(`${pathOf("v2")}/a`);
    assert.deepEqual(asked, []);
  }));

const from = "conversion webhook for example.com/v1, Kind=Length";
const success = { status: "Success" };

/** What the webhook answers to a request for an object in v2, and what its reader is told. */
const faults: readonly (readonly [respond: Respond, message: string])[] = [
  [
    () => new Error('Post "https://convert.example.com/?timeout=30s": connect refused'),
    `${from} failed: Post "https://convert.example.com/?timeout=30s": connect refused`,
  ],
  [() => "boom", `${from} failed: an error on the server ("boom") has prevented the request from succeeding`],
  [({ request: { uid } }) => ({ uid, result: { status: "Failure", message: "no" } }), `${from} failed: no`],
  [
    ({ request: { uid } }) => ({ uid, result: { status: "Failure" } }),
    `${from} failed: response.result.status was 'Failure', not 'Success'`,
  ],
  [({ request: { uid } }) => ({ uid, result: success }), `${from} failed, no objects returned`],
  [
    (review) => ({ ...converted(review), convertedObjects: review.request.objects }),
    `${from} returned invalid object at index 0: invalid groupVersion (expected example.com/v2, received example.com/v1)`,
  ],
  [
    (review) => {
      const { convertedObjects } = converted(review) as { convertedObjects: Length[] };
      return {
        ...converted(review),
        convertedObjects: convertedObjects.map((each) => ({ ...each, metadata: { name: "z" } })),
      };
    },
    `${from} returned invalid object: must have the same name: a != z`,
  ],
];

test("a webhook that fails or lies is told of, in kube-apiserver's words", () =>
  withLengths(async ({ call, answer }) => {
    await call(pathOf("v1"), { body: length("v1", "a", { kilometers: 1 }) });
    for (const [respond, message] of faults) {
      answer.respond = respond;
      const { code, body } = await call(`${pathOf("v2")}/a`);
      assert.deepEqual([code, body.message], [500, message]);
    }
  }));
