import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bed, withServer } from "../server.fixture.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const controllers = "/api/v1/namespaces/default/replicationcontrollers";
const table = "application/json;as=Table;v=v1;g=meta.k8s.io";
const partial = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
const partialList = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

async function make({ call }: Bed, name: string): Promise<string> {
  const { code, body } = await call(maps, { body: { metadata: { name, labels: { a: "b" } } } });
  assert.equal(code, 201);
  return body.metadata.resourceVersion;
}

test("what is deleted together is shown in the form that is asked for, as it was", () =>
  withServer(async (bed) => {
    for (const name of ["a", "b"]) await make(bed, name);
    const remove = (accept: string) => bed.call(`${maps}?labelSelector=a%3Db`, { method: "DELETE", accept });
    const { body } = await remove(table);
    assert.deepEqual([body.kind, body.rows.map(({ cells }: { cells: string[] }) => cells[0])], ["Table", ["a", "b"]]);
    await make(bed, "c");
    const refused = await remove(partial);
    assert.equal(refused.code, 406);
    assert.match(refused.body.message, /you requested PartialObjectMetadata, but the requested object is a list/);
    // It was done all the same.
    assert.equal((await bed.call(`${maps}/c`)).code, 404);
  }));

test("what is created and cannot be shown as a list is there", () =>
  withServer(async ({ call }) => {
    const made = await call(maps, { body: { metadata: { name: "a" } }, accept: partialList });
    assert.equal(made.code, 406);
    assert.match(made.body.message, /the requested object is not a list/);
    assert.equal((await call(`${maps}/a`)).code, 200);
  }));

test("what is only sent, and most parts of objects, have no rows; all have metadata", () =>
  withServer(async ({ call }) => {
    const form = (as: string) => `application/json;as=${as};v=v1;g=meta.k8s.io`;
    const asked: readonly (readonly [path: string, body: object | undefined, code: number])[] = [
      ["/api/v1/namespaces/default/serviceaccounts/default/token", {}, 406],
      ["/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, 406],
      ["/api/v1/namespaces/default/bindings", {}, 406],
      ["/api/v1/namespaces/default/status", undefined, 200],
      ["/api/v1/namespaces/default/pods/a/ephemeralcontainers", undefined, 406],
    ];
    for (const [path, body, code] of asked)
      assert.equal((await call(path, { accept: form("Table"), body })).code, code, path);
    for (const [path, body] of asked.slice(0, 2)) {
      const { code, body: shown } = await call(path, { accept: form("PartialObjectMetadata"), body });
      assert.deepEqual([code, shown.kind, shown.status], [201, "PartialObjectMetadata", undefined]);
      assert.equal((await call(path, { accept: form("PartialObjectMetadataList"), body })).code, 406);
    }
  }));

test("a deletion may say by its query which object it means", () =>
  withServer(async (bed) => {
    const version = await make(bed, "a");
    const remove = (query: string) => bed.call(`${maps}/a?${query}`, { method: "DELETE" });
    assert.equal((await remove("uid=other")).code, 409);
    assert.equal((await remove("resourceVersion=1")).code, 409);
    assert.equal((await remove(`resourceVersion=${version}`)).code, 200);
  }));

test("the first parameter of a list that cannot be read is told", () =>
  withServer(async ({ call }) => {
    const { code, body } = await call(`${maps}?labelSelector=a,(&continue=odd`);
    assert.equal(code, 400);
    assert.match(body.message, /found '\('/);
  }));

test("a scale tells of all that selects, of who set the replicas, and of fields that it does not have", () =>
  withServer(async ({ call }) => {
    const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "a", image: "b" }] } };
    const body = { metadata: { name: "r" }, spec: { replicas: 2, selector: { a: "b" }, template } };
    assert.equal((await call(controllers, { body })).code, 201);
    assert.equal((await call(`${controllers}/r/scale`)).body.status.selector, "a=b");
    const patch = (type: string, change: unknown) =>
      call(`${controllers}/r/scale`, { method: "PATCH", type: `application/${type}+json`, body: change });
    const warned = await patch("merge-patch", { spec: { replicas: 3, doors: 1 } });
    assert.equal(warned.code, 200);
    assert.match(String(warned.headers["warning"]), /unknown field \\"spec.doors\\"/);
    const refused = await patch("json-patch", [{ op: "replace", path: "/spec/replicas", value: "x" }]);
    assert.equal(refused.code, 422);
    assert.match(refused.body.message, /managedFields.*cannot unmarshal string into Go struct field ScaleSpec/);
  }));

test("numbers of a wrong type are told as they are written, and what no float64 holds is refused", () =>
  withServer(async ({ call }) => {
    const place = "/apis/apps/v1/namespaces/default/controllerrevisions";
    const told = async (body: string, more: object = {}) => (await call(place, { body, ...more })).body.message;
    const field = "into Go struct field ControllerRevision.revision of type int64";
    assert.match(await told('{"revision":1e30}'), new RegExp(`number 1e30 ${field}$`));
    assert.match(await told('{"revision":1e999}'), new RegExp(`number 1e999 ${field}$`));
    assert.match(await told('{"revision":1.50}'), new RegExp(`number 1.50 ${field}$`));
    assert.match(
      await told('{"data":{"a":"1e9","b":[-1e999]}}'),
      /cannot unmarshal number -1e999 into Go value of type float64$/,
    );
    assert.match(
      await told("data: {b: 1, a: -.inf}", { type: "application/yaml" }),
      /: json: unsupported value: -Inf \(/,
    );
    assert.match(await told("revision: 1e999", { type: "application/yaml" }), new RegExp(`unmarshal string ${field}$`));
    assert.equal(
      (await call(place, { body: '{"metadata":{"name":"a"},"odd":1e999,"data":{},"revision":1}' })).code,
      201,
    );
    const patch = async (kind: string, body: string) => {
      const type = `application/${kind}+json`;
      return (await call(`${place}/a`, { method: "PATCH", type, body })).body.message;
    };
    const why = "json: cannot unmarshal number 1e999 into Go";
    assert.equal(await patch("merge-patch", '{"data":1e999}'), `error decoding patch: ${why} value of type float64`);
    assert.equal(await patch("strategic-merge-patch", '{"data":1e999}'), `${why} value of type float64`);
    assert.equal(
      await patch("json-patch", '[{"op":"add","path":"/data","value":1e999}]'),
      `error decoding patch: ${why} struct field jsonPatchOp.value of type float64`,
    );
  }));

test("what an object does not say of its type is said by its path, also after a patch", () =>
  withServer(async ({ call }) => {
    const body = { kind: "", apiVersion: null, metadata: { name: "a" } };
    assert.equal((await call(maps, { body })).code, 201);
    const patch = { method: "PATCH", type: "application/json-patch+json", body: [{ op: "add", path: "/kind" }] };
    assert.equal((await call(`${maps}/a`, patch)).code, 200);
    const unversioned = await call(`${maps}/a`, { ...patch, body: [{ op: "remove", path: "/apiVersion" }] });
    assert.equal(unversioned.code, 400);
    assert.match(String(unversioned.headers["warning"]), /unknown field \\"metadata\\"/);
    const foreign = {
      ...patch,
      body: [...[{ op: "remove", path: "/apiVersion" }], { op: "replace", path: "/kind", value: "Odd" }],
    };
    assert.match(
      (await call(`${maps}/a`, foreign)).body.message,
      /no kind "Odd" is registered for the internal version of group ""/,
    );
    const other = [{ op: "replace", path: "/kind", value: {} }];
    const refused = await call(`${maps}/a`, { ...patch, body: other });
    assert.equal(refused.code, 422);
    assert.match(refused.body.message, /cannot unmarshal object into Go struct field .kind of type string/);
  }));

test("an ExternalName that was applied can be applied again", () =>
  withServer(async ({ call }) => {
    const services = "/api/v1/namespaces/default/services";
    const spec = { type: "ExternalName", externalName: "example.com" };
    assert.equal((await call(services, { body: { metadata: { name: "s" }, spec } })).code, 201);
    for (const applied of [{ spec }, {}]) {
      const body = { apiVersion: "v1", kind: "Service", metadata: { name: "s" }, ...applied };
      const type = "application/apply-patch+yaml";
      assert.equal((await call(`${services}/s?fieldManager=one`, { method: "PATCH", type, body })).code, 200);
    }
  }));

test("events wait for nothing that belongs to them", () =>
  withServer(async ({ call }) => {
    const events = "/api/v1/namespaces/default/events";
    const involvedObject = { kind: "Pod", namespace: "default", name: "p" };
    assert.equal((await call(events, { body: { metadata: { name: "e" }, involvedObject } })).code, 201);
    assert.equal((await call(`${events}/e?propagationPolicy=Foreground`, { method: "DELETE" })).code, 200);
    assert.equal((await call(`${events}/e`)).code, 404);
  }));

test("a namespace whose name was generated is labelled by it", () =>
  withServer(async ({ call }) => {
    const { code, body } = await call("/api/v1/namespaces", { body: { metadata: { generateName: "n-" } } });
    assert.equal(code, 201);
    assert.equal(body.metadata.labels["kubernetes.io/metadata.name"], body.metadata.name);
  }));

test("of no objects there is no list of partial ones, in any form", () =>
  withServer(async ({ bytes, call }) => {
    assert.equal((await call(`${maps}?labelSelector=never`, { accept: partialList })).body.items, null);
    const accept = partialList.replace("json", "vnd.kubernetes.protobuf");
    assert.equal((await bytes(`${maps}?labelSelector=never`, accept)).code, 200);
  }));
