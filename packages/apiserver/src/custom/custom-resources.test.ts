import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bed, withServer } from "../server.fixture.ts";

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const widgets = "/apis/example.com/v1/namespaces/default/widgets";

type Fields = { readonly [field: string]: unknown };

function definition(spec: Fields, version: Fields = {}, names: Fields = {}, plural = "widgets"): Fields {
  const schema = {
    openAPIV3Schema: {
      type: "object",
      properties: { spec, status: { type: "object", properties: { n: { type: "integer" } } } },
    },
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural, kind: "Widget", ...names },
      versions: [{ name: "v1", served: true, storage: true, schema, ...version }],
    },
  };
}

/** Waits until a path is served; a definition is established within a second. */
async function served({ call }: Bed, path: string, code = 200): Promise<void> {
  const deadline = Date.now() + 1000;
  while ((await call(path)).code !== code) {
    assert.ok(Date.now() < deadline, `${path} does not answer ${code} within a second`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function withWidgets(spec: Fields, version: Fields, run: (bed: Bed) => Promise<void>): Promise<void> {
  return withServer(async (bed) => {
    assert.equal((await bed.call(definitions, { body: definition(spec, version) })).code, 201);
    await served(bed, widgets);
    await run(bed);
  });
}

const widget = (spec: unknown, name = "w") => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name },
  spec,
});

const specSchema = {
  type: "object",
  required: ["name"],
  properties: {
    name: { type: "string", minLength: 1, maxLength: 5, pattern: "^[a-z]+$" },
    size: { type: "integer", minimum: 1, default: 3 },
    color: { type: "string", enum: ["red", "green"] },
    tags: { type: "array", items: { type: "string" }, maxItems: 2, "x-kubernetes-list-type": "set" },
    ports: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["port"],
      items: { type: "object", required: ["port"], properties: { port: { type: "integer" } } },
    },
    free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    either: { "x-kubernetes-int-or-string": true },
    may: { type: "string", nullable: true },
    range: {
      type: "object",
      properties: { min: { type: "integer" }, max: { type: "integer" } },
      "x-kubernetes-validations": [
        { rule: "self.min <= self.max", message: "min over max", reason: "FieldValueForbidden", fieldPath: ".min" },
        { rule: "self.min >= oldSelf.min", messageExpression: "'fell ' + (self.min > 0 ? 'some' : 'low')" },
      ],
    },
  },
};

const notChecked =
  "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";

const refused: readonly (readonly [spec: unknown, message: string])[] = [
  [{ name: "a", size: 0 }, "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1"],
  [{ name: "A" }, "spec.name: Invalid value: \"A\": spec.name in body should match '^[a-z]+$'"],
  [{ name: "" }, 'spec.name: Invalid value: "": spec.name in body should be at least 1 chars long'],
  [{ name: "abcdef" }, `[spec.name: Too long: may not be more than 5 bytes, ${notChecked}]`],
  [{}, `[spec.name: Required value, ${notChecked}]`],
  [
    { name: "a", color: "blue" },
    `[spec.color: Unsupported value: "blue": supported values: "red", "green", ${notChecked}]`,
  ],
  [{ name: "a", tags: ["x", "x"] }, 'spec.tags[1]: Duplicate value: "x"'],
  [{ name: "a", tags: ["x", "y", "z"] }, `[spec.tags: Too many: 3: must have at most 2 items, ${notChecked}]`],
  [{ name: "a", ports: [{ port: 1 }, { port: 1 }] }, 'spec.ports[1]: Duplicate value: {"port":1}'],
  [
    { name: 1 },
    `[spec.name: Invalid value: "integer": spec.name in body must be of type string: "integer", ${notChecked}]`,
  ],
  [
    { name: "a", either: true },
    `[spec.either: Invalid value: "boolean": spec.either in body must be of type integer,string: "boolean", ${notChecked}]`,
  ],
  [{ name: "a", range: { min: 5, max: 2 } }, "spec.range.min: Forbidden: min over max"],
];

test("custom objects are held against their schema, with kube-apiserver's words", () =>
  withWidgets(specSchema, {}, async ({ call }) => {
    for (const [spec, message] of refused) {
      const { code, body } = await call(widgets, { body: widget(spec) });
      assert.deepEqual([code, body.message], [422, `Widget.example.com "w" is invalid: ${message}`]);
    }
  }));

test("unknown fields are dropped, absent ones take defaults, nulls stay where they may", () =>
  withWidgets(specSchema, {}, async ({ call }) => {
    const spec = { name: "a", other: 1, free: { x: 1 }, may: null, size: null };
    const { body, headers } = await call(widgets, { body: widget(spec) });
    assert.deepEqual(body.spec, { name: "a", free: { x: 1 }, may: null, size: 3 });
    assert.match(String(headers["warning"]), /unknown field \\"spec\.other\\"/);
    const strict = await call(`${widgets}?fieldValidation=Strict`, { body: widget(spec, "x") });
    assert.match(strict.body.message, /strict decoding error: unknown field "spec\.other"$/);
  }));

test("what is applied is not read again: nulls stay, and are refused where none may stand and no default comes", () =>
  withWidgets(specSchema, {}, async ({ call }) => {
    const apply = (spec: unknown) => {
      const type = "application/apply-patch+yaml";
      return call(`${widgets}/w?fieldManager=m`, { method: "PATCH", type, body: widget(spec) });
    };
    const { code, body } = await apply({ name: "a", color: null });
    assert.equal(code, 422, JSON.stringify(body));
    assert.match(
      body.message,
      /spec\.color: Invalid value: "null": spec\.color in body must be of type string: "null"/,
    );
    assert.deepEqual((await apply({ name: "a", size: null, may: null })).body.spec, { name: "a", size: 3, may: null });
  }));

test("rules over transitions see the old value, and what is unchanged stays", () =>
  withWidgets(specSchema, {}, async ({ call }) => {
    await call(widgets, { body: widget({ name: "a", range: { min: 3, max: 5 } }) });
    const patch = (body: unknown) =>
      call(`${widgets}/w`, { method: "PATCH", body, type: "application/merge-patch+json" });
    assert.match((await patch({ spec: { range: { min: 0 } } })).body.message, /spec\.range: Invalid value: fell low$/);
    assert.equal((await patch({ spec: { range: { min: 4 } } })).code, 200);
    const changed = definition({
      ...specSchema,
      properties: { ...specSchema.properties, name: { type: "string", minLength: 3 } },
    });
    const current = (await call(`${definitions}/widgets.example.com`)).body;
    await call(`${definitions}/widgets.example.com`, { method: "PUT", body: { ...current, spec: changed["spec"] } });
    assert.equal((await patch({ spec: { size: 9 } })).code, 200);
    assert.equal((await patch({ spec: { name: "b" } })).code, 422);
  }));

test("status and scale are subresources; the generation counts what is wanted", () => {
  const scale = { specReplicasPath: ".spec.free.n", statusReplicasPath: ".status.n" };
  return withWidgets(specSchema, { subresources: { status: {}, scale } }, async ({ call }) => {
    const made = await call(widgets, { body: { ...widget({ name: "a", free: { n: 2 } }), status: { n: 7 } } });
    assert.deepEqual([made.body.status, made.body.metadata.generation], [undefined, 1]);
    const patch = (path: string, body: unknown) =>
      call(`${widgets}/w${path}`, { method: "PATCH", body, type: "application/merge-patch+json" });
    const status = await patch("/status", { status: { n: 1 }, spec: { size: 9 } });
    assert.deepEqual([status.body.status, status.body.spec.size, status.body.metadata.generation], [{ n: 1 }, 3, 1]);
    const scaled = await patch("/scale", { spec: { replicas: 5 } });
    assert.deepEqual([scaled.body.spec, scaled.body.status], [{ replicas: 5 }, { replicas: 1 }]);
    assert.equal((await call(`${widgets}/w`)).body.metadata.generation, 2);
  });
});

/** `METHOD PATH`, perhaps with a body, and `CODE MESSAGE` of the answer. */
const oddRequests: readonly (readonly [string, object | string | undefined, string])[] = [
  ["GET /w/status", undefined, '404 widgets.example.com "w" not found'],
  ["GET /w/scale/x", undefined, '404 widgets.example.com "w" not found'],
  [
    "POST ",
    { apiVersion: "example.com/v1", metadata: { name: "x" } },
    '400 the object provided is unrecognized (must be of type Widget): Object \'Kind\' is missing in \'{"apiVersion":"example.com/v1","metadata":{"name":"x"}}\' ({"apiVersion":"example.com/v1" ...)',
  ],
  [
    "POST ",
    { kind: "Widget", metadata: { name: "x" } },
    "400 the API version in the data () does not match the expected API version (example.com/v1)",
  ],
  [
    "POST ",
    { ...widget({}), metadata: 7 },
    '400 Widget in version "v1" cannot be handled as a Widget: json: cannot unmarshal number into Go value of type v1.ObjectMeta',
  ],
  ["PUT ", widget({}), "400 name must be provided"],
  ["POST /anything", widget({ name: "x" }, "other"), "201 "],
  ["OPTIONS ", undefined, '405  is not supported on resources of kind "widgets.example.com"'],
];

test("odd requests for custom objects are answered as kube-apiserver answers them", () =>
  withWidgets(specSchema, {}, async ({ call }) => {
    assert.equal((await call(widgets, { body: widget({ name: "a" }) })).code, 201);
    for (const [request, body, expected] of oddRequests) {
      const [method = "", path = ""] = request.split(" ");
      const answer = await call(`${widgets}${path}`, { method, ...(body === undefined ? {} : { body }) });
      const { message = "" } = answer.body as { readonly message?: string };
      assert.equal(`${answer.code} ${message}`, expected, request);
    }
    assert.equal((await call("/apis/example.com/v1/widgets/w")).code, 404);
    assert.equal((await call("/apis/example.com/v1/widgets")).code, 200);
  }));

test("printer columns make the table", () => {
  const additionalPrinterColumns = [
    { name: "Size", type: "integer", jsonPath: ".spec.size" },
    { name: "First", type: "string", jsonPath: ".spec.ports[0]", priority: 1 },
    { name: "Named", type: "string", jsonPath: ".spec.free.items[?(@.name=='b')].value" },
  ];
  return withWidgets(specSchema, { additionalPrinterColumns }, async ({ call }) => {
    const free = {
      items: [
        { name: "a", value: "x" },
        { name: "b", value: "y" },
      ],
    };
    await call(widgets, { body: widget({ name: "a", ports: [{ port: 1 }], free }) });
    const { body } = await call(widgets, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" });
    assert.deepEqual(body.rows[0].cells, ["w", 3, '{"port":1}', "y"]);
    assert.deepEqual(
      body.columnDefinitions.map((each: { name: string }) => each.name),
      ["Name", "Size", "First", "Named"],
    );
  });
});

test("versions differ in apiVersion; a deprecated one warns, an unserved one is not there", () =>
  withServer(async (bed) => {
    const body = definition({ type: "object", "x-kubernetes-preserve-unknown-fields": true }) as {
      spec: { versions: Fields[] };
    };
    const [first] = body.spec.versions;
    body.spec.versions.push(
      { ...first, name: "v1beta1", storage: false, deprecated: true },
      { ...first, name: "v2", storage: false, served: false },
    );
    await bed.call(definitions, { body });
    await served(bed, widgets);
    await bed.call(widgets, { body: widget({}) });
    const old = await bed.call("/apis/example.com/v1beta1/namespaces/default/widgets/w");
    assert.equal(old.body.apiVersion, "example.com/v1beta1");
    assert.match(
      String(old.headers["warning"]),
      /example.com\/v1beta1 Widget is deprecated; use example.com\/v1 Widget/,
    );
    assert.equal((await bed.call("/apis/example.com/v2/namespaces/default/widgets")).code, 404);
    const group = await bed.call("/apis/example.com");
    assert.deepEqual(
      group.body.versions.map((each: { version: string }) => each.version),
      ["v1", "v1beta1"],
    );
  }));

test("a definition that is deleted takes its objects along, those with finalizers when they are free", () =>
  withWidgets(specSchema, {}, async (bed) => {
    const { call } = bed;
    await call(widgets, { body: widget({ name: "a" }) });
    await call(widgets, {
      body: { ...widget({ name: "a" }), metadata: { name: "held", finalizers: ["example.com/f"] } },
    });
    const deleted = await call(`${definitions}/widgets.example.com`, { method: "DELETE" });
    assert.deepEqual(deleted.body.metadata.finalizers, ["customresourcecleanup.apiextensions.k8s.io"]);
    await served(bed, `${widgets}/w`, 404);
    assert.equal((await call(widgets, { body: widget({ name: "a" }, "new") })).code, 403);
    await call(`${widgets}/held`, {
      method: "PATCH",
      body: { metadata: { finalizers: null } },
      type: "application/merge-patch+json",
    });
    await served(bed, `${definitions}/widgets.example.com`, 404);
    assert.equal((await call(widgets)).code, 404);
  }));

test("a definition whose names are another's is not established until they are free", () =>
  withWidgets(specSchema, {}, async (bed) => {
    await bed.call(definitions, { body: definition(specSchema, {}, { singular: "gadget" }, "gadgets") });
    const gadgets = `${definitions}/gadgets.example.com`;
    const conditions = async () => {
      const { body } = await bed.call(gadgets);
      return body.status.conditions?.map((each: Fields) => `${each["type"]}=${each["status"]} ${each["reason"]}`);
    };
    while ((await conditions()) === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(await conditions(), ["NamesAccepted=False ListKindConflict", "Established=False NotAccepted"]);
    assert.equal((await bed.call("/apis/example.com/v1/gadgets")).code, 404);
    await bed.call(`${definitions}/widgets.example.com`, { method: "DELETE" });
    await served(bed, "/apis/example.com/v1/gadgets");
  }));

test("definitions themselves are validated", () =>
  withServer(async ({ call }) => {
    const refuse = async (body: Fields) => (await call(definitions, { body })).body.message as string;
    assert.match(
      await refuse(definition({ type: "object" }, {}, { plural: "other" })),
      /metadata\.name: Invalid value: "widgets\.example\.com": must be spec\.names\.plural\+"\."\+spec\.group/,
    );
    assert.match(
      await refuse(definition({ type: "object" }, { storage: false })),
      /must have exactly one version marked as storage version/,
    );
    assert.match(
      await refuse(definition({ properties: {} })),
      /openAPIV3Schema\.properties\[spec\]\.type: Required value: must not be empty for specified object fields/,
    );
    assert.match(
      await refuse(definition({ type: "integer", default: "x" })),
      /validation\.openAPIV3Schema\.properties\[spec\]\.default: Invalid value: "string"/,
    );
    assert.match(
      await refuse(definition({ type: "array", "x-kubernetes-list-type": "map", items: { type: "object" } })),
      /x-kubernetes-list-map-keys: Required value: must not be empty/,
    );
    const ruled = (rule: Fields, more: Fields = {}) =>
      refuse(definition({ type: "array", items: { type: "string" }, ...more, "x-kubernetes-validations": [rule] }));
    assert.match(
      await ruled({ rule: "self.b > 1" }),
      /x-kubernetes-validations\[0\]\.rule: Invalid value: .*compilation failed/,
    );
    assert.match(await ruled({ rule: "self.size()" }), /cel expression must evaluate to a bool/);
    assert.match(
      await ruled({ rule: "self.all(x, self.all(y, x == y))" }),
      /estimated rule cost exceeds budget by factor of/,
    );
    assert.equal(
      await ruled(
        { rule: "self.all(x, self.all(y, x == y))" },
        { maxItems: 5, items: { type: "string", maxLength: 9 } },
      ),
      undefined,
    );
    const none = { ...definition({}), spec: {} };
    assert.match(await refuse(none), /spec\.versions: Invalid value: null: must have exactly one version/);
  }));
