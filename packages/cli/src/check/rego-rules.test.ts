import assert from "node:assert/strict";
import { test } from "node:test";
import { InputError } from "../manifests.ts";
import { RegoRules, unaskedPackages } from "./rego-rules.ts";

const main = `package main
deny_team contains msg if {
  not input.metadata.labels.team
  msg := sprintf("%v has no team of %v", [input.metadata.name, data.teams])
}
deny contains "evil" if input.metadata.name == "evil"
violation_owner contains {"msg": "no owner", "details": {}} if not input.metadata.labels.owner
warn contains "old" if input.apiVersion == "v0"
exception contains rules if {
  input.metadata.name == "exempt"
  rules := ["team", "owner"]
}
exception contains [""] if input.metadata.namespace == "sandbox"
`;
const other = 'package other\ndeny["old Rego"] { input.kind == "Pod" }\n';
const admission = "package kubernetes.admission\ndeny contains 1 if input.request.kind";
const sources = Object.entries({ main, other, admission }).map(([name, text]) => ({
  name,
  file: `${name}.rego`,
  text,
}));

function ask(namespaces: readonly string[] | "all", value: object): string {
  const rules = new RegoRules(sources, { namespaces, data: { teams: ["a"] } });
  const { failures, warnings, exceptions } = rules.ask(value as never);
  return [
    ...failures.map(({ message, source }) => `${source?.policy} ${source?.file}:${source?.line} ${message}`),
    ...warnings.map((text) => `warn ${text}`),
    ...exceptions.map(({ rule, message }) => `exempt ${rule} ${message}`),
  ].join("; ");
}

const team = { team: "a", owner: "b" };
const cases: readonly (readonly [namespaces: readonly string[] | "all", value: object, found: string])[] = [
  [["main"], { metadata: { name: "x", labels: team } }, ""],
  [
    ["main"],
    { metadata: { name: "x" } },
    'data.main.deny_team main.rego:2 x has no team of ["a"]; data.main.violation_owner main.rego:7 no owner',
  ],
  [["main"], { apiVersion: "v0", metadata: { name: "x", labels: team } }, "warn old"],
  [
    ["main"],
    { metadata: { name: "exempt" } },
    'exempt data.main.deny_team exempt has no team of ["a"]; exempt data.main.violation_owner no owner',
  ],
  [["main"], { metadata: { name: "exempt", labels: team } }, ""],
  [["main"], { metadata: { name: "evil", namespace: "sandbox", labels: team } }, "exempt data.main.deny evil"],
  [["other"], { kind: "Pod" }, "data.other.deny other.rego:2 old Rego"],
  ["all", { kind: "Pod", metadata: { labels: team } }, "data.other.deny other.rego:2 old Rego"],
  [["none"], { kind: "Pod" }, ""],
];

for (const [namespaces, value, found] of cases) {
  test(`rules of ${namespaces} over ${JSON.stringify(value)}`, () => assert.equal(ask(namespaces, value), found));
}

test("packages that nobody asks are told, those of a cluster are not among them", () => {
  assert.deepEqual(unaskedPackages(sources, ["main"]), ["other"]);
  assert.deepEqual(unaskedPackages(sources, "all"), []);
});

test("rules that do not compile, or fail, are bad input", () => {
  const rule = (text: string) => new RegoRules([{ name: "r", file: "r.rego", text }], { namespaces: "all", data: {} });
  assert.throws(() => rule("package main\ndeny contains x"), InputError);
  const failing = rule('package main\ndeny := "a" if input.a\ndeny := "b" if input.b');
  assert.throws(() => failing.ask({ a: 1, b: 1 }), InputError);
});
