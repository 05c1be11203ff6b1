import assert from "node:assert/strict";
import { test } from "node:test";
import type { Body, Expr } from "./ast.ts";
import { currentLanguage } from "./capabilities.ts";
import { parseModule } from "./parser.ts";

const experimental = { ...currentLanguage, future_keywords: ["and", "not", "or"] };

const imports = ["and", "or", "not"].map((word) => `import future.keywords.${word}\n`);

/** The literals as a tree: `(or a (and b c))`, bodies with braces as `{a; b}`; or the fault with its place in the line. */
function tree(literals: string, imported = imports): string {
  const text = `package p\n${imported.join("")}p if {\n${literals}\n}\n`;
  const { module, diagnostics } = parseModule(text, { capabilities: experimental });
  const [fault] = diagnostics;
  if (fault !== undefined) return `${fault.loc?.col}: ${fault.message}`;
  return (module?.rules[0]?.body ?? []).map(exprTree).join("; ");
}

function exprTree({ terms, negated, with: withs, loc }: Expr): string {
  const text = (): string => {
    if (terms.kind === "and" || terms.kind === "or")
      return `(${terms.kind} ${operand(terms.left, terms.explicitLeft)} ${operand(terms.right, terms.explicitRight)})`;
    if (terms.kind === "not") return `(not ${operand(terms.body, terms.explicitBody)})`;
    return terms.kind === "term" ? terms.term.loc.text : loc.text;
  };
  return `${negated ? "!" : ""}${text()}${withs.map((each) => ` ${each.loc.text}`).join("")}`;
}

function operand(body: Body, explicit: boolean): string {
  const text = body.map(exprTree).join("; ");
  return explicit ? `{${text}}` : text;
}

test("and binds closer than or, not closest", () => {
  assert.equal(tree("a and b"), "(and a b)");
  assert.equal(tree("a or b and c or d"), "(or (or a (and b c)) d)");
  assert.equal(tree("not a or b"), "(or (not a) b)");
  assert.equal(tree("a and not {b; c} or d"), "(or (and a (not {b; c})) d)");
  assert.equal(tree("x := 1 or y = 2"), "(or x := 1 y = 2)");
  assert.equal(tree("a\nor b\nc"), "(or a b); c");
});

test("parentheses group operators, or hold a term", () => {
  assert.equal(tree("a and (b or c)"), "(and a (or b c))");
  assert.equal(tree("not ((a or b)) and c"), "(and (not (or a b)) c)");
  assert.equal(tree("(a) + 1 or b"), "(or (a) + 1 b)");
  assert.equal(tree("(a or b) == true"), "10: unexpected equal token: expected \\n or ; or }");
  assert.equal(tree("(a or b"), "1: expected ) to close parenthesized group");
});

test("with is about the whole literal or group", () => {
  assert.equal(tree("a or b with input as 1"), "(or a b) with input as 1");
  assert.equal(tree("(a with input as 1) and b"), "(and a with input as 1 b)");
  assert.match(tree("a with input as 1 or b"), /^3: `with` modifier is not allowed on operand of `or` \(hint: Wrap/);
});

test("braces beside an operator are a query", () => {
  assert.equal(tree("{a; b} or {c}"), "(or {a; b} {c})");
  assert.equal(tree("{{a} or b} or ({a: 1})"), "(or {(or {a} b)} ({a: 1}))");
  assert.equal(tree("x := {a | a or b}; {c}"), "x := {a | a or b}; {c}");
  assert.equal(tree("{} or a"), "1: found empty body");
  const hint = "(hint: wrap the operand to keep the value: `({a, b}) or ...`)";
  assert.equal(
    tree("c or {a, b}"),
    `6: operand of \`or\` cannot begin with \`{\` unless the braces hold a body ${hint}`,
  );
  assert.match(tree("{a}.b or c"), /^1: operand of `or` .*`\(\{a\}\.b\) or \.\.\.`/);
});

test("not has a body where its keyword is imported", () => {
  assert.equal(tree("not {a, b}", []), "!{a, b}");
  assert.equal(tree("not {a; b}"), "(not {a; b})");
  assert.equal(tree("not {a}.b"), "8: unexpected . token: expected \\n or ; or }");
  assert.equal(tree("not not a"), "5: unexpected not keyword");
  assert.equal(tree("not every x in y {x}"), "5: unexpected every keyword: illegal negation of 'every'");
});

test("the words are names where they are not imported, and refused where they are not offered", () => {
  assert.equal(tree("or; data.and", []), "or; data.and");
  const { diagnostics } = parseModule("package p\nimport future.keywords.or");
  assert.equal(diagnostics[0]?.message, "unexpected keyword, must be one of [contains every if in not]");
});
