import assert from "node:assert/strict";
import { test } from "node:test";
import { freePort } from "../../../scripts/free-port.ts";
import { type Answer, type Call, withServer } from "./server.fixture.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const pods = "/api/v1/namespaces/default/pods";

function configMap(name: string, data: object = {}): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data };
}

function pod(name: string, spec: object = {}): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: { containers: [{ name: "a", image: "x:1" }], ...spec },
  };
}

test("objects are created, read, replaced and deleted", () =>
  withServer(async ({ call }) => {
    const created = await call(maps, { body: configMap("a", { k: "1" }) });
    assert.equal(created.code, 201);
    assert.match(created.body.metadata.uid, /^[0-9a-f-]{36}$/);
    const read = await call(`${maps}/a`);
    assert.deepEqual(read.body, created.body);
    const replaced = await call(`${maps}/a`, { method: "PUT", body: { ...read.body, data: { k: "2" } } });
    assert.equal(replaced.code, 200);
    assert.notEqual(replaced.body.metadata.resourceVersion, read.body.metadata.resourceVersion);
    const stale = await call(`${maps}/a`, { method: "PUT", body: { ...read.body, data: { k: "3" } } });
    assert.equal(stale.code, 409);
    assert.match(stale.body.message, /^Operation cannot be fulfilled on configmaps "a": the object has been modified/);
    assert.equal((await call(maps, { body: configMap("a") })).body.message, 'configmaps "a" already exists');
    assert.equal((await call(`${maps}/a`, { method: "DELETE" })).code, 200);
    assert.equal((await call(`${maps}/a`)).body.message, 'configmaps "a" not found');
  }));

const patches: readonly [type: string, patch: unknown, data: object][] = [
  ["application/merge-patch+json", { data: { a: null, c: "3" } }, { b: "2", c: "3" }],
  ["application/strategic-merge-patch+json", { data: { a: "9" } }, { a: "9", b: "2" }],
  ["application/json-patch+json", [{ op: "replace", path: "/data/b", value: "8" }], { a: "1", b: "8" }],
];

for (const [type, patch, data] of patches) {
  test(`patch by ${type}`, () =>
    withServer(async ({ call }) => {
      await call(maps, { body: configMap("a", { a: "1", b: "2" }) });
      const patched = await call(`${maps}/a`, { method: "PATCH", type, body: patch });
      assert.equal(patched.code, 200);
      assert.deepEqual(patched.body.data, data);
    }));
}

test("scale reads and writes the replicas of its object", () =>
  withServer(async ({ call }) => {
    const path = "/apis/apps/v1/namespaces/default/deployments";
    const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "a", image: "x:1" }] } };
    await call(path, { body: { metadata: { name: "d" }, spec: { selector: { matchLabels: { a: "b" } }, template } } });
    assert.deepEqual((await call(`${path}/d/scale`)).body.spec, { replicas: 1 });
    const patched = await call(`${path}/d/scale`, {
      method: "PATCH",
      type: "application/merge-patch+json",
      body: { spec: { replicas: 3 } },
    });
    assert.deepEqual([patched.body.kind, patched.body.spec], ["Scale", { replicas: 3 }]);
    const { body } = await call(`${path}/d`);
    assert.deepEqual([body.spec.replicas, body.metadata.generation], [3, 2]);
    const refused = await call(`${path}/d/scale`, {
      method: "PUT",
      body: { metadata: { name: "d" }, spec: { replicas: -1 } },
    });
    assert.equal(refused.code, 422);
  }));

interface Refusal {
  readonly call: readonly [path: string, call?: Call];
  readonly code: number;
  readonly reason: string;
  readonly message: RegExp;
}

const refusals: { readonly [what: string]: Refusal } = {
  "malformed JSON": { call: [maps, { body: "{" }], code: 400, reason: "BadRequest", message: /json parse error/ },
  "malformed YAML": {
    call: [maps, { body: "a: [", type: "application/yaml" }],
    code: 400,
    reason: "BadRequest",
    message: /yaml/,
  },
  "malformed protobuf": {
    call: [maps, { body: Buffer.from("k8s\0\x0a\xff", "latin1"), type: "application/vnd.kubernetes.protobuf" }],
    code: 400,
    reason: "BadRequest",
    message: /unexpected EOF/,
  },
  "an unknown content type": {
    call: [maps, { body: "x", type: "text/html" }],
    code: 415,
    reason: "UnsupportedMediaType",
    message: /unknown format/,
  },
  "another kind": {
    call: [maps, { body: pod("a") }],
    code: 400,
    reason: "BadRequest",
    message:
      /Pod in version "v1" cannot be handled as a ConfigMap: converting \(v1.Pod\) to \(core.ConfigMap\): unknown conversion/,
  },
  "options in the place of an object": {
    call: [maps, { body: { apiVersion: "policy/v1", kind: "DeleteOptions" } }],
    code: 400,
    reason: "BadRequest",
    message: /converting \(v1.DeleteOptions\) to \(core.ConfigMap\): unknown conversion/,
  },
  "a kind of a group that is served no more": {
    call: [maps, { body: { apiVersion: "extensions/v1beta1", kind: "ReplicaSet" } }],
    code: 400,
    reason: "BadRequest",
    message: /converting \(v1beta1.ReplicaSet\) to \(core.ConfigMap\): unknown conversion/,
  },
  "a wrong type": {
    call: [maps, { body: configMap("a", { k: 1 }) }],
    code: 400,
    reason: "BadRequest",
    message: /cannot unmarshal number into Go struct field ConfigMap.data of type string/,
  },
  "an unknown field, strictly": {
    call: [`${pods}?fieldValidation=Strict`, { body: pod("a", { foo: 1 }) }],
    code: 400,
    reason: "BadRequest",
    message: /strict decoding error: unknown field "spec.foo"/,
  },
  "a duplicate field, strictly": {
    call: [`${maps}?fieldValidation=Strict`, { body: '{"metadata":{"name":"a","name":"b"}}' }],
    code: 400,
    reason: "BadRequest",
    message: /duplicate field "metadata.name"/,
  },
  "an invalid name": {
    call: [maps, { body: configMap("A_b") }],
    code: 422,
    reason: "Invalid",
    message: /ConfigMap "A_b" is invalid: metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain/,
  },
  "a pod without containers": {
    call: [pods, { body: pod("a", { containers: [] }) }],
    code: 422,
    reason: "Invalid",
    message: /Pod "a" is invalid: spec.containers: Required value/,
  },
  "an oversized body": {
    call: [maps, { body: configMap("a", { k: "x".repeat(4 * 1024 * 1024) }) }],
    code: 413,
    reason: "RequestEntityTooLarge",
    message: /limit is 3145728/,
  },
  "an unknown resource": {
    call: ["/api/v1/namespaces/default/gadgets"],
    code: 404,
    reason: "NotFound",
    message: /could not find the requested resource/,
  },
  "a bad label selector": {
    call: [`${maps}?labelSelector=a%3D%3D%3Db`],
    code: 400,
    reason: "BadRequest",
    message: /unable to parse requirement/,
  },
  "a bad field selector": {
    call: [`${maps}?fieldSelector=spec.x%3Dy`],
    code: 400,
    reason: "BadRequest",
    message: /"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"/,
  },
  "a bad continue token": {
    call: [`${maps}?continue=abc`],
    code: 400,
    reason: "BadRequest",
    message: /continue key is not valid/,
  },
  "a method that is not served": {
    call: ["/api/v1/namespaces/default/pods/a/log", { method: "DELETE" }],
    code: 405,
    reason: "MethodNotAllowed",
    message: /does not allow this method/,
  },
  "a malformed URL": {
    call: ["/api/v1/namespaces/%zz/pods"],
    code: 400,
    reason: "BadRequest",
    message: /URL is malformed/,
  },
  nobody: {
    call: [maps, { anonymous: true }],
    code: 403,
    reason: "Forbidden",
    message:
      /configmaps is forbidden: User "system:anonymous" cannot list resource "configmaps" in API group "" in the namespace "default"/,
  },
  "a wrong token": {
    call: [maps, { anonymous: true, headers: { authorization: "Bearer nope" } }],
    code: 401,
    reason: "Unauthorized",
    message: /Unauthorized/,
  },
  "a namespace that is not there": {
    call: ["/api/v1/namespaces/nope/configmaps", { body: configMap("a") }],
    code: 404,
    reason: "NotFound",
    message: /namespaces "nope" not found/,
  },
};

test("what is refused, and how", () =>
  withServer(async (bed) => {
    for (const [what, refusal] of Object.entries(refusals))
      assertRefused(what, await bed.call(...refusal.call), refusal);
  }));

function assertRefused(what: string, { code, body }: Answer, wanted: Refusal): void {
  assert.deepEqual([what, code, body.kind, body.reason], [what, wanted.code, "Status", wanted.reason]);
  assert.match(body.message, wanted.message);
}

test("lists page through one revision", () =>
  withServer(async ({ call }) => {
    for (const name of ["a", "b", "c"]) await call(maps, { body: configMap(name) });
    const first = await call(`${maps}?limit=2&fieldSelector=metadata.name!%3Dkube-root-ca.crt`);
    assert.deepEqual(
      first.body.items.map((each: { metadata: { name: string } }) => each.metadata.name),
      ["a", "b"],
    );
    await call(maps, { body: configMap("d") });
    const second = await call(
      `${maps}?limit=2&fieldSelector=metadata.name!%3Dkube-root-ca.crt&continue=${first.body.metadata.continue}`,
    );
    assert.deepEqual(
      second.body.items.map((each: { metadata: { name: string } }) => each.metadata.name),
      ["c"],
    );
    assert.equal(second.body.metadata.resourceVersion, first.body.metadata.resourceVersion);
  }));

test("what an update makes is made as by a creation: with defaults, and whose its fields are", () =>
  withServer(async ({ call }) => {
    const spec = { ports: [{ port: 80 }], selector: { a: "b" } };
    const body = { apiVersion: "v1", kind: "Service", metadata: { name: "made" }, spec };
    const made = await call("/api/v1/namespaces/default/services/made?fieldManager=m", { method: "PUT", body });
    assert.equal(made.code, 201, JSON.stringify(made.body));
    assert.equal(made.body.spec.ports[0].protocol, "TCP");
    assert.equal(made.body.spec.type, "ClusterIP");
    const [entry] = made.body.metadata.managedFields ?? [];
    assert.deepEqual([entry?.manager, entry?.operation], ["m", "Update"]);
  }));

test("a Service is made by its status, without addresses; nothing else is", () =>
  withServer(async ({ call }) => {
    const put = (resource: string) =>
      call(`${resource}/a/status`, {
        method: "PUT",
        body: { metadata: { name: "a" }, spec: { ports: [{ port: 80 }] } },
      });
    const made = await put("/api/v1/namespaces/default/services");
    assert.deepEqual([made.code, made.body.spec.clusterIP], [201, undefined]);
    const patched = await call("/api/v1/namespaces/default/services/a", {
      method: "PATCH",
      type: "application/merge-patch+json",
      body: { metadata: { labels: { a: "b" } } },
    });
    assert.deepEqual(
      [
        patched.code,
        patched.body.metadata.labels,
        Object.keys(patched.body.spec).filter((each) => /^clusterIP/.test(each)),
      ],
      [200, { a: "b" }, []],
    );
    assert.equal((await put("/apis/apps/v1/namespaces/default/deployments")).code, 404);
  }));

test("a patch that takes the version away is refused where updates must name one", () =>
  withServer(async ({ call }) => {
    const budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    await call(budgets, { body: { metadata: { name: "a" } } });
    const patches: readonly (readonly [type: string, metadata: object])[] = [
      ["strategic-merge-patch", { name: "a", $patch: "replace" }],
      ["strategic-merge-patch", { name: "a", $retainKeys: ["name"] }],
      ["merge-patch", { resourceVersion: null }],
    ];
    for (const [type, metadata] of patches) {
      const patch = { method: "PATCH", type: `application/${type}+json`, body: { metadata } };
      const { code, body } = await call(`${budgets}/a`, patch);
      assert.equal(code, 422);
      assert.match(body.message, /metadata.resourceVersion: Invalid value: 0: must be specified for an update$/);
    }
  }));

test("a single object of a version that is none is refused by the cache, an event by the store", () =>
  withServer(async ({ call }) => {
    const read = async (resource: string, version: string) => {
      const { code, body } = await call(`/api/v1/namespaces/default/${resource}/a?resourceVersion=${version}`);
      return `${code} ${body.message}`;
    };
    const fault = (version: string, why: string) =>
      `resourceVersion: Invalid value: "${version}": strconv.ParseUint: parsing "${version}": ${why}`;
    assert.equal(await read("configmaps", "x"), `500 ${fault("x", "invalid syntax")}`);
    assert.equal(await read("events", "x"), `400 invalid resource version: ${fault("x", "invalid syntax")}`);
    const large = "99999999999999999999";
    assert.equal(await read("configmaps", large), `500 ${fault(large, "value out of range")}`);
  }));

test("the server's own Service leads to where it listens", async () => {
  const port = await freePort();
  await withServer(
    async ({ call }) => {
      const { body } = await call("/api/v1/namespaces/default/services/kubernetes");
      assert.deepEqual(body.spec.ports[0].targetPort, port);
    },
    { port, controllers: ["kubernetes-service"] },
  );
});

test("tables carry kubectl's columns", () =>
  withServer(async ({ call }) => {
    await call(pods, { body: pod("a") });
    const { body } = await call(pods, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" });
    assert.equal(body.kind, "Table");
    assert.deepEqual(
      body.columnDefinitions.slice(0, 5).map((each: { name: string }) => each.name),
      ["Name", "Ready", "Status", "Restarts", "Age"],
    );
    assert.deepEqual(body.rows[0].cells.slice(0, 4), ["a", "0/1", "Pending", "0"]);
  }));

test("dry runs store nothing, and warnings come as headers", () =>
  withServer(async ({ call }) => {
    const answer = await call(`${pods}?dryRun=All&fieldValidation=Warn`, { body: pod("a", { foo: 1 }) });
    assert.equal(answer.code, 201);
    assert.match(String(answer.headers["warning"]), /299 - "unknown field \\"spec.foo\\""/);
    assert.equal((await call(`${pods}/a`)).code, 404);
  }));

test("watches begin with what is there, end their list with a bookmark, and follow", () =>
  withServer(async (bed) => {
    await bed.call(maps, { body: configMap("a") });
    const query =
      "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=2&fieldSelector=metadata.name%3Da";
    const begun = Promise.withResolvers<void>();
    const watching = bed.call(`${maps}?${query}`, { onHead: begun.resolve });
    await Promise.race([begun.promise, watching]);
    await bed.call(`${maps}/a`, { method: "DELETE" });
    const events = String((await watching).body)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; object: { metadata: { annotations?: object } } });
    assert.deepEqual(
      events.map(({ type }) => type),
      ["ADDED", "BOOKMARK", "DELETED"],
    );
    assert.deepEqual(events[1]?.object.metadata.annotations, { "k8s.io/initial-events-end": "true" });
  }));

test("a deleted namespace takes its content along", (t) =>
  withServer(async (bed) => {
    await bed.call("/api/v1/namespaces", { body: { apiVersion: "v1", kind: "Namespace", metadata: { name: "gone" } } });
    await bed.call("/api/v1/namespaces/gone/configmaps", { body: configMap("a") });
    const deleted = await bed.call("/api/v1/namespaces/gone", { method: "DELETE" });
    assert.equal(deleted.body.status.phase, "Terminating");
    const isGone = async () => assert.equal((await bed.call("/api/v1/namespaces/gone")).code, 404);
    await t.waitFor(isGone, { timeout: 30_000 });
    assert.equal((await bed.call("/api/v1/namespaces/gone/configmaps/a")).code, 404);
  }));

test("discovery, health and version", () =>
  withServer(async ({ call }) => {
    assert.equal((await call("/readyz", { anonymous: true })).body, "ok");
    assert.equal((await call("/version", { anonymous: true })).body.major, "1");
    assert.ok((await call("/apis")).body.groups.length > 15);
    const aggregated = await call("/api", {
      accept: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
    });
    assert.equal(aggregated.body.kind, "APIGroupDiscoveryList");
    assert.ok((await call("/openapi/v3/api/v1")).body.components.schemas["io.k8s.api.core.v1.Pod"]);
  }));

test("RBAC: a user sees what a RoleBinding grants, and no more", () =>
  withServer(
    async ({ call }) => {
      const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
      const headers = { authorization: "Bearer secret-of-jane" };
      await call(`${rbac}/roles`, {
        body: {
          metadata: { name: "reader" },
          rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list"] }],
        },
      });
      await call(`${rbac}/rolebindings`, {
        body: {
          metadata: { name: "jane" },
          roleRef: { kind: "Role", name: "reader", apiGroup: "rbac.authorization.k8s.io" },
          subjects: [{ kind: "User", name: "jane" }],
        },
      });
      assert.equal((await call(maps, { anonymous: true, headers })).code, 200);
      assert.equal((await call(maps, { anonymous: true, headers, body: configMap("a") })).code, 403);
      assert.equal((await call("/api/v1/namespaces/kube-system/configmaps", { anonymous: true, headers })).code, 403);
      const review = { spec: { resourceAttributes: { namespace: "default", verb: "list", resource: "configmaps" } } };
      const answer = await call("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
        anonymous: true,
        headers,
        body: review,
      });
      assert.equal(answer.body.status.allowed, true);
    },
    { authentication: { tokens: [{ token: "secret-of-jane", user: { username: "jane", groups: [] } }] } },
  ));

test("a pod that is replaced without its priority keeps what creation has set", () =>
  withServer(async ({ call }) => {
    const spec = {
      automountServiceAccountToken: false,
      serviceAccountName: "default",
      containers: [{ name: "c", image: "i" }],
    };
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec };
    const pods = "/api/v1/namespaces/default/pods";
    assert.equal((await call(pods, { body: pod })).body.spec.priority, 0);
    const tolerations = [
      { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
      { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
    ];
    const replaced = await call(`${pods}/p`, { method: "PUT", body: { ...pod, spec: { ...spec, tolerations } } });
    assert.equal(replaced.code, 200, replaced.body.message);
    assert.deepEqual([replaced.body.spec.priority, replaced.body.spec.preemptionPolicy], [0, "PreemptLowerPriority"]);
  }));
