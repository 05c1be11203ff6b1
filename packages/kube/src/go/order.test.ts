import assert from "node:assert/strict";
import { test } from "node:test";
import { inWrittenOrder } from "./order.ts";

const meta = "meta.k8s.io/v1";
const schema = "apiextensions.k8s.io/v1";

/** What is given, and what kube-apiserver writes. */
const cases: readonly (readonly [string, object, string])[] = [
  [
    "metadata, lists and maps of a struct",
    {
      spec: {
        containers: [{ image: "i", name: "a", resources: { limits: { memory: "1", cpu: "2" } } }],
        hostname: "h",
      },
      metadata: { resourceVersion: "7", labels: { b: "1", a: "2" }, generation: 1, uid: "u", name: "p" },
      apiVersion: "v1",
      kind: "Pod",
    },
    '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"p","uid":"u","resourceVersion":"7","generation":1,"labels":{"a":"2","b":"1"}},"spec":{"containers":[{"name":"a","image":"i","resources":{"limits":{"cpu":"2","memory":"1"}}}],"hostname":"h"}}',
  ],
  [
    "items of a list",
    { kind: "SecretList", apiVersion: "v1", items: [{ type: "t", data: {}, metadata: {} }], metadata: {} },
    '{"kind":"SecretList","apiVersion":"v1","metadata":{},"items":[{"metadata":{},"data":{},"type":"t"}]}',
  ],
  [
    "schemas within schemas, and what is none",
    {
      kind: "CustomResourceDefinition",
      apiVersion: schema,
      metadata: { name: "c" },
      spec: {
        versions: [
          {
            schema: {
              openAPIV3Schema: {
                properties: { b: { items: { type: "string", format: "f", description: "d" }, type: "array" }, a: {} },
                additionalProperties: false,
                type: "object",
                default: { z: 1, y: 2 },
              },
            },
            name: "v1",
          },
        ],
      },
    },
    '{"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1","metadata":{"name":"c"},"spec":{"versions":[{"name":"v1","schema":{"openAPIV3Schema":{"type":"object","default":{"z":1,"y":2},"properties":{"a":{},"b":{"type":"array","items":{"description":"d","type":"string","format":"f"}}},"additionalProperties":false}}}]}}',
  ],
  [
    "custom objects are maps",
    { kind: "W", apiVersion: "e.com/v1", metadata: { name: "w", labels: {} }, data: [{ d: 1, c: 2 }] },
    '{"apiVersion":"e.com/v1","data":[{"c":2,"d":1}],"kind":"W","metadata":{"labels":{},"name":"w"}}',
  ],
  [
    "rows of tables, and what OpenAPI does not know",
    {
      apiVersion: meta,
      kind: "Table",
      rows: [
        { object: { metadata: { uid: "u", name: "n" }, apiVersion: meta, kind: "PartialObjectMetadata" }, cells: [] },
      ],
      columnDefinitions: [],
      metadata: {},
    },
    '{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{},"columnDefinitions":[],"rows":[{"cells":[],"object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"n","uid":"u"}}}]}',
  ],
  [
    "fields that a type does not have come last",
    { x: 1, kind: "Status", apiVersion: "v1", status: "s" },
    '{"kind":"Status","apiVersion":"v1","status":"s","x":1}',
  ],
  ["no object of an API", { paths: ["b"], a: 1 }, '{"paths":["b"],"a":1}'],
];

for (const [name, given, wanted] of cases)
  test(`kube-apiserver's order of fields: ${name}`, () => {
    const ordered = inWrittenOrder(given);
    assert.equal(JSON.stringify(ordered), wanted);
    assert.deepEqual(ordered, given);
  });

test("what is in order stays the object that it is", () => {
  const pod = {
    kind: "Pod",
    apiVersion: "v1",
    metadata: { name: "p", labels: { a: "1", b: "2" } },
    spec: { containers: [] },
  };
  assert.equal(inWrittenOrder(pod), pod);
});
