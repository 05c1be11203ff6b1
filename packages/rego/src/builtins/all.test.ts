import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { allBuiltins } from "./all.ts";
import { builtinNames } from "./capabilities.ts";

/** The compiler makes something else of these: unification, notes to the query. They are never called. */
const compiledAway = ["assign", "internal.test_case", "print"];

test("every builtin is listed once, and is one of OPA's", () => {
  const names = allBuiltins.map(({ name }) => name);
  equal(new Set(names).size, names.length);
  deepEqual(
    names.filter((name) => !builtinNames().includes(name)),
    [],
  );
});

test("OPA 1.19 has 206 builtins, and what is not here is compiled away or still to come", () => {
  const names = new Set(allBuiltins.map(({ name }) => name));
  equal(builtinNames().length, 206);
  const missing = builtinNames().filter((name) => !names.has(name) && !compiledAway.includes(name));
  deepEqual(
    missing.filter((name) => !/^graphql\.|^rego\.parse_module$/.test(name)),
    [],
  );
});
