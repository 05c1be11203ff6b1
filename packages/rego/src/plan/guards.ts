import type { CompiledRule, RuleNode } from "../compile/compiled.ts";
import { ruleChain } from "../compile/parts.ts";
import type { Operand } from "../run/ir.ts";
import type { Rule, Term } from "../syntax/ast.ts";
import { lowerRule } from "../topdown/lower.ts";
import type { Node } from "../topdown/node.ts";
import { raiseTerm } from "../topdown/raise.ts";
import type { Condition } from "../topdown/rule-conditions.ts";
import { RuleIndex } from "../topdown/rule-index.ts";
import { localOperand, trueOperand } from "./builder.ts";
import { plainContext } from "./context.ts";
import type { Library } from "./library.ts";
import { localOf, makeNumber, type Next, planBody, planTerm, planTerms, type Scope } from "./scope.ts";

/**
 * What OPA's rule index knows of the rules at a node. OPA evaluates no body whose index says that it cannot hold, so that no error in it
 * is met: where one may be, what the index would ask is asked before the body.
 */
export class RuleGuards {
  readonly #library: Library;
  readonly #rules: readonly CompiledRule[];
  #index: RuleIndex | undefined;

  constructor(library: Library, node: RuleNode) {
    this.#library = library;
    this.#rules = node.rules.some(({ suffix }) => suffix.length > 0) ? rulesBelow(node) : node.rules;
  }

  /** What must be asked before the rule's body, each in some alternatives; most rules have none. */
  conditionsOf(rule: Rule): readonly (readonly Condition[])[] {
    const first = rule.body.findIndex((expr) => this.#library.failures.ofExpr(expr));
    if (first < 0 || first === rule.body.length - 1) return [];
    const { conditions } = this.#indexOf().entryOf(rule);
    return conditions.filter((each) => each.some(({ at }) => at > first));
  }

  /** Definitions of which the first that holds decides, in the order in which OPA asks them. */
  inOrder(rules: readonly CompiledRule[]): readonly CompiledRule[] {
    const mayFail = ({ rule }: CompiledRule) => ruleChain(rule).some(({ body }) => this.#library.failures.ofBody(body));
    if (rules.length < 2 || !rules.some(mayFail)) return rules;
    const places = new Map(
      this.#indexOf()
        .order()
        .map((rule, i) => [rule, i]),
    );
    return rules.toSorted((a, b) => (places.get(a.rule) ?? 0) - (places.get(b.rule) ?? 0));
  }

  #indexOf(): RuleIndex {
    this.#index ??= new RuleIndex(this.#rules.map(lowerRule), (ref) => this.#isVirtual(ref));
    return this.#index;
  }

  #isVirtual(ref: readonly Node[]): boolean {
    const keys = ref.slice(1);
    const texts = keys.map((key) => (key.kind === "known" && typeof key.value === "string" ? key.value : undefined));
    const node = this.#library.reach(texts, plainContext);
    if (node === undefined) return false;
    return node.rules.length > 0 || keys[texts.indexOf(undefined)]?.kind !== "known";
  }
}

function rulesBelow({ rules, children }: RuleNode): readonly CompiledRule[] {
  return [...rules, ...[...children.values()].flatMap(rulesBelow)];
}

/** Plans the body of a rule, and what must be asked before it. */
export function planRuleBody(scope: Scope, rule: Rule, next: () => void): void {
  planConditions(scope, rule, scope.guards?.conditionsOf(rule) ?? [], () => planBody(scope, rule.body, next));
}

function planConditions(
  scope: Scope,
  rule: Rule,
  [first, ...rest]: readonly (readonly Condition[])[],
  next: () => void,
): void {
  if (first === undefined) next();
  else planCondition(scope, rule, first, () => planConditions(scope, rule, rest, next));
}

function planCondition(scope: Scope, rule: Rule, alternatives: readonly Condition[], next: () => void): void {
  planSubject(scope, rule, alternatives[0] as Condition, (subject) => {
    const patterns = alternatives.map((each) => patternOf(rule, each));
    if (patterns.every((pattern) => pattern !== undefined)) planAlternatives(scope, subject, patterns);
    next();
  });
}

function planSubject(scope: Scope, { head, loc }: Rule, { subject }: Condition, next: Next<Operand>): void {
  if (subject.kind === "arg") planTerm(scope, head.args?.[subject.at] as Term, next);
  else planTerm(scope, { kind: "ref", loc, terms: subject.terms.map((each) => raiseTerm(each, loc)) }, next);
}

/** A scalar, an array with gaps where anything may stand, or a glob with its delimiters. */
type PatternTerm =
  | { readonly kind: "scalar"; readonly term: Term }
  | { readonly kind: "array"; readonly items: readonly (Term | undefined)[] }
  | { readonly kind: "glob"; readonly args: readonly Term[] };

/** Undefined where every value that is there will do, or what is wanted of it is more than can be asked here. */
function patternOf({ head: { loc }, body }: Rule, { pattern, delimiters, at }: Condition): PatternTerm | undefined {
  if (pattern.kind === "any") return undefined;
  if (delimiters !== undefined) {
    const terms = body[at]?.terms;
    return terms?.kind === "call" ? { kind: "glob", args: terms.args.slice(0, 2) } : undefined;
  }
  const term = raiseTerm(pattern.node, loc);
  if (isScalar(term)) return { kind: "scalar", term };
  if (term.kind !== "array") return undefined;
  return { kind: "array", items: term.items.map((item) => (isScalar(item) ? item : undefined)) };
}

function isScalar({ kind }: Term): boolean {
  return kind === "null" || kind === "boolean" || kind === "number" || kind === "string";
}

/** Holds where one of the patterns matches. */
function planAlternatives(scope: Scope, subject: Operand, patterns: readonly PatternTerm[]): void {
  const { writer } = scope;
  const held = writer.local();
  writer.emit("ResetLocalStmt", { target: held });
  const hold = () => writer.emit("AssignVarStmt", { source: trueOperand, target: held });
  const blocks = patterns.flatMap((pattern) => {
    if (pattern.kind === "array") return [writer.block(() => planItems(scope, subject, pattern.items, hold))];
    if (pattern.kind === "glob") return [writer.block(() => planGlob(scope, subject, pattern.args, hold))];
    return [
      writer.block(() => planEqual(scope, subject, pattern.term, hold)),
      writer.block(() => planMember(scope, subject, pattern.term, held, hold)),
    ];
  });
  writer.emit("BlockStmt", { blocks });
  writer.emit("IsDefinedStmt", { source: held });
}

function planEqual(scope: Scope, a: Operand, term: Term, next: () => void): void {
  const compare = (b: Operand) => {
    scope.writer.emit("EqualStmt", { a, b });
    next();
  };
  if (term.kind === "number") compare(makeNumber(scope, term.text));
  else planTerm(scope, term, compare);
}

/** As in OPA, a scalar is also looked for among the members of a collection. */
function planMember(scope: Scope, subject: Operand, term: Term, held: number, hold: () => void): void {
  const { writer } = scope;
  writer.emit("IsUndefinedStmt", { source: held });
  const [key, value] = [writer.local(), writer.local()];
  const source = localOf(scope, subject);
  const block = writer.loop(() => planEqual(scope, localOperand(value), term, hold));
  writer.emit("ScanStmt", { source, key, value, block });
}

function planGlob(scope: Scope, subject: Operand, args: readonly Term[], next: () => void): void {
  const { library, writer } = scope;
  planTerms(scope, args, (values) => {
    const result = writer.local();
    library.builder.useBuiltin("glob.match");
    writer.emit("CallStmt", { func: "glob.match", args: [...values, subject], result });
    writer.emit("EqualStmt", { a: localOperand(result), b: trueOperand });
    next();
  });
}

function planItems(scope: Scope, source: Operand, items: readonly (Term | undefined)[], next: () => void): void {
  const { writer } = scope;
  const size = writer.local();
  writer.emit("IsArrayStmt", { source });
  writer.emit("LenStmt", { source, target: size });
  writer.emit("EqualStmt", { a: localOperand(size), b: makeNumber(scope, String(items.length)) });
  for (const [i, item] of items.entries()) {
    if (item === undefined) continue;
    const target = writer.local();
    writer.emit("DotStmt", { source, key: makeNumber(scope, String(i)), target });
    planEqual(scope, localOperand(target), item, () => {});
  }
  next();
}
