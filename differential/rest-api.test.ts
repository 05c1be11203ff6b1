import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { readRecorded } from "../packages/opa/src/server/rest-api.fixture.ts";
import { scenarios } from "../packages/opa/src/server/scenarios.fixture.ts";
import { findOpa } from "./opa-server.ts";
import { answersOfOpa } from "./rest-api.ts";

const opa = findOpa();

test("OPA answers the recorded requests to its REST API still", { skip: "missing" in opa && opa.missing }, async () => {
  if ("missing" in opa) return;
  const recorded = new Map(readRecorded().map(({ name, ...answered }) => [name, answered]));
  deepEqual(
    [...recorded.keys()],
    scenarios.map(({ name }) => name),
  );
  for (const scenario of scenarios)
    deepEqual(await answersOfOpa(opa.file, scenario), recorded.get(scenario.name), scenario.name);
});
