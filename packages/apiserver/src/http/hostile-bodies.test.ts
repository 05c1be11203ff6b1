import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeProtobuf, type KubeObject } from "@sallyport/kube";
import { type Call, withServer } from "../server.fixture.ts";

const json = "application/json";
const yaml = "application/yaml";
const protobuf = "application/vnd.kubernetes.protobuf";
const patches = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  operations: "application/json-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

const maps = "/api/v1/namespaces/default/configmaps";
const pods = "/api/v1/namespaces/default/pods";
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** An answer that takes longer has hung, however busy the machine is. */
const patienceMs = 60_000;

const nested = (depth: number, open: string, close: string) => `${open.repeat(depth)}1${close.repeat(depth)}`;
const wide = (keys: number) => Object.fromEntries(Array.from({ length: keys }, (_, i) => [`k${i}`, ""]));

/** Anchors of ten aliases each, nine times over: a thousand million of values in a few lines. */
const aliases = [
  "a0: &a0 [x, x, x, x, x, x, x, x, x, x]",
  ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(10)}]`),
].join("\n");

/** A schema within a schema, as deep as a message may be and deeper. */
function nestedSchema(depth: number): Uint8Array {
  let schema: object = { type: "object" };
  for (let i = 0; i < depth; i++) schema = { type: "object", properties: { a: schema } };
  return Buffer.from(JSON.stringify(definitionOf(schema)));
}

function definitionOf(openAPIV3Schema: object): object {
  const names = { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" };
  const versions = [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema } }];
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "things.example.com" },
    spec: { group: "example.com", scope: "Namespaced", names, versions },
  };
}

/** Bytes as they are, which may be no text. */
function around(before: string, bytes: readonly number[], after: string): Buffer {
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
}

const map = (rest: string) => `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"},${rest}}`;
const cutProtobuf = (bytes: number) =>
  Buffer.from(
    encodeProtobuf({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "m" }, data: { a: "b" } } as KubeObject),
  ).subarray(0, bytes);

type Hostile = readonly [what: string, path: string, request: Call, codes: readonly number[]];

const post = (
  what: string,
  body: Buffer | string,
  type = json,
  codes: readonly number[] = [400],
  path = maps,
): Hostile => [what, path, { body: typeof body === "string" ? Buffer.from(body) : body, type }, codes];
const patch = (
  what: string,
  body: Buffer | string,
  type: string,
  codes: readonly number[],
  path = `${maps}/there`,
): Hostile => [
  what,
  `${path}${type === patches.apply ? "?fieldManager=m" : ""}`,
  { method: "PATCH", body: typeof body === "string" ? Buffer.from(body) : body, type },
  codes,
];

const doubled = Array.from({ length: 60 }, (_, i) => ({ op: "copy", from: "/data", path: `/data/k${i}` }));

const hostile: readonly Hostile[] = [
  post("JSON lists within lists", map(`"data":${nested(500_000, "[", "]")}`)),
  post("JSON maps within maps", map(`"data":${nested(300_000, '{"a":', "}")}`)),
  post("JSON as deep as is read", map(`"data":${nested(990, '{"a":', "}")}`)),
  post("JSON deep where nothing is looked at", map(`"odd":${nested(900, '{"a":', "}")}`), json, [201, 400, 422]),
  post("JSON of lists that never close", "[".repeat(1_000_000)),
  post("JSON of quotes that never close", `{"a":"${"\\".repeat(2_000_000)}`),
  post("JSON with many keys", map(`"data":${JSON.stringify(wide(150_000))}`), json, [400, 409, 413, 422]),
  post(
    "JSON with one key many times",
    map(`"data":{${'"a":"b",'.repeat(200_000)}"a":"b"}`),
    json,
    [201, 400, 409, 422],
  ),
  post(
    "strictly, JSON with one key many times",
    map(`"data":{${'"a":"b",'.repeat(200_000)}"a":"b"}`),
    json,
    [400],
    `${maps}?fieldValidation=Strict`,
  ),
  post(
    "strictly, JSON with many unknown fields",
    map(JSON.stringify(wide(100_000)).slice(1, -1)),
    json,
    [400],
    `${maps}?fieldValidation=Strict`,
  ),
  post("a number of many digits", map(`"metadata":{"generation":${"9".repeat(1_000_000)}}`)),
  post("a number beyond all numbers", map('"metadata":{"generation":1e999999999}')),
  post(
    "a number of a great exponent for a quantity",
    `{"metadata":{"name":"p"},"spec":{"containers":[{"name":"a","image":"b","resources":{"limits":{"cpu":"1e999999999"}}}]}}`,
    json,
    [400, 422],
    pods,
  ),
  post(
    "a quantity of many digits",
    `{"metadata":{"name":"p"},"spec":{"containers":[{"name":"a","image":"b","resources":{"limits":{"cpu":"${"9".repeat(500_000)}"}}}]}}`,
    json,
    [400, 422],
    pods,
  ),
  post("bytes that are no text", around('{"metadata":{"name":"', [0xff, 0xfe, 0xc0, 0x80], '"}}'), json, [400, 422]),
  post("half a surrogate pair", '{"metadata":{"name":"\\ud800"}}', json, [400, 422]),
  post("zeros", Buffer.alloc(100_000)),
  post("a mark of byte order", around("", [0xef, 0xbb, 0xbf], "{}")),
  post(
    "keys that lie on JavaScript's prototypes",
    map('"__proto__":{"a":"b"},"constructor":{"prototype":{"a":1}}'),
    json,
    [201, 400, 409],
  ),
  post("YAML of lists within lists", `data: ${nested(20_000, "[", "]")}`, yaml),
  post("YAML of indented maps", Array.from({ length: 1500 }, (_, i) => `${" ".repeat(i)}a:`).join("\n"), yaml),
  post("YAML of aliases of aliases", aliases, yaml),
  post("YAML of an alias within itself", "a: &a [*a]", yaml),
  post("YAML of many documents", "---\n".repeat(100_000), yaml, [400, 422]),
  post(
    "YAML of many keys",
    Object.keys(wide(20_000))
      .map((key) => `${key}: 1`)
      .join("\n"),
    yaml,
    [400, 422],
  ),
  post("YAML that is merged into itself", "a: &a {<<: *a}", yaml),
  post("YAML that is no text", around("a: ", [0xff, 0x00], ""), yaml, [400, 422]),
  post("YAML of binary data", "metadata: {name: !!binary gIGC}", yaml, [400, 422]),
  post("protobuf without anything", Buffer.alloc(0), protobuf),
  ...[3, 4, 5, 9, 17, 30].map((bytes) => post(`protobuf cut after ${bytes} bytes`, cutProtobuf(bytes), protobuf)),
  post(
    "protobuf of random bytes",
    around(
      "k8s\0",
      Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251),
      "",
    ),
    protobuf,
  ),
  post(
    "protobuf of groups without an end",
    around(
      "k8s\0",
      Array.from({ length: 100_000 }, () => 0x53),
      "",
    ),
    protobuf,
  ),
  post("a schema as deep as is read", Buffer.from(nestedSchema(400)), json, [201, 400, 413, 422], definitions),
  post("a larger body than is read", "x".repeat(4_000_000), json, [413]),
  post("a packed body", around("", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0], "")),
  patch("a merge of maps within maps", nested(300_000, '{"data":', "}"), patches.merge, [400]),
  patch("a merge of deep fields that nobody knows", `{"odd":${nested(2000, '{"a":', "}")}}`, patches.merge, [400]),
  patch("a merge of null", nested(2000, '{"data":', "}").replace("1", "null"), patches.merge, [400]),
  patch("a strategic merge of maps within maps", nested(300_000, '{"data":', "}"), patches.strategic, [400]),
  patch("a strategic merge of lists within lists", `{"data":${nested(300_000, "[", "]")}}`, patches.strategic, [400]),
  patch("operations within operations", nested(300_000, "[", "]"), patches.operations, [400]),
  patch(
    "an operation with a deep value",
    `[{"op":"add","path":"/data","value":${nested(300_000, '{"a":', "}")}}]`,
    patches.operations,
    [400, 422],
  ),
  patch(
    "an operation with a deep pointer",
    JSON.stringify([{ op: "add", path: "/a".repeat(500_000), value: 1 }]),
    patches.operations,
    [422],
  ),
  patch(
    "copies that are deeper than what is read",
    JSON.stringify(
      Array.from({ length: 40 }, (_, i) => ({ op: "copy", from: "/data", path: `/data${"/a".repeat(i)}` })),
    ),
    patches.operations,
    [422],
  ),
  patch("copies of copies", JSON.stringify(doubled), patches.operations, [422]),
  patch(
    "many copies of a large value",
    JSON.stringify(Array.from({ length: 9000 }, (_, i) => ({ op: "copy", from: "/data/large", path: `/data/k${i}` }))),
    patches.operations,
    [422],
  ),
  patch(
    "more operations than are done",
    JSON.stringify(Array.from({ length: 10_001 }, () => ({ op: "test", path: "/kind", value: "ConfigMap" }))),
    patches.operations,
    [413],
  ),
  patch(
    "operations that shift a long list",
    JSON.stringify([
      { op: "add", path: "/metadata/finalizers", value: [] },
      ...Array.from({ length: 9000 }, (_, i) => ({ op: "add", path: "/metadata/finalizers/0", value: `a.b/${i}` })),
    ]),
    patches.operations,
    [200, 422],
  ),
  patch("applied aliases of aliases", aliases, patches.apply, [400]),
  patch(
    "applied lists within lists",
    `apiVersion: v1\nkind: ConfigMap\ndata: ${nested(20_000, "[", "]")}`,
    patches.apply,
    [400],
  ),
  patch(
    "applied maps within maps",
    `{"apiVersion":"v1","kind":"ConfigMap","data":${nested(5000, '{"a":', "}")}}`,
    patches.apply,
    [400],
  ),
  patch(
    "applied JSON with many keys",
    map(`"data":${JSON.stringify(wide(50_000))}`).replace('"m"', '"there"'),
    patches.apply,
    [200, 413, 422],
  ),
];

test("bodies made to break a server are refused in time, and it serves on", { timeout: 600_000 }, () =>
  withServer(async ({ call }) => {
    const large = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "there" },
      data: { large: "x".repeat(200_000) },
    };
    assert.equal((await call(maps, { body: large })).code, 201);
    for (const [what, path, request, codes] of hostile) {
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(() => late.reject(new Error(`${what}: no answer`)), patienceMs);
      const answer = await Promise.race([call(path, request), late.promise]).finally(() => clearTimeout(timer));
      assert.ok(codes.includes(answer.code), `${what}: ${answer.code} ${JSON.stringify(answer.body).slice(0, 300)}`);
      if (answer.code >= 400) assert.equal(answer.body.kind, "Status", what);
      assert.equal((await call(`${maps}/there`)).code, 200, what);
    }
  }),
);
