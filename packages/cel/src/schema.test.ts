import assert from "node:assert/strict";
import { test } from "node:test";
import { kubernetesEnvironment } from "./library/kubernetes/environment.ts";
import { compile, Program } from "./program.ts";
import { activationOf } from "./run/state.ts";
import { declareSchema, escapeProperty, type StructuralSchema } from "./schema.ts";
import { valueFromJson } from "./value/json.ts";

const schema: StructuralSchema = {
  type: "object",
  properties: {
    replicas: { type: "integer" },
    ratio: { type: "number" },
    port: { "x-kubernetes-int-or-string": true },
    "x-prop": { type: "string" },
    namespace: { type: "string" },
    since: { type: "string", format: "date-time" },
    wait: { type: "string", format: "duration" },
    labels: { type: "object", additionalProperties: { type: "string" } },
    tags: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
    ports: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      items: { type: "object", properties: { name: { type: "string" }, number: { type: "integer" } } },
    },
    free: { "x-kubernetes-preserve-unknown-fields": true },
  },
};

const object = {
  replicas: 3,
  ratio: 2,
  port: "http",
  "x-prop": "x",
  namespace: "web",
  since: "2020-01-02T03:04:05Z",
  wait: "1m",
  labels: { app: "a" },
  tags: ["a", "b"],
  ports: [{ name: "a", number: 1 }],
};

const declared = declareSchema(schema, "selfType", true);

function run(expression: string): unknown {
  assert.ok(declared !== undefined);
  const { structs, type, shape } = declared;
  const library = { name: "schema", structs: (name: string) => structs.get(name) };
  const environment = kubernetesEnvironment().extend({
    libraries: [library],
    variables: { self: type, oldSelf: type },
  });
  const program = compile(expression, environment);
  if (!(program instanceof Program)) return program.faults.map(({ message }) => message).join("; ");
  const old = { ...object, tags: ["b", "a"], ports: [{ number: 1, name: "a" }] };
  const values = { self: valueFromJson(object, shape), oldSelf: valueFromJson(old, shape) };
  const outcome = program.evaluate(activationOf(values));
  return "value" in outcome ? outcome.value : outcome.error;
}

const cases: readonly (readonly [expression: string, outcome: unknown])[] = [
  ["self.replicas + 1", 4n],
  ["self.ratio", 2],
  ["self.port == 'http'", true],
  ["self.x__dash__prop", "x"],
  ["self.__namespace__", "web"],
  ["self.since.getFullYear()", 2020n],
  ["self.wait == duration('60s')", true],
  ["self.labels.app", "a"],
  ["has(self.labels)", true],
  ["self.tags == oldSelf.tags", true],
  ["self.ports == oldSelf.ports", true],
  ["self.tags + ['b', 'c'] == ['a', 'b', 'c']", true],
  ["self.nothing", "undefined field 'nothing'"],
  ["self.free", "undefined field 'free'"],
  ["self.replicas == 'a'", "found no matching overload for '_==_' applied to '(int, string)'"],
  ["has(self.metadata)", false],
  ["self.metadata.name", "no such key: metadata"],
];

for (const [expression, outcome] of cases)
  test(`schema: ${expression}`, () => assert.deepEqual(run(expression), outcome));

test("properties have names that expressions can write", () => {
  const written = ["a.b", "a-b", "a/b", "__a", "in", "namespace", "int", "1a", "a b"].map(escapeProperty);
  assert.deepEqual(written, [
    "a__dot__b",
    "a__dash__b",
    "a__slash__b",
    "__underscores__a",
    "__in__",
    "__namespace__",
    "int",
    undefined,
    undefined,
  ]);
});
