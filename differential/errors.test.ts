import { deepEqual, notDeepEqual, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { RegoVersion } from "@sallyport/rego";
import { errorMutants } from "./error-mutants.ts";
import { compareErrors, ownFaults } from "./errors.ts";
import { findOpa } from "./opa-server.ts";

interface Answered {
  readonly version: RegoVersion;
  readonly source: string;
  /** What OPA 1.19.1 says, as compact JSON, sorted. */
  readonly faults: readonly string[];
}

const answered = readFileSync(new URL("./fault-answers.jsonl", import.meta.url), "utf8")
  .split("\n")
  .filter(Boolean)
  .map((row) => JSON.parse(row) as Answered);

test("modules have the faults that OPA tells", () => {
  for (const { version, source, faults } of answered)
    deepEqual({ source, faults: ownFaults(source, version).toSorted() }, { source, faults });
});

const opa = findOpa();

for (const version of ["v1", "v0"] as const)
  test(`OPA tells them still, in ${version}`, { skip: "missing" in opa && opa.missing }, async () => {
    if ("missing" in opa) return;
    const sources = answered.filter((each) => each.version === version).map(({ source }) => source);
    const { counts, differences } = await compareErrors(opa.file, sources, version);
    deepEqual(differences, []);
    ok(counts.compared === sources.length);
  });

test("a seed makes the same mutants, and another one others", () => {
  deepEqual(errorMutants([], 20, 1), errorMutants([], 20, 1));
  notDeepEqual(errorMutants([], 20, 1), errorMutants([], 20, 2));
});

test("nothing that is wrong makes the compiler throw", () => {
  const module = "package a\n\nimport input.x\n\np contains y if {\n\tsome y in x\n\tnot q[y]\n}\n\nq := {1: $`{x}`}\n";
  for (const source of errorMutants([module], 500, 1))
    ok(!ownFaults(source, "v1").some((fault) => fault.startsWith("threw")), source);
});
