import { testNameIndex } from "../compile/test-cases.ts";
import { refText } from "../compile/text.ts";
import type { Location, Module, Rule, Term } from "../syntax/ast.ts";

/** One rule that is a test. */
export interface TestRule {
  /** The package's path, `data.a.b`. */
  readonly package: string;
  /** What follows in the rule's ref, up to the part that begins with `test_` or `todo_test_`. */
  readonly name: string;
  /** Below `data`. */
  readonly path: readonly string[];
  readonly loc: Location;
  /** `todo_test_`: not to be run. */
  readonly isTodo: boolean;
  readonly isFunction: boolean;
  /** Its ref goes on behind the name, and its document is an object: each key is a case. */
  readonly hasCases: boolean;
}

/** The test rules of modules, in their order. `numberTests` must have told those of one name apart. */
export function findTests(modules: readonly Module[]): readonly TestRule[] {
  return modules.flatMap((module) => module.rules.flatMap((rule) => testOf(module, rule) ?? []));
}

function testOf(module: Module, rule: Rule): TestRule | undefined {
  const { head, loc } = rule;
  const { terms } = head.ref;
  const at = testNameIndex(terms);
  if (at < 0) return undefined;
  const names = terms.slice(0, at + 1).map(keyOf);
  const own = names.at(-1) as string;
  return {
    package: refText(module.package.path),
    name: names.join("."),
    path: [...module.package.path.terms.slice(1).map(keyOf), ...names],
    loc,
    isTodo: own.startsWith("todo_"),
    isFunction: head.args !== undefined && head.args.length > 0,
    hasCases: at + 1 < terms.length && isEntry(module, rule),
  };
}

function keyOf(term: Term): string {
  return term.kind === "var" ? term.name : term.kind === "string" ? term.value : "";
}

/** One entry of an object, as OPA sees it: with vars in its ref, or `p.q := 1` without `if`. */
function isEntry({ regoVersion }: Module, { head, generatedBody, default: isDefault }: Rule): boolean {
  const operands = head.ref.terms.slice(1);
  if (isDefault || head.args !== undefined) return false;
  return (
    operands.some((term) => !isConstant(term)) || (operands.length === 1 && (regoVersion === "v0" || generatedBody))
  );
}

function isConstant({ kind }: Term): boolean {
  return kind === "string" || kind === "number" || kind === "boolean" || kind === "null";
}

/**
 * Gives each test rule a name of its own, as OPA's test runner does: the second rule `test_x` of a package is called `test_x#01`, and so
 * on. Other rules still mean the first by the plain name.
 */
export function numberTests(modules: readonly Module[]): readonly Module[] {
  const counts = new Map<string, number>();
  return modules.map((module) => {
    const rules = module.rules.map((rule) => numbered(module, rule, counts));
    return rules.some((rule, i) => rule !== module.rules[i]) ? { ...module, rules } : module;
  });
}

function numbered(module: Module, rule: Rule, counts: Map<string, number>): Rule {
  const test = testOf(module, rule);
  if (test === undefined || test.isTodo) return rule;
  const key = test.path.join("\0");
  const count = counts.get(key) ?? 0;
  counts.set(key, count + 1);
  if (count === 0) return rule;
  const { ref } = rule.head;
  const at = testNameIndex(ref.terms);
  return { ...rule, head: { ...rule.head, ref: { ...ref, terms: ref.terms.with(at, renamed(ref.terms[at], count)) } } };
}

function renamed(term: Term | undefined, count: number): Term {
  const suffix = `#${String(count).padStart(2, "0")}`;
  if (term?.kind === "var") return { ...term, name: term.name + suffix };
  return { ...(term as Extract<Term, { kind: "string" }>), value: keyOf(term as Term) + suffix };
}
