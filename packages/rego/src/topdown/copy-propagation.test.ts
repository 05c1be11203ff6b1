import { equal } from "node:assert/strict";
import { test } from "node:test";
import { compileModules, compileQuery } from "../compile/compile.ts";
import { bodyText } from "../compile/text.ts";
import { parseQuery } from "../syntax/parser.ts";
import { propagateCopies } from "./copy-propagation.ts";

/** The query, the variables that stay, and the result: as OPA's copy propagation makes it. */
const cases: readonly (readonly [query: string, live: readonly string[], wanted: string])[] = [
  ["x = input.a; x > 1", [], "gt(input.a, 1)"],
  ["x = input.a; x > 1", ["x"], "x = input.a; gt(x, 1)"],
  ["x = y; y = input.a; x > 1", [], "gt(input.a, 1)"],
  ["x = 1; x = y; y = input.a", [], "1 = input.a"],
  ["x = 1; x = 2", [], "x = 1; x = 2"],
  ["x = input.a", [], "x = input.a"],
  ["x = input.a; x.b = 2", [], "input.a.b = 2"],
  ["count(input.a, n); n > 1", [], "gt(count(input.a), 1)"],
  ["sort(input.a, xs); xs[0] = 1", [], "sort(input.a, xs); xs[0] = 1"],
  ["x = input.a; not x = 1", [], "not input.a = 1"],
  ["x = input.a[i]; not x = 1", [], "not x = 1; x = input.a[i]"],
  ["x = input.a[i]; sort(x, y); not input.b[y]", [], "not input.b[y]; y = sort(input.a[i])"],
  ["sort(input.a, y); not input.b[y]", [], "not input.b[sort(input.a)]"],
  ['x = "c"; y = {"d", x, "c"}', ["y"], 'y = {"c", "d"}'],
  ["x = input.a; input.b with input.c as x", [], "input.b with input.c as input.a"],
  ["true", [], "true"],
];

const { compiled } = compileModules([]);

for (const [query, live, wanted] of cases) {
  test(`${query}, keeping ${live.join() || "nothing"}`, () => {
    if (compiled === undefined) throw new Error("nothing does not compile");
    const body = parseQuery(query, { regoVersion: "v1" });
    const made = compileQuery(body, compiled).query?.body;
    if (made === undefined) throw new Error("the query does not compile");
    equal(bodyText(propagateCopies(made, new Set(live), compiled, true)), wanted);
  });
}
