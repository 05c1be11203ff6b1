import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bed, withServer } from "../server.fixture.ts";

const maps = "/api/v1/namespaces/default/configmaps";

function configMap(name: string, labels: object = {}): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels } };
}

interface Event {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into objects of many kinds
  readonly object: any;
}

/** All events of a watch that ends by itself after two seconds, while `act` happens. */
async function watched({ call }: Bed, query: string, act: () => Promise<unknown>, accept?: string): Promise<Event[]> {
  const begun = Promise.withResolvers<void>();
  const watching = call(`${maps}?watch=true&timeoutSeconds=2&${query}`, {
    onHead: begun.resolve,
    ...(accept === undefined ? {} : { accept }),
  });
  await Promise.race([begun.promise, watching]);
  await act();
  const { body } = await watching;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Event);
}

async function currentVersion({ call }: Bed): Promise<string> {
  return (await call(maps)).body.metadata.resourceVersion;
}

test("a watch that resumes answers its head at once, before any event", () =>
  withServer(async (bed) => {
    const version = await currentVersion(bed);
    const begun = Date.now();
    const { code } = await bed.call(`${maps}?watch=true&resourceVersion=${version}`, { untilHead: true });
    assert.equal(code, 200);
    assert.ok(Date.now() - begun < 10_000);
  }));

test("an object that leaves the selector is deleted to its watcher, and added when it comes back", () =>
  withServer(async (bed) => {
    await bed.call(maps, { body: configMap("a", { app: "web" }) });
    const version = await currentVersion(bed);
    const label = (app: string) =>
      bed.call(`${maps}/a`, {
        method: "PATCH",
        type: "application/merge-patch+json",
        body: { metadata: { labels: { app } } },
      });
    const events = await watched(bed, `resourceVersion=${version}&labelSelector=app%3Dweb`, async () => {
      await label("other");
      await label("third");
      await label("web");
    });
    assert.deepEqual(
      events.map(({ type, object }) => [type, object.metadata.labels.app]),
      [
        ["DELETED", "web"],
        ["ADDED", "web"],
      ],
    );
    assert.ok(Number(events[1]?.object.metadata.resourceVersion) > Number(events[0]?.object.metadata.resourceVersion));
  }));

test("a watch of tables sends the columns once", () =>
  withServer(async (bed) => {
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
    const version = await currentVersion(bed);
    const events = await watched(
      bed,
      `resourceVersion=${version}`,
      async () => {
        await bed.call(maps, { body: configMap("a") });
        await bed.call(maps, { body: configMap("b") });
      },
      accept,
    );
    assert.deepEqual(
      events.map(({ object }) => [object.kind, object.rows[0].cells[0], object.columnDefinitions !== null]),
      [
        ["Table", "a", true],
        ["Table", "b", false],
      ],
    );
  }));

const refusals: { readonly [what: string]: readonly [query: string, code: number, message: RegExp] } = {
  "a version that is no number": ["resourceVersion=x", 400, /resourceVersion: Invalid value: "x"/],
  "a version that is too large a number": ["resourceVersion=99999999999999999999", 400, /value out of range$/],
  "an unknown match": ["resourceVersionMatch=Best&resourceVersion=1", 422, /supported values: "Exact", "NotOlderThan"/],
  "a match without version": ["resourceVersionMatch=Exact", 422, /forbidden unless resourceVersion is provided/],
  "exactly zero": ["resourceVersionMatch=Exact&resourceVersion=0", 422, /forbidden for resourceVersion "0"/],
  "a match with continue": [
    "resourceVersionMatch=Exact&resourceVersion=1&continue=x",
    422,
    /forbidden when continue is provided/,
  ],
  "a version of the future": [
    "resourceVersion=99999",
    504,
    /^Timeout: Too large resource version: 99999, current: \d+$/,
  ],
  "a limit that is no number": ["limit=many", 400, /parsing "many": invalid syntax/],
  "a watch with a timeout that is no number": ["watch=true&timeoutSeconds=x", 400, /parsing "x": invalid syntax/],
  "a watch with match alone": ["watch=true&resourceVersionMatch=NotOlderThan", 422, /forbidden for watch unless/],
  "initial events without match": ["watch=true&sendInitialEvents=true", 422, /requires setting resourceVersionMatch/],
};

test("options of lists and watches that are refused", () =>
  withServer(async ({ call }) => {
    for (const [what, [query, code, message]] of Object.entries(refusals)) {
      const answer = await call(`${maps}?${query}`);
      assert.equal(answer.code, code, what);
      assert.match(answer.body.message, message, what);
    }
  }));

test("a list at an exact revision shows what was there", () =>
  withServer(async (bed) => {
    await bed.call(maps, { body: configMap("a") });
    const version = await currentVersion(bed);
    await bed.call(`${maps}/a`, { method: "DELETE" });
    await bed.call(maps, { body: configMap("b") });
    const { body } = await bed.call(`${maps}?resourceVersion=${version}&resourceVersionMatch=Exact`);
    assert.equal(body.metadata.resourceVersion, version);
    assert.deepEqual(
      body.items.map((each: { metadata: { name: string } }) => each.metadata.name),
      ["a", "kube-root-ca.crt"],
    );
  }));
