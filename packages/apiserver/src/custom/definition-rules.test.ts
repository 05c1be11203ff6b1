import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { parse } from "yaml";
import { validateDefinitionRules } from "./definition-rules.ts";

const duration = `{type: string, x-kubernetes-validations: [{rule: "duration(self) >= duration('1ms')"}]}`;
const limits = "spec.validation.openAPIV3Schema";

// As kube-apiserver 1.37 answers the same schemas.
const cases: readonly (readonly [what: string, spec: string, refused: readonly string[]])[] = [
  [
    "a list with a limit within one without: as often as its shortest JSON fits into a request",
    `{type: object, properties: {l: {type: array, items: {type: object, properties: {p: {type: array, maxItems: 4096, items: {type: object, properties: {d: ${duration}}}}}}}}}`,
    [],
  ],
  [
    "the longer the shortest JSON, the fewer times",
    `{type: object, properties: {l: {type: array, items: {type: object, required: [name], properties: {name: {type: string}}, x-kubernetes-validations: [{rule: "self.name.size() < 5 && self.name.size() > 1"}]}}}}`,
    [],
  ],
  [
    "lists that all have limits: their product",
    `{type: object, properties: {l: {type: array, maxItems: 4096, items: {type: object, properties: {p: {type: array, maxItems: 4096, items: {type: object, properties: {d: ${duration}}}}}}}}}`,
    [
      `${limits}.properties[spec].properties[l].items.properties[p].items.properties[d].x-kubernetes-validations[0].rule`,
    ],
  ],
  [
    "elements of what one of two lists is: of no size",
    `{type: object, properties: {l: {type: array, maxItems: 256, items: {type: string, maxLength: 64}}}, x-kubernetes-validations: [{rule: "!(has(self.l) ? self.l : []).exists(k, k.contains('/'))"}]}`,
    [],
  ],
];

for (const [what, spec, refused] of cases)
  test(what, () => {
    const definition = parse(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: things, kind: Thing}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: ${spec}}}}}
`) as KubeObject;
    const fields = validateDefinitionRules(definition, undefined).map(({ field }) => field);
    assert.deepEqual(
      [...new Set(fields)].filter((field) => field !== limits),
      refused,
    );
  });
