import assert from "node:assert/strict";
import { test } from "node:test";
import { admissionEnvironment } from "@sallyport/cel";
import { compileVariables, independentOf } from "./variables.ts";

const cases: readonly (readonly [variables: { readonly [name: string]: string }, independent: string])[] = [
  [{ a: "object.spec", b: "params.spec" }, "a"],
  [{ a: "params.x", b: "variables.a", c: "object.x" }, "c"],
  [{ a: "object.list", b: "variables.a.map(each, each + 1)", c: "variables.b.size()" }, "a b c"],
  // What is local has its own meaning.
  [{ a: "object.list.all(params, params > 1)" }, "a"],
  [{ a: "object.x", b: "object.list.all(each, each in params.list)", c: "variables.b && variables.a" }, "a"],
  // Whether a variable is there depends on nothing, but that is not looked at.
  [{ a: "params.x", b: "has(variables.a)" }, ""],
  // A variable that does not compile is a fault for all who read it.
  [{ a: "object.x +", b: "variables.a" }, ""],
  [{ a: "request.operation == 'CREATE' ? oldObject : namespaceObject.metadata.name" }, "a"],
];

for (const [definitions, independent] of cases) {
  const text = Object.values(definitions).join("; ");
  test(`variables that do not read params: ${text}`, () => {
    const environment = admissionEnvironment({ hasParams: true, hasAuthorizer: false, hasPatchTypes: false });
    const list = Object.entries(definitions).map(([name, expression]) => ({ name, expression }));
    assert.equal([...independentOf("params", compileVariables(list, environment))].join(" "), independent);
  });
}
