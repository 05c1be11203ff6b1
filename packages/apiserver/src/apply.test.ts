import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, type Bed, withServer } from "./server.fixture.ts";

const map = "/api/v1/namespaces/default/configmaps/a";
const type = "application/apply-patch+yaml";

/** Applies fields of a ConfigMap as a manager. */
function apply({ call }: Bed, query: string, body: object | string): Promise<Answer> {
  const configuration =
    typeof body === "string" ? body : { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, ...body };
  return call(`${map}?${query}`, { method: "PATCH", type, body: configuration });
}

/** `manager operation subresource: fields` of each entry. */
function managersOf({ body }: Answer): readonly string[] {
  return (body.metadata.managedFields ?? []).map(
    (entry: { [field: string]: unknown }) =>
      `${entry["manager"]} ${entry["operation"]} ${entry["subresource"] ?? ""}: ${JSON.stringify(entry["fieldsV1"])}`,
  );
}

test("apply creates what is absent, then changes it, and tells who has what", () =>
  withServer(async (bed) => {
    const created = await apply(
      bed,
      "fieldManager=m",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: '1', z: '2'}\n",
    );
    assert.equal(created.code, 201);
    const again = await apply(bed, "fieldManager=m", { data: { x: "1", z: "2" } });
    assert.deepEqual(again.body, created.body);
    const less = await apply(bed, "fieldManager=m", { data: { x: "1" } });
    assert.deepEqual([less.code, less.body.data], [200, { x: "1" }]);
    assert.deepEqual(managersOf(less), ['m Apply : {"f:data":{"f:x":{}}}']);
  }));

test("what others own is a conflict, unless forced", () =>
  withServer(async (bed) => {
    await bed.call(map.replace(/\/a$/, ""), {
      body: { metadata: { name: "a" }, data: { x: "1" } },
      headers: { "user-agent": "kubectl/v1.36.0 (linux)" },
    });
    const refused = await apply(bed, "fieldManager=m", { data: { x: "2" } });
    assert.equal(refused.body.message, 'Apply failed with 1 conflict: conflict with "kubectl" using v1: .data.x');
    assert.equal(refused.code, 409);
    const forced = await apply(bed, "fieldManager=m&force=true", { data: { x: "2" } });
    assert.deepEqual(managersOf(forced), ['m Apply : {"f:data":{"f:x":{}}}', 'kubectl Update : {"f:data":{}}']);
  }));

test("an empty list of managed fields takes account of nobody, until somebody applies", () =>
  withServer(async (bed) => {
    await apply(bed, "fieldManager=m", { data: { x: "1" } });
    const merge = (body: object) => bed.call(map, { method: "PATCH", type: "application/merge-patch+json", body });
    assert.deepEqual(managersOf(await merge({ metadata: { managedFields: [] } })), []);
    assert.deepEqual(managersOf(await merge({ data: { y: "1" } })), []);
    const applied = await apply(bed, "fieldManager=m", { data: { x: "1" } });
    assert.deepEqual(managersOf(applied), [
      'm Apply : {"f:data":{"f:x":{}}}',
      'before-first-apply Update : {"f:data":{".":{},"f:x":{},"f:y":{}}}',
    ]);
  }));

test("status and scale have entries of their own", () =>
  withServer(async ({ call }) => {
    const path = "/apis/apps/v1/namespaces/default/replicasets";
    const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "a", image: "b" }] } };
    const spec = { selector: { matchLabels: { a: "b" } }, template };
    await call(path, { body: { metadata: { name: "r" }, spec } });
    const merge = (part: string, body: object) =>
      call(`${path}/r/${part}?fieldManager=${part}`, { method: "PATCH", type: "application/merge-patch+json", body });
    await merge("scale", { spec: { replicas: 2 } });
    await merge("status", { spec: { replicas: 9 }, status: { replicas: 2 } });
    const entries = managersOf(await call(`${path}/r`)).filter((each) => /^(scale|status)/.test(each));
    assert.deepEqual(entries, [
      'scale Update scale: {"f:spec":{"f:replicas":{}}}',
      'status Update status: {"f:status":{"f:replicas":{}}}',
    ]);
  }));

const faults: readonly (readonly [string, object | string, number, string])[] = [
  ["", {}, 422, 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'],
  ["fieldManager=m", { apiVersion: "v2" }, 400, "invalid object type: /v2, Kind=ConfigMap"],
  [
    "fieldManager=m",
    { foo: 1 },
    500,
    "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .foo: field not declared in schema",
  ],
  [
    "fieldManager=m",
    { metadata: {} },
    400,
    "the name of the object (a based on URL) was undeterminable: name must be provided",
  ],
  ["fieldManager=m", { metadata: { name: "a", managedFields: [] } }, 400, "metadata.managedFields must be nil"],
  [
    "fieldManager=m",
    { metadata: { name: "a", uid: "u" } },
    409,
    'Operation cannot be fulfilled on configmaps "a": uid mismatch: the provided object specified uid u, and no existing object was found',
  ],
  [
    "fieldManager=m",
    "[]",
    400,
    "error decoding patch: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}",
  ],
  [
    "fieldManager=m&fieldValidation=Strict",
    "kind: ConfigMap\nkind: ConfigMap\n",
    400,
    'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 2: key "kind" already set in map',
  ],
];

test("configurations that are none are refused in kube-apiserver's words", () =>
  withServer(async (bed) => {
    for (const [query, body, code, message] of faults) {
      const answer = await apply(bed, query, body);
      assert.deepEqual([answer.code, answer.body.message], [code, message]);
    }
  }));

test("of a status without an object, nothing is told but that there is none", () =>
  withServer(async ({ call }) => {
    const path = "/apis/apps/v1/namespaces/default/deployments/none/status?fieldManager=m";
    const body = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "none" }, status: { replicas: "x" } };
    const answer = await call(path, { method: "PATCH", type: "application/apply-patch+yaml", body });
    assert.deepEqual([answer.code, answer.body.message], [404, 'deployments.apps "none" not found']);
  }));

const patches: readonly (readonly [string, unknown, number, string])[] = [
  ["json", [{ op: "remove", path: "/n" }], 422, "the server rejected our request due to an error in our request"],
  [
    "merge",
    [],
    400,
    "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
  ],
  [
    "merge",
    { metadata: null },
    400,
    "the name of the object (a based on URL) was undeterminable: name must be provided",
  ],
  [
    "merge",
    { metadata: { uid: "u" } },
    422,
    'ConfigMap "a" is invalid: metadata.uid: Invalid value: "u": field is immutable',
  ],
  ["strategic-merge", [], 400, "json: cannot unmarshal array into Go value of type map[string]interface {}"],
  [
    "strategic-merge",
    { foo: 1 },
    422,
    ' "" is invalid: patch: Invalid value: "map[foo:1]": strict decoding error: unknown field "foo"',
  ],
  [
    "strategic-merge",
    { data: { $patch: "replace", a: 7 } },
    422,
    ' "" is invalid: patch: Invalid value: "map[data:map[a:7]]": cannot convert int64 to string',
  ],
  ["foo", {}, 415, "415: Unsupported Media Type"],
];

test("patches that do not apply are refused in kube-apiserver's words", () =>
  withServer(async (bed) => {
    await apply(bed, "fieldManager=m", { data: { b: "1" } });
    for (const [name, body, code, message] of patches) {
      const query = `${map}?fieldValidation=Strict`;
      const answer = await bed.call(query, { method: "PATCH", type: `application/${name}-patch+json`, body });
      assert.deepEqual([answer.code, answer.body.message], [code, message]);
    }
  }));

test("what is patched into another kind is wrong as that first", () =>
  withServer(async (bed) => {
    await apply(bed, "fieldManager=m", { data: { a: "1" } });
    const body = { kind: "Secret" };
    const answer = await bed.call(map, { method: "PATCH", type: "application/merge-patch+json", body });
    assert.match(answer.body.message, /: illegal base64 data at input byte 0$/);
  }));

test("an applied configuration for another namespace is refused before one with another uid", () =>
  withServer(async (bed) => {
    await apply(bed, "fieldManager=m", {});
    const { code } = await apply(bed, "fieldManager=m", { metadata: { name: "a", namespace: "other", uid: "x" } });
    assert.equal(code, 400);
  }));

test("of several wrong values the first in the patched text is told", () =>
  withServer(async ({ call }) => {
    const jobs = "/apis/batch/v1/namespaces/default/jobs";
    const template = { spec: { restartPolicy: "Never", containers: [{ name: "a", image: "b" }] } };
    await call(jobs, { body: { metadata: { name: "a" }, spec: { template } } });
    const wrong = { parallelism: true, backoffLimit: "x" };
    const { code, body } = await call(`${jobs}/a`, {
      method: "PATCH",
      type: "application/merge-patch+json",
      body: { spec: wrong },
    });
    assert.equal(code, 422);
    assert.match(body.message, /cannot unmarshal string into Go struct field JobSpec.spec.backoffLimit of type int32$/);
  }));

test("free JSON is kept as a patch or a configuration has written it", () =>
  withServer(async ({ call }) => {
    const revision = "/apis/apps/v1/namespaces/default/controllerrevisions/a";
    const body = { apiVersion: "apps/v1", kind: "ControllerRevision", metadata: { name: "a" }, revision: 1 };
    const applied = { ...body, data: { z: 1, a: { y: 1, b: 2 } } };
    assert.equal((await call(`${revision}?fieldManager=m`, { method: "PATCH", type, body: applied })).code, 201);
    const { body: read } = await call(revision);
    assert.equal(JSON.stringify(read.data), '{"a":{"b":2,"y":1},"z":1}');
    const patch = { method: "PATCH", type: "application/merge-patch+json", body: { data: { q: 1, c: 2 } } };
    assert.match(
      (await call(revision, patch)).body.message,
      /\{"a":\{"b":2,"y":1\},"c":2,"q":1,"z":1\}: field is immut/,
    );
  }));

test("what the server makes by itself is its controllers'", () =>
  withServer(async ({ call }) => {
    const namespace = await call("/api/v1/namespaces/default");
    assert.deepEqual([...new Set(managersOf(namespace).map((each) => each.split(" ")[0]))], ["kube-apiserver"]);
    const map = await call("/api/v1/namespaces/default/configmaps/kube-root-ca.crt");
    assert.deepEqual(managersOf(map), [
      'kube-controller-manager Update : {"f:data":{".":{},"f:ca.crt":{}},"f:metadata":{"f:annotations":{".":{},"f:kubernetes.io/description":{}}}}',
    ]);
  }));

test("kubectl takes over what client-side apply wrote and nobody changed, and remembers it for the way back", () =>
  withServer(async (bed) => {
    const annotation = "kubectl.kubernetes.io/last-applied-configuration";
    const last = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { x: "1" } });
    const body = { metadata: { name: "a", annotations: { [annotation]: last } }, data: { x: "1" } };
    await bed.call(`${map.replace(/\/a$/, "")}?fieldManager=kubectl-client-side-apply`, { body });
    assert.equal((await apply(bed, "fieldManager=other", { data: { x: "2" } })).code, 409);
    const taken = await apply(bed, "fieldManager=kubectl", { data: { x: "2" } });
    assert.equal(taken.code, 200);
    assert.deepEqual(JSON.parse(taken.body.metadata.annotations[annotation]).data, { x: "2" });
  }));
