import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckReport, CheckResult } from "../checker.ts";
import { outputs } from "./outputs.ts";

const base = {
  file: "a/b.yaml",
  line: 3,
  apiVersion: "v1",
  kind: "Pod",
  namespace: "ns",
  name: "p",
  warnings: [],
} as const;
const awkward = 'image <"x"> & 100%\nis evil, no:\u0001';

const denied: CheckResult = {
  ...base,
  verdict: "denied",
  message: "forbidden",
  warnings: ["old version"],
  decision: {
    allowed: false,
    object: null,
    warnings: [],
    auditAnnotations: {},
    patchAnnotations: {},
    steps: [
      {
        plugin: "RegoPolicies",
        phase: "validating",
        outcome: "denied",
        why: "w",
        cost: 0,
        reasons: [
          {
            code: "rego-deny",
            message: awkward,
            fieldPath: "spec.a",
            source: { policy: "p", file: "p.rego", line: 7 },
          },
        ],
      },
    ],
  },
};
const report: CheckReport = {
  results: [
    denied,
    { ...base, line: 9, name: "good", verdict: "allowed" },
    { ...base, file: "c #1.yaml", verdict: "invalid", message: "no matches for kind", kind: "Gadget" },
    { ...base, file: "d.yaml", verdict: "allowed", exceptions: [{ rule: "data.main.deny", message: "exempt" }] },
  ],
  assumptions: [],
};

const text = (name: string): string => outputs[name]?.(report, false) ?? "";
const place = "(policy p.rego:7, field spec.a)";

const lines: { readonly [output: string]: readonly string[] } = {
  table: [
    "RESULT     FILE         OBJECT       RULE            MESSAGE",
    `failure    a/b.yaml:3   Pod ns/p     RegoPolicies    image <"x"> & 100% is evil, no: ${place}`,
    "warning    a/b.yaml:3   Pod ns/p     warning         old version",
    "success    a/b.yaml:9   Pod ns/good",
    "failure    c #1.yaml:3  Gadget ns/p  Decoding        no matches for kind",
    "exception  d.yaml:3     Pod ns/p     data.main.deny  exempt",
  ],
  tap: [
    "TAP version 13",
    "1..4",
    "not ok 1 - a/b.yaml:3 - Pod ns/p",
    '# failure: RegoPolicies: image <"x"> & 100%',
    `# is evil, no:\u0001 ${place}`,
    "# warning: warning: old version",
    "ok 2 - a/b.yaml:9 - Pod ns/good",
    "not ok 3 - c \\#1.yaml:3 - Gadget ns/p",
  ],
  github: [
    "::group::a/b.yaml",
    `::error file=a/b.yaml,line=3,title=RegoPolicies::Pod ns/p: image <"x"> & 100%25%0Ais evil, no:\u0001 ${place}`,
    "::warning file=a/b.yaml,line=3,title=warning::Pod ns/p: old version",
    "::endgroup::",
    "::error file=c #1.yaml,line=3,title=Decoding::Gadget ns/p: no matches for kind",
    "::notice file=d.yaml,line=3,title=data.main.deny::Pod ns/p: exempt",
    "2 allowed, 1 denied, 1 invalid, 1 exception",
  ],
  azuredevops: [
    "##[group]a/b.yaml",
    `##vso[task.logissue type=error;sourcepath=a/b.yaml;linenumber=3]Pod ns/p: image <"x"> & 100% is evil, no:\u0001 ${place}`,
    "##vso[task.logissue type=warning;sourcepath=a/b.yaml;linenumber=3]Pod ns/p: old version",
    "##[endgroup]",
  ],
  junit: [
    '<testsuites name="sallyport check" tests="4" failures="2" errors="0">',
    '  <testsuite name="a/b.yaml" tests="2" failures="1" errors="0" skipped="0" time="0">',
    '    <testcase name="Pod ns/p" classname="a/b.yaml" file="a/b.yaml" line="3" time="0">',
    `      <failure message="image &lt;&quot;x&quot;&gt; &amp; 100%&#10;is evil, no:\u{fffd}" type="RegoPolicies">a/b.yaml:3: image &lt;"x"&gt; &amp; 100%`,
    "      <system-out>warning: old version</system-out>",
    '    <testcase name="Pod ns/good" classname="a/b.yaml" file="a/b.yaml" line="9" time="0"/>',
    '  <testsuite name="d.yaml" tests="1" failures="0" errors="0" skipped="1" time="0">',
    '      <skipped message="exempt"/>',
    "</testsuites>",
  ],
  text: ["2 allowed, 1 denied, 1 invalid, 1 exception"],
};

for (const [output, expected] of Object.entries(lines)) {
  test(`check --output ${output}`, () => {
    const found = text(output).split("\n");
    for (const line of expected) assert.ok(found.includes(line), `${JSON.stringify(line)} in\n${text(output)}`);
  });
}

test("check --output json is the report", () =>
  assert.deepEqual(JSON.parse(text("json")), JSON.parse(JSON.stringify(report))));

interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly locations: readonly [{ readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } } }];
}

test("check --output sarif: rules, levels, and relative URIs", () => {
  const log = JSON.parse(text("sarif"));
  const [run] = log.runs;
  assert.equal(log.version, "2.1.0");
  assert.deepEqual(
    run.tool.driver.rules.map(({ id }: { id: string }) => id),
    ["Decoding", "RegoPolicies", "data.main.deny", "warning"],
  );
  const told = (run.results as readonly SarifResult[]).map(({ ruleId, ruleIndex, level, locations }) => [
    run.tool.driver.rules[ruleIndex].id === ruleId,
    level,
    locations[0].physicalLocation.artifactLocation.uri,
  ]);
  assert.deepEqual(told, [
    [true, "error", "a/b.yaml"],
    [true, "warning", "a/b.yaml"],
    [true, "error", "c%20%231.yaml"],
    [true, "note", "d.yaml"],
  ]);
  assert.equal(run.invocations[0].executionSuccessful, false);
});

/** What the schema of SARIF 2.1.0 asks of these objects: required fields, texts, and those that are bound to a list or a limit. */
function sarifFaults(log: { readonly [field: string]: unknown }): readonly string[] {
  const faults: string[] = [];
  const expect = (isSo: boolean, place: string) => {
    if (!isSo) faults.push(place);
  };
  const isText = (value: unknown) => typeof value === "string" && value !== "";
  const only = (value: object, place: string, ...names: readonly string[]) =>
    expect(
      Object.keys(value).every((each) => names.includes(each)),
      `${place}: ${Object.keys(value)}`,
    );
  // biome-ignore lint/suspicious/noExplicitAny: the schema is what this looks at
  const { $schema, version, runs } = log as any;
  only(log, "log", "$schema", "version", "runs");
  expect(URL.canParse($schema), "$schema");
  expect(version === "2.1.0", "version");
  for (const run of runs) {
    only(run, "run", "tool", "invocations", "results");
    only(run.tool.driver, "driver", "name", "version", "rules");
    expect(isText(run.tool.driver.name), "driver.name");
    for (const rule of run.tool.driver.rules) expect(isText(rule.id) && isText(rule.shortDescription.text), "rule");
    for (const each of run.invocations) expect(typeof each.executionSuccessful === "boolean", "invocation");
    for (const result of run.results) {
      only(result, "result", "ruleId", "ruleIndex", "level", "message", "locations");
      expect(isText(result.message.text), "message");
      expect(["none", "note", "warning", "error"].includes(result.level), "level");
      expect(run.tool.driver.rules[result.ruleIndex]?.id === result.ruleId, "ruleIndex");
      for (const { physicalLocation, logicalLocations, ...others } of result.locations) {
        only(others, "location");
        expect(isText(logicalLocations[0].fullyQualifiedName), "logicalLocation");
        if (physicalLocation === undefined) continue;
        const { artifactLocation, region } = physicalLocation;
        expect(URL.canParse(artifactLocation.uri, "file:///") && !/[ #]/.test(artifactLocation.uri), "uri");
        expect(Number.isInteger(region.startLine) && region.startLine >= 1, "startLine");
      }
    }
  }
  return faults;
}

test("check --output sarif is as the schema of SARIF asks; what is found in all files together is in none of them", () => {
  const log = JSON.parse(text("sarif"));
  assert.deepEqual(sarifFaults(log), []);
  const combined = { ...base, file: "Combined", kind: "Combined", verdict: "denied", message: "no" } as const;
  const together = JSON.parse(outputs["sarif"]?.({ results: [combined], assumptions: [] }, false) ?? "");
  assert.deepEqual(sarifFaults(together), []);
  assert.equal(together.runs[0].results[0].locations[0].physicalLocation, undefined);
  const broken = structuredClone(log);
  broken.runs[0].results[0].level = "failure";
  broken.runs[0].results[1].locations[0].physicalLocation.region.startLine = 0;
  assert.deepEqual(sarifFaults(broken), ["level", "startLine"]);
});
