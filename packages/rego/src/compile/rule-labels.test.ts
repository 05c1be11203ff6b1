import assert from "node:assert/strict";
import { test } from "node:test";
import { compile, type RegoPolicy } from "../engine.ts";

/** `# METADATA` with labels. */
const labelled = (labels: string, scope = "rule") => `# METADATA\n# scope: ${scope}\n# labels: ${labels}\n`;

function policyOf(...modules: readonly string[]): RegoPolicy {
  const { policy, diagnostics } = compile(modules.map((text, i) => ({ file: `${i}.rego`, text })));
  assert.deepEqual(diagnostics, []);
  return policy as RegoPolicy;
}

/** The labels of rules that answer for a document; undefined where none can have any. */
async function labelsOf(policy: RegoPolicy, path: string, input = {}): Promise<unknown> {
  const labels = policy.labels(path);
  if (labels === undefined) return undefined;
  const value = await policy.walkDocument(path, { input, labels });
  assert.deepEqual(value, policy.evaluate(path, { input }));
  return labels.labels;
}

test("labels that stand nearer to a rule win", async () => {
  const policy = policyOf(
    `${labelled("{a: top, b: top, c: top, d: top}", "subpackages")}package top`,
    `${labelled("{b: package, c: package, d: package}", "package")}package top.p\n\n` +
      `${labelled("{c: document, d: document}", "document")}\n${labelled("{d: rule}")}x if input.a\n\nx if input.b\n\ny := 1`,
  );
  assert.deepEqual(await labelsOf(policy, "top/p/x", { a: true }), [
    { a: "top", b: "package", c: "document", d: "rule" },
  ]);
  assert.deepEqual(await labelsOf(policy, "top/p/x", { b: true }), [
    { a: "top", b: "package", c: "document", d: "document" },
  ]);
  assert.deepEqual(await labelsOf(policy, "top/p/y"), [{ a: "top", b: "package", c: "package", d: "package" }]);
  assert.deepEqual(await labelsOf(policy, "top/p/x"), []);
});

test("a document whose rules have no labels is not walked for them", async () => {
  const policy = policyOf(
    `package p\n\n${labelled("{a: 1}")}f(x) := x\n\nplain := 1\n\nasks := 1 if input.no\nelse := f(2)\n\nothers[x] := f(x) if some x in [1]`,
    "package q\n\nall_of_p := data.p\n\nnone := 1",
  );
  assert.equal(policy.labels("p/plain"), undefined);
  assert.equal(policy.labels("q/none"), undefined);
  assert.deepEqual(await labelsOf(policy, "p/asks"), [{ a: 1 }]);
  assert.deepEqual(await labelsOf(policy, "p/others"), [{ a: 1 }]);
  assert.deepEqual(await labelsOf(policy, "q/all_of_p"), [{ a: 1 }]);
  assert.deepEqual(await labelsOf(policy, "q"), [{ a: 1 }]);
  assert.equal(policyOf("package p\n\nx := 1").labels(), undefined);
});

test("labels of a module that comes later are known", async () => {
  const policy = policyOf("package top.p\n\nx := 1");
  policy.evaluate("top/p/x");
  assert.equal(policy.labels("top/p/x"), undefined);
  const { policy: next } = policy.withModule({
    file: "t.rego",
    text: `${labelled("{a: 1}", "subpackages")}package top`,
  });
  assert.deepEqual(await labelsOf(next as RegoPolicy, "top/p/x"), [{ a: 1 }]);
});
