import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../engine.ts";
import type { RegoVersion } from "../syntax/ast.ts";

/** The hint of a module's first fault. */
function hint(text: string, regoVersion: RegoVersion = "v1"): string | undefined {
  return compile([{ file: "p.rego", text: `package a\n${text}` }], { regoVersion }).diagnostics[0]?.hint;
}

test("a hint tells what would be right", () => {
  assert.equal(hint('p if startwith("a", "b")'), "did you mean startswith?");
  assert.equal(hint("p if alow\nallow := 1"), "did you mean allow?");
  assert.equal(hint("p if inptu.x"), "did you mean input?");
  assert.equal(hint("p if data.a.greet(1)\ngreets(x) := x"), "did you mean data.a.greets?");
  assert.equal(hint("p { in }", "v0"), "import future.keywords.in");
  assert.equal(hint("p if any([true])"), "use `some x in xs; x`");
  assert.equal(hint("p { true }"), "write `if` before the rule's `{`");
});

test("nothing is said where nothing is near", () => {
  assert.equal(hint("p if zzzzzz"), undefined);
  assert.equal(hint("p if 1 == true"), undefined);
});
