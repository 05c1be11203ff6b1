import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, type Bed, withServer } from "../../server.fixture.ts";

const sets = "/apis/apps/v1/namespaces/default/replicasets";

const types: { readonly [name: string]: string } = {
  apply: "application/apply-patch+yaml",
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
};

/** Runs with a ReplicaSet of two, which `maker` has made. */
function withSet(run: (bed: Bed) => Promise<void>): Promise<void> {
  return withServer(async (bed) => {
    const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "a", image: "b" }] } };
    const spec = { replicas: 2, selector: { matchLabels: { a: "b" } }, template };
    assert.equal((await bed.call(`${sets}?fieldManager=maker`, { body: { metadata: { name: "r" }, spec } })).code, 201);
    await run(bed);
  });
}

/** `put BODY` or `PATCHTYPE BODY`, of the Scale, with a query. */
function ask({ call }: Bed, how: string, query: string, body: unknown): Promise<Answer> {
  const path = `${sets}/r/scale?${query}`;
  if (how === "put") return call(path, { method: "PUT", body });
  const configuration = { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "r" } };
  const sent = how === "apply" ? { ...configuration, ...(body as object) } : body;
  return call(path, { method: "PATCH", type: types[how] as string, body: sent });
}

/** `manager operation subresource` of those who manage the replicas. */
async function ownersOf({ call }: Bed): Promise<readonly string[]> {
  const { body } = await call(`${sets}/r`);
  return body.metadata.managedFields
    .filter(({ fieldsV1 }: { fieldsV1: { "f:spec"?: object } }) => "f:replicas" in (fieldsV1["f:spec"] ?? {}))
    .map(({ manager, operation, subresource }: { [field: string]: string }) =>
      [manager, operation, subresource].filter(Boolean).join(" "),
    );
}

const named = { metadata: { name: "r" } };

const managed: readonly (readonly [how: string, query: string, body: object, readonly string[]])[] = [
  ["put", "fieldManager=a", { ...named, spec: { replicas: 3 } }, ["a Update scale"]],
  ["merge", "fieldManager=a", { spec: { replicas: 2 } }, ["maker Update"]],
  ["merge", "fieldManager=a", { spec: { replicas: 0 } }, []],
  ["apply", "fieldManager=a&force=true", { spec: { replicas: 3 } }, ["a Apply scale"]],
  ["apply", "fieldManager=a", { spec: { replicas: 2 } }, ["a Apply scale", "maker Update"]],
];

for (const [how, query, body, owners] of managed)
  test(`${how} ${JSON.stringify(body)} of a scale of 2 leaves the replicas to ${owners.join(" and ") || "nobody"}`, () =>
    withSet(async (bed) => {
      assert.equal((await ask(bed, how, query, body)).code, 200);
      assert.deepEqual(await ownersOf(bed), owners);
    }));

test("who applied replicas and no longer does leaves none", () =>
  withSet(async (bed) => {
    await ask(bed, "apply", "fieldManager=a&force=true", { spec: { replicas: 3 } });
    const { code, body } = await ask(bed, "apply", "fieldManager=a", { spec: {} });
    assert.deepEqual([code, body.spec], [200, {}]);
    assert.equal((await bed.call(`${sets}/r`)).body.spec.replicas, 0);
  }));

const refused: readonly (readonly [how: string, body: unknown, code: number, message: RegExp])[] = [
  ["put", { ...named, spec: { replicas: -1 } }, 422, /^Scale.autoscaling "r" is invalid: spec.replicas: /],
  ["put", { ...named, metadata: { name: "other" } }, 400, /\(other\) does not match the name on the URL \(r\)$/],
  ["put", { metadata: { name: "r", namespace: "other" } }, 400, /^the namespace of the provided object does not match/],
  ["put", { spec: { replicas: 1 } }, 400, /^the name of the object \(r based on URL\) was undeterminable/],
  [
    "put",
    { metadata: { name: "r", uid: "x" }, spec: { replicas: -1 } },
    409,
    /Precondition failed: UID in precondition/,
  ],
  [
    "put",
    { apiVersion: "extensions/v1beta1", kind: "Scale", ...named },
    400,
    /^the API version in the data \(extensions\/v1beta1\) does not match the expected API version \(autoscaling\/v1\)$/,
  ],
  [
    "put",
    { apiVersion: "extensions/v1beta1", kind: "Scale", ...named, status: { selector: "a=b" } },
    400,
    /cannot unmarshal string into Go struct field ScaleStatus.status.selector of type map\[string\]string$/,
  ],
  [
    "merge",
    { metadata: { uid: "x" } },
    409,
    /^Operation cannot be fulfilled on replicasets\/scale.apps "r": Precondition/,
  ],
  ["merge", { metadata: { resourceVersion: "1" } }, 409, /the object has been modified/],
  ["merge", { apiVersion: "extensions/v1beta1" }, 422, /status.selector of type map\[string\]string$/],
  ["merge", { metadata: { name: null } }, 400, /was undeterminable: name must be provided$/],
  ["json", [{ op: "remove", path: "/apiVersion" }], 400, /was undeterminable: name must be provided$/],
  ["strategic", { spec: { replicas: "x" } }, 422, /"map\[spec:map\[replicas:x\]\]": unrecognized type: int32$/],
  ["strategic", { spec: 7 }, 422, /"map\[spec:7\]": cannot restore struct from: int64$/],
  ["strategic", { spec: { $patch: "odd" } }, 500, /^unknown patch type: odd in map: map\[\$patch:odd\]$/],
  [
    "apply",
    { spec: { replicas: 5 } },
    409,
    /^Apply failed with 1 conflict: conflict with "maker" using autoscaling\/v1: /,
  ],
  ["apply", { kind: "Odd" }, 400, /^invalid object type: autoscaling\/v1, Kind=Odd$/],
  ["apply", { spec: { odd: 1 } }, 500, /\.spec\.odd: field not declared in schema$/],
];

test("a Scale that is none is refused in kube-apiserver's words, and nothing is scaled", () =>
  withSet(async (bed) => {
    for (const [how, body, code, message] of refused) {
      const answer = await ask(bed, how, "fieldManager=a", body);
      assert.equal(answer.code, code, `${how} ${JSON.stringify(body)}`);
      assert.match(answer.body.message, message);
    }
    assert.equal((await bed.call(`${sets}/r`)).body.spec.replicas, 2);
  }));

test("a strategic patch may say that what there is is replaced", () =>
  withSet(async (bed) => {
    const { body } = await ask(bed, "strategic", "", { spec: { $patch: "replace", replicas: 4 } });
    assert.deepEqual(body.spec, { replicas: 4 });
  }));

test("an applied Scale is answered in the form that is asked for", () =>
  withSet(async ({ call }) => {
    const { body } = await call(`${sets}/r/scale?fieldManager=a&force=true`, {
      method: "PATCH",
      type: types["apply"] as string,
      accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
      body: { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "r" }, spec: { replicas: 3 } },
    });
    assert.deepEqual([body.kind, body.spec], ["PartialObjectMetadata", undefined]);
  }));
