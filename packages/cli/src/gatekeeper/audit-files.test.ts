import assert from "node:assert/strict";
import { test } from "node:test";
import { InputError, parseManifests } from "../manifests.ts";
import { auditFiles } from "./audit-files.ts";
import { auditOutputs } from "./audit-output.ts";
import { configMap, constraint, template } from "./gatekeeper.fixture.ts";

const owned = template(
  "NeedLabels",
  'l := input.parameters.labels[_]; not input.review.object.metadata.labels[l]; msg := sprintf("no %v", [l])',
);
const unique = template(
  "Unique",
  'other := data.inventory.namespace[ns].v1.ConfigMap[name]; name == input.review.object.metadata.name; ns != input.review.object.metadata.namespace; msg := sprintf("also in %v", [ns])',
);
const maps = '{apiGroups: [""], kinds: [ConfigMap]}';
const needs = constraint("NeedLabels", "owner", `{match: {kinds: [${maps}]}, parameters: {labels: [owner]}}`);
const selected = constraint(
  "NeedLabels",
  "team",
  `{match: {kinds: [${maps}], namespaceSelector: {matchLabels: {team: red}}}, parameters: {labels: [team]}, enforcementAction: warn}`,
);
const red = "\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: red, labels: {team: red}}\n";
const sync = `\n---\napiVersion: syncset.gatekeeper.sh/v1alpha1\nkind: SyncSet\nmetadata: {name: s}\nspec: {gvks: [{group: "", version: v1, kind: ConfigMap}]}\n`;

/** What an audit of files prints. */
async function audit(texts: readonly string[], output = "text", fromCache = false): Promise<string> {
  let text = "";
  const { violation, end } = auditOutputs[output]?.({ write: (more) => void (text += more), at: 0 }) ?? assert.fail();
  const manifests = parseManifests("f.yaml", texts.join(""));
  const done = await auditFiles(manifests, { violationsLimit: 20, onViolation: violation, fromCache });
  await end(done.total, done.reviewed);
  return text;
}

test("files are audited against the constraints among them, in whatever order these stand", async () => {
  assert.equal(
    await audit([
      configMap("a"),
      needs,
      selected,
      configMap("b", "red"),
      red,
      owned,
      configMap("c", "red", "{owner: me, team: red}"),
    ]),
    `ConfigMap default/a  deny  [NeedLabels/owner] no owner
ConfigMap red/b  deny  [NeedLabels/owner] no owner
ConfigMap red/b  warn  [NeedLabels/team] no team
3 violations in 4 objects
`,
  );
});

test("policies read what a SyncSet names of the files", async () => {
  const files = [
    unique,
    constraint("Unique", "one", `{match: {kinds: [${maps}]}}`),
    configMap("a"),
    configMap("a", "red"),
  ];
  assert.match(await audit(files), /^0 violations/);
  assert.match(
    await audit([...files, sync]),
    /a {2}deny {2}\[Unique\/one\] also in red\n.*also in default\n2 violations/,
  );
});

test("from the cache only what is replicated is looked at", async () => {
  const any = constraint("NeedLabels", "any", "{parameters: {labels: [owner]}}");
  assert.match(await audit([owned, any, red, configMap("a")]), /2 violations in 2 objects/);
  assert.match(await audit([owned, any, red, configMap("a"), sync], "text", true), /1 violations in 1 objects/);
});

test("one report for each object that violates something", async () => {
  const text = await audit([owned, needs, selected, red, configMap("a", "red"), configMap("b")], "policyreport");
  assert.equal(text.match(/^kind: PolicyReport$/gm)?.length, 2);
  assert.deepEqual(
    [...text.matchAll(/^ {2}(fail|warn): (\d)$/gm)].map(([, what, count]) => `${what} ${count}`),
    ["fail 1", "warn 1", "fail 1", "warn 0"],
  );
});

test("Gatekeeper's lines stand between the beginning and the end of the audit", async () => {
  const lines = (await audit([owned, needs, configMap("a")], "export")).trim().split("\n");
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).message),
    ["audit is started", "no owner", "audit is completed"],
  );
});

const refused: ReadonlyArray<[what: string, texts: readonly string[], fault: RegExp]> = [
  [
    "a constraint without its template",
    [needs],
    /^f\.yaml:3: missing ConstraintTemplate: template "needlabels" not found$/,
  ],
  ["a template that does not compile", [template("Bad", "x := y; msg := x")], /^f\.yaml:3: .*rego_unsafe_var_error/s],
];

for (const [what, texts, fault] of refused)
  test(`${what} ends the audit`, async () => {
    await assert.rejects(audit(texts), (error) => error instanceof InputError && fault.test(error.message));
  });
