import assert from "node:assert/strict";
import { test } from "node:test";
import type { Term } from "./ast.ts";
import { parseTermText } from "./parser.ts";

/** The keys or members that are kept, with the values of objects. */
function kept(text: string): string {
  const term = parseTermText(text);
  if (term.kind === "set") return term.items.map(written).join(" ");
  return term.kind === "object" ? term.entries.map((entry) => entry.map(written).join(":")).join(" ") : term.kind;
}

function written({ loc }: Term): string {
  return loc.text;
}

test("of equal keys the last value counts, in the place of the first", () => {
  assert.equal(kept('{"b": f(1), "a": 2, "b": 3}'), '"b":3 "a":2');
  assert.equal(kept("{1: a, 1.0: b, x: c, x: d, y: e}"), "1:b x:d y:e");
  assert.equal(kept("{f(1): a, f( 1 ): b, f(2): c}"), "f(1):b f(2):c");
  assert.equal(kept("{_: 1, _: 2}"), "_:1 _:2");
});

test("members of sets are written once", () => {
  assert.equal(kept('{1, "a", 1e0, [x], [x], "a"}'), '1 "a" [x]');
  assert.equal(kept("{1}"), "1");
});
