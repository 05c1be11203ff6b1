import { clusterWide, conflicts, discovery, versions } from "./custom-kinds.ts";
import { type Any, definition, definitionsPath, make, schema, served, Things, withDefinition } from "./definitions.ts";
import type { Scenario, WaitingStep } from "./run.ts";

const table = "application/json;as=Table;v=v1;g=meta.k8s.io";

function pruning(): Scenario {
  const things = new Things("pruning");
  const properties = [
    "spec: {type: object, properties: {size: {type: integer, default: 3}, name: {type: string, nullable: true, default: x}}}",
    "list: {type: array, items: {type: object, properties: {a: {type: string, default: y}}}}",
    "map: {type: object, additionalProperties: {type: object, properties: {a: {type: integer, default: 1}}}}",
    "open: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {known: {type: object, properties: {a: {type: string}}}}}",
    "any: {x-kubernetes-preserve-unknown-fields: true}",
    "either: {x-kubernetes-int-or-string: true}",
    "embedded: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}",
    "filled: {type: object, default: {}, properties: {b: {type: string, default: z}}}",
    "free: {type: object, additionalProperties: true}",
  ].join(", ");
  return withDefinition("pruning", definition("pruning", schema(properties)), [
    things.post("a", "spec: {size: 5, other: 1}, extra: {b: 1}"),
    things.post("b", "spec: {}"),
    things.post("c", "spec: {name: null, size: null}"),
    things.post("d", "list: [{}, {a: q, b: r}, {a: null}]"),
    things.post("e", "map: {x: {}, y: {a: 5, b: 6}}"),
    things.post("f", "open: {known: {a: b, c: d}, unknown: {e: f}}, any: {g: [1, {h: null}]}"),
    things.post("g", "either: 5"),
    things.post("h", "either: five"),
    things.post("i", "either: 5.5"),
    things.post("j", "either: true"),
    things.post("k", "embedded: {apiVersion: v1, kind: Pod, metadata: {name: a, odd: b}, spec: {x: y}}"),
    things.post("l", "embedded: {spec: {x: y}}"),
    things.post("m", "embedded: {apiVersion: v1, kind: Pod, metadata: {name: -UP, labels: {a: 5}}}"),
    things.post("n", "free: {a: 1, b: {c: null}}"),
    things.post("o", "spec: {size: 5, other: 1}, extra: {b: 1}", "?fieldValidation=Strict"),
    things.post("p", "spec: {size: 5, other: 1}, extra: {b: 1}", "?fieldValidation=Warn"),
    things.post("q", "spec: {size: 5, other: 1}, extra: {b: 1}", "?fieldValidation=Ignore"),
    things.post("r", "metadata: {odd: 1}, spec: {}", "?fieldValidation=Strict"),
    things.post("s", "embedded: {apiVersion: v1, kind: Pod, metadata: {odd: b}}", "?fieldValidation=Strict"),
    things.post("t", "metadata: {labels: {a: 1}}"),
    things.post("u", "spec: 5"),
    things.post("v", "spec: []"),
    things.post("v", "list: {}"),
    things.post("v", "map: 7"),
    things.post("w", "spec: null"),
    things.put("a", "spec: {size: 6}"),
    things.put("a", "extra: 1"),
    things.patch("a", "{spec: {other: 2, size: null}}"),
    things.patch("a", "[{op: add, path: /spec/other, value: 1}]", "", "application/json-patch+json"),
    things.patch("a", "{spec: {size: 9}}", "", "application/strategic-merge-patch+json"),
    things.list(""),
    things.get("a", "application/yaml"),
    things.get("a", "application/vnd.kubernetes.protobuf"),
    things.get("a", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"),
    { method: "DELETE", path: things.collection },
  ]);
}

/** What is told of values that a schema does not take. */
function values(): Scenario {
  const things = new Things("values");
  const properties = [
    "i: {type: integer, minimum: 1, maximum: 5, multipleOf: 2}",
    "e: {type: integer, exclusiveMinimum: true, minimum: 1, exclusiveMaximum: true, maximum: 5}",
    "n: {type: number, minimum: 0.5, format: double}",
    "w: {type: integer, format: int32}",
    "s: {type: string, minLength: 2, maxLength: 4, pattern: '^a+$'}",
    "u: {type: string, enum: [b, c]}",
    "b: {type: boolean}",
    "a: {type: array, minItems: 1, maxItems: 2, items: {type: string}}",
    "set: {type: array, x-kubernetes-list-type: set, items: {type: string}}",
    "map: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k, p], items: {type: object, required: [k], properties: {k: {type: string}, p: {type: integer, default: 1}, v: {type: string}}}}",
    "o: {type: object, minProperties: 1, maxProperties: 2, required: [x], properties: {x: {type: string}, y: {type: string}, z: {type: string}}}",
    "all: {type: object, properties: {a: {type: string}, b: {type: string}}, oneOf: [{required: [a]}, {required: [b]}]}",
    "not: {type: object, properties: {a: {type: string}}, not: {required: [a]}}",
    "anyOf: {type: string, anyOf: [{pattern: '^a'}, {pattern: '^b'}]}",
    "date: {type: string, format: date}",
    "time: {type: string, format: date-time}",
    "ip: {type: string, format: ipv4}",
    "mail: {type: string, format: email}",
    "uri: {type: string, format: uri}",
    "bytes: {type: string, format: byte}",
    "span: {type: string, format: duration}",
    "short: {type: string, format: k8s-short-name}",
  ].join(", ");
  const bodies = [
    "i: 0",
    "i: 7",
    "i: 3",
    "i: 1.5",
    "i: x",
    "i: 4",
    "e: 1",
    "e: 5",
    "n: 0.1",
    "n: 1",
    "n: x",
    "w: 3000000000",
    "s: a",
    "s: aaaaa",
    "s: ab",
    "s: bbbbb",
    "u: d",
    "u: b",
    "b: 'true'",
    "a: []",
    "a: [a, b, c]",
    "a: [1]",
    "a: x",
    "set: [a, b, a]",
    "map: [{k: a}, {k: a}]",
    "map: [{k: a}, {k: a, p: 2}]",
    "map: [{v: a}]",
    "o: {}",
    "o: {y: a}",
    "o: {x: a, y: b, z: c}",
    "all: {}",
    "all: {a: x, b: y}",
    "not: {a: x}",
    "anyOf: c",
    "date: x",
    "date: 2026-02-30",
    "time: x",
    "ip: 1.2.3",
    "mail: x",
    "uri: ' x'",
    "bytes: '*'",
    "span: x",
    "short: UP",
  ];
  return withDefinition(
    "values",
    definition("values", schema(properties)),
    bodies.map((each) => things.post("a", each, "?dryRun=All")),
  );
}

function rules(): Scenario {
  const things = new Things("rules");
  const properties = [
    "a: {type: integer, x-kubernetes-validations: [{rule: 'self < 10', message: a is too large}, {rule: 'self >= oldSelf', message: a may not shrink}]}",
    "b: {type: string, x-kubernetes-validations: [{rule: \"self != 'bad'\", messageExpression: \"'not ' + self\", reason: FieldValueForbidden}]}",
    "c: {type: object, properties: {d: {type: integer}}, x-kubernetes-validations: [{rule: 'has(self.d) && self.d > 0', fieldPath: .d, reason: FieldValueRequired}]}",
    "l: {type: array, maxItems: 5, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k], items: {type: object, required: [k], properties: {k: {type: string, maxLength: 5}, v: {type: integer}}, x-kubernetes-validations: [{rule: '!has(oldSelf.v) || self.v == oldSelf.v', message: v is fixed}]}}",
    "m: {type: object, additionalProperties: {type: string, maxLength: 5, x-kubernetes-validations: [{rule: \"self.startsWith('x')\"}]}, maxProperties: 5}",
    "o: {type: integer, x-kubernetes-validations: [{rule: 'oldSelf.hasValue() || self == 1', optionalOldSelf: true, message: begins with 1}]}",
    "e: {type: integer, x-kubernetes-validations: [{rule: '10 / self > 1'}]}",
    "f: {type: string, x-kubernetes-validations: [{rule: 'true', messageExpression: self}, {rule: \"self == 'ok'\", messageExpression: \"self + '\\\\n' + self\"}]}",
  ].join(", ");
  const root =
    "x-kubernetes-validations: [{rule: \"self.metadata.name != 'forbidden'\"}, {rule: 'has(self.a) == has(oldSelf.a)', message: a stays}]";
  return withDefinition("rules", definition("rules", schema(properties, root)), [
    things.post("a", "a: 5, b: good, c: {d: 1}, l: [{k: x, v: 1}], m: {y: xz}, o: 1"),
    things.post("forbidden", "a: 1"),
    things.post("b", "a: 11"),
    things.post("b", "b: bad"),
    things.post("b", "c: {}"),
    things.post("b", "m: {y: abc, z: xbc}"),
    things.post("b", "o: 2"),
    things.post("b", "e: 0"),
    things.post("b", "f: no"),
    things.put("a", "a: 4, b: good, c: {d: 1}, l: [{k: x, v: 1}], o: 1"),
    things.put("a", "b: good"),
    things.put("a", "a: 6, l: [{k: x, v: 2}, {k: y, v: 3}], o: 5"),
    things.put("a", "a: 6, l: [{k: z, v: 2}], o: 5"),
    things.patch("a", "{a: 7, b: bad}"),
    things.patch("a", "{a: 12}", "?dryRun=All"),
  ]);
}

/** What was let in before a schema became stricter stays, as long as it is not touched. */
function ratcheting(): Scenario {
  const things = new Things("ratchet");
  const loose =
    "a: {type: string}, b: {type: integer}, l: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k], items: {type: object, required: [k], properties: {k: {type: string}, v: {type: string}}}}, s: {type: array, items: {type: string}}";
  const strict =
    "a: {type: string, maxLength: 3, x-kubernetes-validations: [{rule: \"self.startsWith('x')\"}]}, b: {type: integer, maximum: 5}, l: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k], items: {type: object, required: [k], properties: {k: {type: string}, v: {type: string, maxLength: 1}}}}, s: {type: array, maxItems: 1, items: {type: string, enum: [q]}}";
  const body = definition("ratchet", schema(strict));
  return withDefinition("ratchet", definition("ratchet", schema(loose)), [
    things.post("a", "a: long, b: 9, l: [{k: a, v: long}, {k: b, v: long}], s: [p, r]"),
    {
      method: "PATCH",
      path: `${definitionsPath}/things.ratchet.example.com`,
      type: "application/merge-patch+json",
      body: { spec: { versions: body.spec.versions } },
    },
    { ...things.post("b", "b: 9", "?dryRun=All"), until: { code: 422 } },
    things.patch("a", "{metadata: {labels: {x: y}}}"),
    things.patch("a", "{b: 8}"),
    things.patch("a", "{a: longer}"),
    things.put("a", "a: long, b: 9, l: [{k: a, v: long}, {k: b, v: s}], s: [p, r]"),
    things.put("a", "a: long, b: 9, l: [{k: b, v: long}], s: [p, r]"),
    things.put("a", "a: long, b: 9, l: [{k: a, v: long}], s: [p]"),
    things.put("a", "a: xy, b: 2, l: [], s: [q]"),
  ]);
}

function selecting(): Scenario {
  const things = new Things("select");
  const version = `${schema(
    "spec: {type: object, properties: {color: {type: string}, size: {type: integer}, on: {type: boolean}}}",
  )}, selectableFields: [{jsonPath: .spec.color}, {jsonPath: .spec.size}, {jsonPath: .spec.on}]`;
  const by = (text: string) => things.list(`fieldSelector=${encodeURIComponent(text)}`);
  return withDefinition("select", definition("select", version), [
    things.post("a", "spec: {color: red, size: 1, on: true}"),
    things.post("b", "spec: {color: blue}"),
    by("spec.color=red"),
    by("spec.color!=red"),
    by("spec.size=1"),
    by("spec.size="),
    by("spec.on=true"),
    by("spec.other=1"),
    by("metadata.name=a,spec.color=red"),
    by("metadata.namespace=d"),
    { method: "DELETE", path: `${things.collection}?fieldSelector=spec.color%3Dblue` },
    things.list(""),
  ]);
}

function columns(): Scenario {
  const things = new Things("columns");
  const version = `${schema(
    "spec: {type: object, x-kubernetes-preserve-unknown-fields: true}",
  )}, additionalPrinterColumns: [${[
    "{name: Text, type: string, jsonPath: .spec.text, description: d}",
    "{name: Count, type: integer, jsonPath: .spec.count, format: int32}",
    "{name: Share, type: number, jsonPath: .spec.share}",
    "{name: On, type: boolean, jsonPath: .spec.on, priority: 1}",
    "{name: Since, type: date, jsonPath: .spec.since}",
    "{name: First, type: string, jsonPath: '.spec.list[0].a'}",
    "{name: All, type: string, jsonPath: '.spec.list[*].a'}",
    "{name: Deep, type: string, jsonPath: .spec.deep}",
    "{name: Some, type: string, jsonPath: \".spec.list[?(@.a=='y')].a\"}",
    "{name: Age, type: date, jsonPath: .metadata.creationTimestamp}",
  ].join(", ")}]`;
  return withDefinition("columns", definition("columns", version), [
    things.post(
      "a",
      "spec: {text: t, count: 5, share: 1.5, on: true, since: '2020-01-02T03:04:05Z', list: [{a: x}, {a: y}], deep: {b: [1, {c: null}]}}",
    ),
    things.post("b", "spec: {text: 7, count: x, share: y, on: 1, since: never, list: z}"),
    things.post("c", ""),
    things.list("", table),
    things.get("a", table),
    things.list("limit=1", table),
    things.list("includeObject=None", table),
    things.list("includeObject=Object", table),
    things.list("", "application/yaml;as=Table;v=v1;g=meta.k8s.io"),
  ]);
}

function noColumns(): Scenario {
  const things = new Things("nocolumns");
  return withDefinition("nocolumns", definition("nocolumns", schema("a: {type: string}")), [
    things.post("a", "a: b"),
    things.list("", table),
  ]);
}

function statusAndScale(): Scenario {
  const things = new Things("scaled");
  const version = `${schema(
    "spec: {type: object, properties: {replicas: {type: integer, minimum: 0}}}, status: {type: object, properties: {replicas: {type: integer}, selector: {type: string}, note: {type: string, maxLength: 3}}}",
  )}, subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas, labelSelectorPath: .status.selector}}`;
  const scale = (name: string, replicas: number, more: Any = {}): WaitingStep => ({
    method: "PUT",
    path: `${things.collection}/${name}/scale`,
    body: {
      apiVersion: "autoscaling/v1",
      kind: "Scale",
      metadata: { name, namespace: "d", ...more },
      spec: { replicas },
    },
  });
  return withDefinition("scaled", definition("scaled", version), [
    things.post("a", "spec: {replicas: 2}, status: {replicas: 9}"),
    things.put("a", "spec: {replicas: 3}, status: {replicas: 9}"),
    things.put("a", "spec: {replicas: 7}, status: {replicas: 1, selector: a=b}", "/status"),
    things.put("a", "metadata: {labels: {x: y}}, status: {note: long}", "/status"),
    things.patch("a", "{status: {note: ok}, spec: {replicas: 8}, metadata: {annotations: {p: q}}}", "/status"),
    { method: "GET", path: `${things.collection}/a/status` },
    { method: "GET", path: `${things.collection}/a/scale` },
    { method: "GET", path: `${things.collection}/a/scale`, accept: table },
    scale("a", 5),
    scale("a", -1),
    scale("a", 6, { resourceVersion: "1" }),
    scale("b", 6),
    things.patch("a", "{spec: {replicas: 4}}", "/scale"),
    things.patch("a", "{spec: {replicas: x}}", "/scale"),
    things.get("a"),
    things.post("b", ""),
    { method: "GET", path: `${things.collection}/b/scale` },
    scale("b", 6),
    things.get("b"),
    { method: "DELETE", path: `${things.collection}/a/status` },
    { method: "POST", path: `${things.collection}/a/status`, body: {} },
    things.patch("a", "{metadata: {generation: 9}, spec: {replicas: 4}}"),
  ]);
}

function deletion(): Scenario {
  const things = new Things("doomed");
  const path = `${definitionsPath}/things.doomed.example.com`;
  return {
    name: "doomed",
    steps: [
      make(definition("doomed", schema("a: {type: string}"))),
      ...served("doomed"),
      things.post("a", "metadata: {finalizers: [example.com/a]}"),
      things.post("b", ""),
      { method: "DELETE", path },
      { method: "GET", path, until: { at: "/status/conditions/2/reason", is: "InstanceDeletionInProgress" } },
      things.post("c", ""),
      { method: "GET", path: `${things.collection}/b`, until: { code: 404 } },
      things.list(""),
      things.patch("a", "{metadata: {finalizers: null}}"),
      { method: "GET", path, until: { code: 404 } },
      { ...things.list(""), until: { code: 404 } },
      { method: "GET", path: "/apis/doomed.example.com", until: { code: 404 } },
    ],
  };
}

function applying(): Scenario {
  const things = new Things("applied");
  const properties = [
    "spec: {type: object, properties: {a: {type: string}, b: {type: string}}}",
    "atomic: {type: object, x-kubernetes-map-type: atomic, properties: {a: {type: string}, b: {type: string}}}",
    "set: {type: array, x-kubernetes-list-type: set, items: {type: string}}",
    "map: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k], items: {type: object, required: [k], properties: {k: {type: string}, v: {type: string}, w: {type: string}}}}",
    "list: {type: array, items: {type: string}}",
    "free: {type: object, x-kubernetes-preserve-unknown-fields: true}",
  ].join(", ");
  return withDefinition("applied", definition("applied", schema(properties)), [
    things.apply(
      "a",
      "spec: {a: x}, atomic: {a: x}, set: [a], map: [{k: a, v: x}], list: [a], free: {p: {q: r}}",
      "fieldManager=one",
    ),
    things.apply(
      "a",
      "spec: {b: y}, set: [b], map: [{k: a, w: y}, {k: b, v: z}], free: {p: {s: t}}",
      "fieldManager=two",
    ),
    things.apply("a", "spec: {a: y}, map: [{k: a, v: y}]", "fieldManager=two"),
    things.apply("a", "atomic: {b: y}", "fieldManager=two"),
    things.apply("a", "list: [b]", "fieldManager=two"),
    things.apply("a", "spec: {a: y}, list: [b]", "fieldManager=two&force=true"),
    things.apply("a", "set: [c]", "fieldManager=one"),
    things.apply("a", "unknown: 1", "fieldManager=three"),
    things.apply("a", "unknown: 1", "fieldManager=three&fieldValidation=Strict"),
    things.apply("a", "set: [a, a]", "fieldManager=three"),
    things.apply("a", "map: [{v: x}]", "fieldManager=three"),
    things.apply("a", "map: [{k: a}, {k: a}]", "fieldManager=three"),
    things.apply("a", "spec: 5", "fieldManager=three"),
    things.patch("a", "{set: [a, b, z]}"),
    things.apply("a", "", "fieldManager=two"),
    things.get("a"),
    things.list("", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"),
  ]);
}

/** Custom resources of all kinds, and what both servers make of them. */
export const customObjects: readonly Scenario[] = [
  pruning(),
  values(),
  rules(),
  ratcheting(),
  selecting(),
  columns(),
  noColumns(),
  statusAndScale(),
  discovery(),
  conflicts(),
  versions(),
  deletion(),
  applying(),
  clusterWide(),
];
