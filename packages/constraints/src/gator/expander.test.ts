import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type KubeObject, parseYamlDocuments } from "@sallyport/kube";
import { Expander } from "./expander.ts";

function objectsOf(text: string): readonly KubeObject[] {
  return parseYamlDocuments(text).documents.map((document) => document.toJS() as KubeObject);
}

const podsOfDeployments = `
apiVersion: expansion.gatekeeper.sh/v1alpha1
kind: ExpansionTemplate
metadata: {name: exp}
spec:
  applyTo: [{groups: [apps], kinds: [Deployment], versions: [v1]}]
  templateSource: spec.template
  generatedGVK: {kind: Pod, version: v1, group: ""}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, namespace: default}
spec: {template: {spec: {nodeName: n, containers: [{name: a, image: i}]}}}
`;

/** A mutator, and what gator 3.23 made of the Deployment's pod with it, or said. */
interface Recorded {
  readonly kind: string;
  readonly location: string;
  readonly parameters: string;
  readonly said: unknown;
}

const recorded = readFileSync(new URL("../../testdata/mutators.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Recorded);

for (const { kind, location, parameters, said } of recorded)
  test(`${kind} ${location} ${parameters}: as gator`, () => {
    const [read] = objectsOf(parameters);
    const mutator = {
      apiVersion: "mutations.gatekeeper.sh/v1",
      kind,
      metadata: { name: "m" },
      spec: { applyTo: [{ groups: [""], kinds: ["Pod"], versions: ["v1"] }], location, parameters: read },
    };
    assert.deepEqual(expanded([...objectsOf(podsOfDeployments), mutator]), said);
  });

function expanded(objects: readonly KubeObject[]): unknown {
  try {
    const expander = new Expander(objects);
    const made = objects.flatMap((each) => expander.expand(each).map(({ object }) => object));
    return made.length === 1 ? made[0] : made;
  } catch (error) {
    return (error as Error).message.replace(
      /^error parsing resources: |^error expanding resource d: failed to mutate resultant resource d-pod: /,
      "",
    );
  }
}

const mutator = (name: string, location: string, value: unknown, kind = "Assign"): KubeObject => ({
  apiVersion: "mutations.gatekeeper.sh/v1",
  kind,
  metadata: { name },
  spec: {
    applyTo: [{ groups: [""], kinds: ["Pod"], versions: ["v1"] }],
    location,
    parameters: kind === "Assign" ? { assign: { value } } : { assignTag: value },
  },
});

const pairs: ReadonlyArray<[label: string, a: KubeObject, b: KubeObject, conflicts: boolean]> = [
  ["an object and a list", mutator("a", "spec.x.y", 1), mutator("b", "spec.x[name: a].y", 1), true],
  ["lists with two keys", mutator("a", "spec.x[name: a].y", 1), mutator("b", "spec.x[id: a].y", 1), true],
  ["the same list", mutator("a", "spec.x[name: a].y", 1), mutator("b", "spec.x[name: *].z", 1), false],
  ["a value and what is in it", mutator("a", "spec.x", {}), mutator("b", "spec.x.y", 1), false],
  ["an image and what is in it", mutator("a", "spec.x", ":1", "AssignImage"), mutator("b", "spec.x.y", 1), true],
];

for (const [label, a, b, conflicts] of pairs)
  test(`mutators of ${label} ${conflicts ? "do not agree" : "agree"}`, () => {
    const make = () => new Expander([a, b]);
    if (conflicts)
      assert.throws(
        make,
        /error upserting mutator: the following mutators have conflicting schemas: \[.*\/a,.*\/b\]|\[Assign.mutations.gatekeeper.sh \/b,AssignImage.mutations.gatekeeper.sh \/a\]/,
      );
    else make();
  });

test("two mutators that undo each other never come to rest", () => {
  const [a, b] = [mutator("a", "spec.nodeName", "x"), mutator("b", "spec.nodeName", "y")];
  const when = (wanted: string, each: KubeObject): KubeObject => {
    const spec = each["spec"] as { readonly parameters: object };
    return { ...each, spec: { ...spec, match: { labelSelector: { matchLabels: { app: wanted } } } } } as KubeObject;
  };
  const flip = mutator("c", "spec.items[name: a]", { name: "a" });
  const rest = new Expander([when("w", a), when("w", b), flip]);
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "default", labels: { app: "w" } },
    spec: {},
  };
  // The last one wins, always in the same order: that is rest.
  assert.equal((rest.mutate(pod)["spec"] as { readonly nodeName: string }).nodeName, "y");
});

test("templates that lead back to themselves are refused", () => {
  const template = (name: string, from: string, to: string): KubeObject => ({
    apiVersion: "expansion.gatekeeper.sh/v1beta1",
    kind: "ExpansionTemplate",
    metadata: { name },
    spec: {
      applyTo: [{ groups: ["g"], versions: ["v1"], kinds: [from] }],
      templateSource: "spec",
      generatedGVK: { group: "g", version: "v1", kind: to },
    },
  });
  assert.throws(
    () => new Expander([template("a", "A", "A")]),
    /generates GVK g\/v1, Kind=A, but also applies to that same GVK/,
  );
  assert.throws(
    () => new Expander([template("a", "A", "B"), template("b", "B", "A")]),
    /template forms expansion cycle/,
  );
  const chain = new Expander([template("a", "A", "B"), template("b", "B", "C")]);
  const object = { apiVersion: "g/v1", kind: "A", metadata: { name: "x" }, spec: { spec: { n: 1 } } };
  assert.deepEqual(
    chain.expand(object).map(({ object: made, template: by }) => `${made.kind} ${made.metadata.name} ${by}`),
    ["C x-b-c b", "B x-b a"],
  );
});
