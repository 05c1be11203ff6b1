import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "@sallyport/kube";
import { withServer } from "../server.fixture.ts";
import { createMemoryStore } from "../storage/memory-store.ts";
import { readContinue, writeContinue } from "./continue.ts";

const tokenOf = (text: string) => Buffer.from(text).toString("base64url");
const textOf = (token: string) => Buffer.from(token, "base64url").toString();
const v1 = (rest: string) => tokenOf(`{"v":"meta.k8s.io/v1",${rest}}`);

/** What kube-apiserver 1.37 says of each, behind `invalid continue token: continue key is not valid: `. */
const faults: readonly (readonly [token: string, fault: string])[] = [
  ["!!!", "illegal base64 data at input byte 0"],
  [`${v1('"rv":-1,"start":"/b"')}=`, "illegal base64 data at input byte 58"],
  ["abc", "invalid character 'i' looking for beginning of value"],
  [tokenOf('{"v":"meta.k8s.io/v1","rv":1'), "unexpected end of JSON input"],
  [tokenOf('{"v":"meta.k8s.io/v1"} x'), "invalid character 'x' after top-level value"],
  [tokenOf("[1]"), "json: cannot unmarshal array into Go value of type storage.continueToken"],
  [tokenOf("null"), "server does not recognize this encoded version "],
  [tokenOf('{"v":"x"}'), "server does not recognize this encoded version x"],
  [tokenOf('{"v":5}'), "json: cannot unmarshal number into Go struct field continueToken.v of type string"],
  [tokenOf('{"v":"meta.k8s.io/v1"}'), "incorrect encoded start resourceVersion (version meta.k8s.io/v1)"],
  [v1('"rv":0,"start":"a"'), "incorrect encoded start resourceVersion (version meta.k8s.io/v1)"],
  [v1('"rv":"3","start":"b"'), "json: cannot unmarshal string into Go struct field continueToken.rv of type int64"],
  [v1('"rv":-1.5'), "json: cannot unmarshal number -1.5 into Go struct field continueToken.rv of type int64"],
  [v1('"rv":3'), "encoded start key empty (version meta.k8s.io/v1)"],
  [v1('"rv":-1,"start":"../b"'), "../b"],
  [v1('"rv":-1,"start":"a//b"'), "a//b"],
  [v1('"rv":-1,"start":"/b/./c"'), "/b/./c"],
  [v1('"rv":-1,"start":"/b/"'), "/b/"],
];

for (const [token, fault] of faults)
  test(`continue token ${textOf(token)}`, () => {
    assert.throws(
      () => readContinue(token),
      (error: unknown) =>
        error instanceof StatusError &&
        error.status.code === 400 &&
        error.message === `invalid continue token: continue key is not valid: ${fault}`,
    );
  });

test("continue tokens are kube-apiserver's, with and without the slash before the key", () => {
  assert.equal(textOf(writeContinue(7, "b")), '{"v":"meta.k8s.io/v1","rv":7,"start":"/b\\u0000"}');
  assert.deepEqual(readContinue(writeContinue(7, "n/b")), { revision: 7, start: "n/b\0" });
  assert.deepEqual(readContinue(v1('"rv":7,"start":"b\\u0000"')), { revision: 7, start: "b\0" });
  assert.deepEqual(readContinue(tokenOf('{"V":"meta.k8s.io/v1","RV":-1,"Start":"b","x":1}')), {
    revision: undefined,
    start: "b",
  });
});

const maps = "/api/v1/namespaces/default/configmaps";

/** Names of a list, how many are left, and the key at which it goes on. */
interface Page {
  readonly names: string;
  readonly left?: number;
  readonly start?: string;
}

const pages: readonly (readonly [query: string, page: Page])[] = [
  ["limit=2", { names: "ab", left: 4, start: "/b\0" }],
  ["limit=2&labelSelector=l%3D1", { names: "ab", start: "/b\0" }],
  ["limit=3&labelSelector=l%3D1", { names: "abe", start: "/e\0" }],
  ["limit=1&labelSelector=l%3D2", { names: "c", start: "/c\0" }],
  ["limit=4&labelSelector=l%3D1", { names: "abe" }],
  ["limit=1&fieldSelector=metadata.name%3Dc", { names: "c" }],
  ["limit=1&resourceVersion=0", { names: "abcdek" }],
  [`continue=${v1('"rv":-1,"start":"/c"')}`, { names: "cdek" }],
  [`continue=${v1('"rv":-1,"start":"/c\\u0000"')}&limit=1`, { names: "d", left: 2, start: "/d\0" }],
  [`continue=${v1('"rv":-1,"start":"/zz"')}`, { names: "" }],
  [`continue=${v1('"rv":-1,"start":"/"')}`, { names: "abcdek" }],
];

test("pages end where a limit is full and keys are left, whether they match or not", () =>
  withServer(async ({ call }) => {
    for (const name of ["a", "b", "c", "d", "e"])
      await call(maps, { body: { metadata: { name, labels: { l: "cd".includes(name) ? "2" : "1" } } } });
    for (const [query, page] of pages) {
      const { body } = await call(`${maps}?${query}`);
      const { continue: token, remainingItemCount: left } = body.metadata;
      const found: Page = {
        names: body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name[0]).join(""),
        ...(left === undefined ? {} : { left }),
        ...(token === undefined ? {} : { start: JSON.parse(textOf(token)).start }),
      };
      assert.deepEqual(found, page, query);
    }
    const all = (await call("/api/v1/configmaps?limit=1&fieldSelector=metadata.namespace%3Ddefault")).body;
    assert.equal(JSON.parse(textOf(all.metadata.continue)).start, "/a\0");
    const first = (await call(`${maps}?limit=1`)).body.metadata;
    const both = await call(`${maps}?continue=${first.continue}&resourceVersion=1`);
    assert.deepEqual(
      [both.code, both.body.message],
      [400, "specifying resource version is not allowed when using continue"],
    );
    await call(`${maps}/a`, { method: "DELETE" });
    const exact = (await call(`${maps}?limit=1&resourceVersion=${first.resourceVersion}`)).body;
    assert.equal(exact.items[0].metadata.name, "a");
  }));

test("a list that is forgotten ends with a token that goes on with what is newest", async () => {
  const store = createMemoryStore();
  for (let i = 0; i < 3; i++) await store.write({ key: `/other/${i}`, expected: 0, value: new Uint8Array() });
  await store.compact(3);
  await withServer(
    async ({ call }) => {
      await call(maps, { body: { metadata: { name: "b" } } });
      const { code, body } = await call(`${maps}?limit=1&continue=${v1('"rv":2,"start":"/a\\u0000"')}`);
      assert.deepEqual([code, body.reason], [410, "Expired"]);
      assert.match(body.message, /^The provided continue parameter is too old .* may show up in the list\.$/);
      assert.equal(textOf(body.metadata.continue), '{"v":"meta.k8s.io/v1","rv":-1,"start":"a\\u0000"}');
      const rest = await call(`${maps}?limit=1&continue=${body.metadata.continue}`);
      assert.deepEqual([rest.code, rest.body.items[0].metadata.name], [200, "b"]);
      const old = await call(`${maps}?resourceVersion=2&resourceVersionMatch=Exact`);
      assert.deepEqual([old.code, old.body.message], [410, "The resourceVersion for the provided list is too old."]);
      const future = await call(`${maps}?continue=${v1('"rv":99999,"start":"/a"')}`);
      assert.equal(future.code, 504);
    },
    { store },
  );
});
