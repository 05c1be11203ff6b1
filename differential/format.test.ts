import { deepEqual, notDeepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { formatModule, parseModule } from "@sallyport/rego";
import { compareFormats, findFormatter } from "./format.ts";
import { formatMutants } from "./format-mutants.ts";

const opa = findFormatter();

test("a seed makes the same modules, and another one others", () => {
  deepEqual(formatMutants([], 20, 1), formatMutants([], 20, 1));
  notDeepEqual(formatMutants([], 20, 1), formatMutants([], 20, 2));
});

test("formatted modules parse, and soon do not change any more", () => {
  let parsed = 0;
  for (const source of formatMutants([], 1_000, 3)) {
    if (source.includes("#") || parseModule(source, { regoVersion: "v1" }).module === undefined) continue;
    parsed++;
    // As in OPA, an `else` behind a literal takes two steps.
    const once = formatted(source);
    const twice = formatted(once);
    deepEqual(formatted(twice), twice);
  }
  ok(parsed > 100, `${parsed}`);
});

function formatted(source: string): string {
  const { module, diagnostics } = parseModule(source, { regoVersion: "v1" });
  ok(module !== undefined, `${source}\n${diagnostics.map(({ message }) => message)}`);
  return formatModule(module);
}

test("plain modules are formatted as OPA does it", { skip: "missing" in opa && opa.missing }, () => {
  if ("missing" in opa) return;
  const plain = formatMutants([], 1_000, 5).filter((source) => !source.includes("#"));
  const { differences } = compareFormats(opa.file, plain, "v1");
  deepEqual(differences, []);
});
