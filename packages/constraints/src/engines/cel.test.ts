import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { Framework } from "../framework.ts";
import { reviewOfObject } from "../review.ts";
import { celEngine } from "./cel.ts";

const template = {
  apiVersion: "templates.gatekeeper.sh/v1",
  kind: "ConstraintTemplate",
  metadata: { name: "k8simages" },
  spec: {
    crd: {
      spec: {
        names: { kind: "K8sImages" },
        validation: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              exempt: { type: "array", items: { type: "string" } },
              most: { type: "integer" },
              words: { type: "array", items: { type: "string" } },
              twice: { type: "boolean" },
            },
          },
        },
      },
    },
    targets: [
      {
        target: "admission.k8s.gatekeeper.sh",
        code: [
          {
            engine: "K8sNativeValidation",
            source: {
              variables: [
                { name: "images", expression: "variables.anyObject.spec.containers.map(c, c.image)" },
                { name: "exempt", expression: "has(variables.params.exempt) ? variables.params.exempt : []" },
                { name: "left", expression: "variables.images.filter(image, !(image in variables.exempt))" },
                { name: "most", expression: "has(variables.params.most) ? variables.params.most : 3" },
                {
                  name: "costly",
                  expression:
                    "!has(variables.params.words) ? 0 : variables.params.words.filter(a, variables.params.words.exists(b, a + b == '')).size()",
                },
                {
                  name: "asCostly",
                  expression:
                    "!has(variables.params.twice) ? 0 : variables.params.words.filter(a, variables.params.words.exists(b, a + b == '')).size()",
                },
              ],
              validations: [
                {
                  expression: "variables.left.size() <= variables.most",
                  messageExpression: "'too many: ' + variables.left.join(', ')",
                },
                {
                  expression: "variables.left.all(image, image.startsWith('safe/'))",
                  messageExpression:
                    "'unsafe: ' + variables.left.filter(image, !image.startsWith('safe/')).join(', ') + string(variables.costly)",
                },
                { expression: "variables.asCostly == 0" },
              ],
            },
          },
        ],
      },
    ],
  },
} as unknown as KubeObject;

function constraint(name: string, parameters: object): KubeObject {
  return {
    apiVersion: "constraints.gatekeeper.sh/v1beta1",
    kind: "K8sImages",
    metadata: { name },
    spec: { parameters },
  } as unknown as KubeObject;
}

function pod(...images: readonly string[]): KubeObject {
  const containers = images.map((image, i) => ({ name: `c${i}`, image }));
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: { containers } } as unknown as KubeObject;
}

/** `name: message` of each violation. */
function violations(constraints: readonly KubeObject[], object: KubeObject): readonly string[] {
  const framework = new Framework({ engines: [celEngine()] });
  framework.addTemplate(template);
  for (const each of constraints) framework.addConstraint(each);
  const results = framework.review(reviewOfObject(object, { source: "Original" }), "gator.gatekeeper.sh");
  return results.map(({ constraint: { name }, msg }) => `${name}: ${msg}`);
}

function words(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `word ${i}`);
}

const constraints = [
  {},
  { exempt: ["other/x"] },
  { exempt: ["other/y"] },
  { exempt: ["evil/a"] },
  { exempt: ["other/z"], most: 1 },
  { exempt: ["evil/a", "safe/b"], most: 0 },
  { exempt: ["evil/a", "other/z"], most: 0 },
  // What the message of a validation costs refuses, also where the validation holds.
  { exempt: ["evil/a"], words: words(400) },
  { exempt: ["other/w"] },
  // Twice what one expression may cost at the most is more than there is; what is read is the same as before.
  { exempt: ["evil/a"], words: words(300), twice: true },
  { exempt: ["evil/a"], words: words(300) },
  { exempt: ["evil/a", "other/v"] },
].map((parameters, i) => constraint(`c${i}`, parameters));

/** Of each of three validations. */
function noneOf(name: string): readonly string[] {
  const told = "validation failed due to running out of cost budget, no further validation rules will be run";
  return Array.from({ length: 3 }, () => `${name}: failed messageExpression: ${told}`);
}

const cases: readonly (readonly [images: readonly string[], told: readonly string[]])[] = [
  [
    ["evil/a", "safe/b"],
    [
      ...["c0", "c1", "c2"].map((name) => `${name}: unsafe: evil/a0`),
      "c4: too many: evil/a, safe/b",
      "c4: unsafe: evil/a0",
      "c6: too many: safe/b",
      ...noneOf("c7"),
      "c8: unsafe: evil/a0",
      ...noneOf("c9"),
    ],
  ],
  [["safe/b"], ["c6: too many: safe/b", ...noneOf("c7"), ...noneOf("c9")]],
];

for (const [images, told] of cases)
  test(`constraints that are asked one after the other: images ${images.join(", ")}`, () => {
    assert.deepEqual(violations(constraints, pod(...images)), told);
    // As if each were the only one.
    const alone = constraints.flatMap((each) => violations([each], pod(...images)));
    assert.deepEqual(alone, told);
  });
