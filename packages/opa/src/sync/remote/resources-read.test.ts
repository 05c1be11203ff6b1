import assert from "node:assert/strict";
import { test } from "node:test";
import { resourcesRead, resourcesReadFrom } from "./resources-read.ts";

const cases: { readonly [what: string]: readonly [text: string, names: string, open?: boolean] } = {
  "a ref": ["package p\nx if data.kubernetes.pods[ns][name].spec", "pods"],
  "an import": ["package p\nimport data.kubernetes.pods\nx if pods[ns]", "pods"],
  "an import by another name": ["package p\nimport data.kubernetes.services as s\nx if s[ns]", "services"],
  "an import of the whole folder, named below it": [
    "package p\nimport data.kubernetes\nx if kubernetes.nodes[n]",
    "nodes",
  ],
  "an import of the whole folder, nothing named": ["package p\nimport data.kubernetes\nx := 1", "", true],
  "a qualified name": [
    'package p\nx if data.kubernetes["ingresses.networking.k8s.io"][ns]',
    "ingresses.networking.k8s.io",
  ],
  "rules of old Rego": ['package p\ndeny["m"] { data.kubernetes.namespaces[_].metadata }', "namespaces"],
  "a name that is computed": ["package p\nx := data.kubernetes[input.resource]", "", true],
  "in a comprehension, an else and a head": [
    "package p\nx := {y | y := data.kubernetes.pods[_]} if input.a else := data.kubernetes.nodes\nz[data.kubernetes.jobs.a] := 1",
    "jobs nodes pods",
  ],
  "packages below the path": [
    "package kubernetes.admission\nx if data.kubernetes.admission.y\ny if data.kubernetes.pods",
    "pods",
  ],
  "rules of the path's package": ["package kubernetes\nx if data.kubernetes.y\ny if data.kubernetes.pods", "pods"],
  "other data": ["package p\nx if data.other.pods", ""],
  "no Rego": ["package p\nx := ", ""],
};

for (const [what, [text, names, open = false]] of Object.entries(cases)) {
  test(`what policies read: ${what}`, () => {
    const read = resourcesRead([{ name: "p.rego", text }], ["kubernetes"]);
    assert.equal([...read.names].sort().join(" "), names);
    assert.deepEqual(read.open, open ? ["p.rego"] : []);
  });
}

const policies = [
  { name: "m", text: "package main\nmain if data.lib.f" },
  { name: "l", text: "package lib\nf if data.kubernetes.pods[_]\ng if data.kubernetes.nodes[_]" },
];

test("what an entry point depends on", () => {
  const names = (path: string) => resourcesReadFrom(policies, ["kubernetes"], path.split("/"))?.names;
  assert.deepEqual(names("main/main"), new Set(["pods"]));
  assert.deepEqual(names("lib/g"), new Set(["nodes"]));
  assert.equal(names("lib/h"), undefined);
});
