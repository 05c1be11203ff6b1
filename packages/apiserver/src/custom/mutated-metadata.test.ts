import assert from "node:assert/strict";
import { test } from "node:test";
import { createChain, type Plugin } from "@sallyport/admission";
import type { KubeObject } from "@sallyport/kube";
import { type Bed, withServer } from "../server.fixture.ts";

const group = "/apis/example.com/v1/namespaces/default/widgets";
const definition = {
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "widgets", kind: "Widget" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { status: { type: "object", properties: { n: { type: "integer" } } } },
          },
        },
        subresources: { status: {} },
      },
    ],
  },
};

/** What admission gives every widget that is made or changed from then on. */
interface Given {
  metadata: { readonly [field: string]: unknown };
  /** Beside its metadata. */
  more?: { readonly [field: string]: unknown };
}

function changer(given: Given): Plugin {
  return {
    name: "Changer",
    operations: ["CREATE", "UPDATE"],
    mutate: ({ request: { object, kind } }) => {
      if (kind.kind !== "Widget" || object === null) return { outcome: "skipped", why: "no widget" };
      const metadata = { ...object.metadata, ...given.metadata } as KubeObject["metadata"];
      return { outcome: "mutated", why: "for the test", object: { ...object, ...given.more, metadata } };
    },
  };
}

/** A widget `w` is there; `given` changes what comes after. */
async function withWidget(run: (bed: Bed, given: Given) => Promise<void>): Promise<void> {
  const given: Given = { metadata: {} };
  const plugins = [...(createChain() as readonly Plugin[]), changer(given)];
  const body = { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" } };
  await withServer(
    async (bed) => {
      await bed.call("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", { body: definition });
      const deadline = Date.now() + 10_000;
      while ((await bed.call(group, { body })).code !== 201) {
        assert.ok(Date.now() < deadline, "the definition is not served");
        await new Promise((done) => setTimeout(done, 5));
      }
      await run(bed, given);
    },
    { plugins },
  );
}

const merge = { method: "PATCH", type: "application/merge-patch+json" };

test("admission gives a custom object no metadata of wrong types", () =>
  withWidget(async ({ call }, given) => {
    const wrong: readonly (readonly [metadata: Given["metadata"], why: RegExp])[] = [
      [{ labels: { a: 1 } }, /"labels":\{"a":1\},.*\}: cannot convert int64 to string$/],
      [{ annotations: "x" }, /: cannot restore map from string$/],
      [{ ownerReferences: "owners" }, /: cannot restore slice from string$/],
      [{ finalizers: [{}] }, /: unrecognized type: string$/],
    ];
    for (const [metadata, why] of wrong) {
      given.metadata = metadata;
      const made = await call(group, {
        body: { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "v" } },
      });
      const changed = await call(`${group}/w`, { ...merge, body: { metadata: { labels: { b: "c" } } } });
      for (const { code, body } of [made, changed]) {
        assert.equal(code, 422, body.message);
        assert.match(body.message, /^Widget.example.com "[vw]" is invalid: metadata: Invalid value: \{/);
        assert.match(body.message, why);
        assert.equal(body.details.causes[0].field, "metadata");
      }
    }
  }));

test("admission gives a custom object no other name and no other uid, and its status has those that are stored", () =>
  withWidget(async ({ call }, given) => {
    const change = (path: string) => call(path, { ...merge, body: { status: { n: 1 }, spec: {} } });
    given.metadata = { uid: "11111111-2222-3333-4444-555555555555" };
    assert.match((await change(`${group}/w`)).body.message, /"w" is invalid: metadata.uid: .*: field is immutable$/);
    given.metadata = { name: "other" };
    const { body } = await change(`${group}/w`);
    assert.match(body.message, /"other" is invalid: metadata.name: .*: field is immutable$/);
    assert.equal(body.details.causes.length, 2);
    const status = await change(`${group}/w/status`);
    assert.deepEqual([status.code, status.body.metadata.name, status.body.status], [200, "w", { n: 1 }]);
  }));

test("admission makes a custom object none of another kind or version", () =>
  withWidget(async ({ call }, given) => {
    const wrong: readonly (readonly [more: Given["metadata"], why: string])[] = [
      [{ kind: "ConfigMap" }, 'ConfigMap.example.com "w" is invalid: kind: Invalid value: "ConfigMap": must be Widget'],
      [{ apiVersion: "v1" }, 'Widget "w" is invalid: apiVersion: Invalid value: "v1": must be example.com/v1'],
    ];
    const body = { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" } };
    for (const [more, why] of wrong) {
      given.more = more;
      for (const answer of [
        await call(group, { body }),
        await call(`${group}?dryRun=All`, { body }),
        await call(`${group}/w`, { ...merge, body: { spec: {} } }),
      ])
        assert.deepEqual([answer.code, answer.body.message], [422, why]);
    }
  }));

test("what admission gives a custom object is answered as it is stored, by a dry run too", () =>
  withWidget(async ({ call }, given) => {
    given.metadata = { labels: {}, unknown: "x" };
    given.more = { extra: 1 };
    for (const query of ["?dryRun=All", ""]) {
      const body = { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "v" } };
      const made = await call(group + query, { body });
      assert.equal(made.code, 201, made.body.message);
      const { labels, unknown } = made.body.metadata;
      assert.deepEqual([labels, unknown, made.body.extra], [undefined, undefined, undefined]);
    }
  }));
