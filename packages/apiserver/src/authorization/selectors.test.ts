import assert from "node:assert/strict";
import { test } from "node:test";
import type { SelectorRequirement } from "./authorizer.ts";
import { fieldRequirements, labelRequirements } from "./selectors.ts";

const textOf = (all: readonly SelectorRequirement[]) =>
  all.map(({ key, operator, values }) => [key, operator, ...(values ?? [])].join(" ")).join("; ");

for (const [text, wanted] of Object.entries({
  "": "",
  "a=b": "a In b",
  "a==b,c!=d": "a In b; c NotIn d",
  "metadata.name=": "metadata.name In ",
  a: "",
  "a=b,,": "",
}))
  test(`fields ${text}`, () => assert.equal(textOf(fieldRequirements(text)), wanted));

for (const [text, wanted] of Object.entries({
  "": "",
  "a=b, c": "a In b; c Exists",
  "!a,b==c,d!=e": "a DoesNotExist; b In c; d NotIn e",
  "a in (y, x),b notin (z)": "a In x y; b NotIn z",
  "a=": "a In ",
  "a>1": "",
  "a in": "",
}))
  test(`labels ${text}`, () => assert.equal(textOf(labelRequirements(text)), wanted));
