import assert from "node:assert/strict";
import { test } from "node:test";
import { admissionEnvironment } from "@sallyport/cel";
import { compileVariables, variablesOf } from "./variables.ts";

const cases: readonly (readonly [
  variables: { readonly [name: string]: string },
  ofObject: string,
  ofParams: string,
])[] = [
  [{ a: "object.spec", b: "params.spec" }, "a", "b"],
  [{ a: "params.x", b: "variables.a", c: "object.x", d: "variables.b + variables.c" }, "c", "a b"],
  [{ a: "object.list", b: "variables.a.map(each, each + 1)", c: "variables.b.size()" }, "a b c", ""],
  // What reads nothing is the same for all.
  [{ a: "1 + 1", b: "variables.a == object.x" }, "a b", "a"],
  // What is local has its own meaning.
  [{ a: "object.list.all(params, params > 1)" }, "a", ""],
  // Whether a variable is there depends on nothing, but that is not looked at.
  [{ a: "params.x", b: "has(variables.a)" }, "", "a b"],
  // A variable that does not compile is a fault for all who read it.
  [{ a: "object.x +", b: "variables.a" }, "", ""],
  [{ a: "request.operation == 'CREATE' ? object : namespaceObject.metadata.name" }, "", ""],
];

for (const [definitions, ofObject, ofParams] of cases) {
  const text = Object.values(definitions).join("; ");
  test(`variables of the object or of params alone: ${text}`, () => {
    const environment = admissionEnvironment({ hasParams: true, hasAuthorizer: false, hasPatchTypes: false });
    const list = Object.entries(definitions).map(([name, expression]) => ({ name, expression }));
    const variables = compileVariables(list, environment);
    assert.equal([...variablesOf(["object"], variables)].join(" "), ofObject);
    assert.equal([...variablesOf(["params"], variables)].join(" "), ofParams);
  });
}
