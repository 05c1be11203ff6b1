import assert from "node:assert/strict";
import { test } from "node:test";
import { withServer } from "../server.fixture.ts";

/** A client's Accept header, and the type of the document that it gets. */
const forms: readonly (readonly [accept: string, type: string])[] = [
  ["application/json", "application/json"],
  ["*/*", "application/json"],
  [
    "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
    "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
  ],
  [
    "application/com.github.proto-openapi.spec.v2.v1.0+protobuf;q=0.8,application/json;q=0.5",
    "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
  ],
];

test("OpenAPI v2 in both its forms, once for as long as it stays the same", () =>
  withServer(async ({ bytes, call }) => {
    for (const [accept, type] of forms) assert.equal((await bytes("/openapi/v2", accept)).type, type);
    assert.equal((await bytes("/openapi/v2", "application/foo")).code, 406);
    const { headers } = await call("/openapi/v2");
    const again = await call("/openapi/v2", { headers: { "if-none-match": String(headers["etag"]) } });
    assert.equal(again.code, 304);
    const { headers: binary } = await call("/openapi/v2", { accept: forms[2]?.[0] as string });
    assert.equal(binary["etag"], headers["etag"]);
    assert.equal(headers["cache-control"], "no-cache, private");
    const since = (date: string) => call("/openapi/v2", { headers: { "if-modified-since": date } });
    assert.equal((await since(String(headers["last-modified"]))).code, 304);
    assert.equal((await since("Thu, 01 Jan 2015 00:00:00 GMT")).code, 200);
  }));

const vary = "Accept-Encoding, Accept";

const encodings: readonly (readonly [accepted: string, isZipped: boolean])[] = [
  ["gzip", true],
  ["deflate, gzip;q=0.5", true],
  ["br, gzip;q=0", false],
  ["*", false],
];

for (const [accepted, isZipped] of encodings)
  test(`OpenAPI v2 for who accepts ${accepted} is ${isZipped ? "" : "not "}compressed`, () =>
    withServer(async ({ call }) => {
      const get = (more: object = {}) => call("/openapi/v2", { headers: { "accept-encoding": accepted, ...more } });
      const { headers } = await get();
      assert.deepEqual([headers["content-encoding"], headers["vary"]], [isZipped ? "gzip" : undefined, vary]);
      assert.ok(isZipped === Number(headers["content-length"]) < 1_000_000);
      const again = await get({ "if-none-match": String(headers["etag"]) });
      assert.deepEqual([again.code, again.headers["content-encoding"]], [304, undefined]);
    }));

test("OpenAPI v3 by hashes of its documents", () =>
  withServer(async ({ call }) => {
    const { body } = await call("/openapi/v3");
    const urls = Object.values(body.paths as { [place: string]: { serverRelativeURL: string } });
    assert.equal(new Set(urls.map(({ serverRelativeURL }) => serverRelativeURL.split("hash=")[1])).size, urls.length);
    const url = body.paths["apis/apps/v1"].serverRelativeURL;
    const current = await call(url);
    assert.equal(current.code, 200);
    assert.equal(current.headers["cache-control"], "public, immutable");
    assert.ok(current.body.components.schemas["io.k8s.api.apps.v1.Deployment"]);
    const old = await call("/openapi/v3/apis/apps/v1?hash=0");
    assert.equal(old.code, 301);
    assert.equal(old.headers["location"], url);
    assert.equal((await call("/openapi/v3/apis/apps/v9")).code, 404);
  }));
