import type { RuleNode } from "../compile/compiled.ts";
import type { Operand } from "../run/ir.ts";
import type { Ref, Term } from "../syntax/ast.ts";
import { nowhere } from "../topdown/frame.ts";
import { isIndexText } from "../value/base-path.ts";
import { localOperand } from "./builder.ts";
import { isSelective } from "./key.ts";
import type { Pattern } from "./library.ts";
import { planBaseRoot } from "./root-data.ts";
import { bind, isBound, localOf, type Next, planTerm, type Scope } from "./scope.ts";
import { isFunctionNode } from "./tree.ts";
import { unifyOperand } from "./unify.ts";

export function planRef(scope: Scope, ref: Ref, next: Next<Operand>): void {
  const { terms } = ref;
  const head = terms[0] as Term;
  if (head.kind === "var" && head.name === "data") planData(scope, [], terms.slice(1), next);
  else if (head.kind === "var" && head.name === "input" && terms.length > 1) {
    planPath(scope, localOperand(0), terms, next, 1);
  } else planTerm(scope, head, (value) => planPath(scope, value, terms, next, 1));
}

/** The document at a constant path below `data`, which may lead into the value of a rule. */
export function planDocument(scope: Scope, path: readonly string[], next: Next<Operand>): void {
  const { library, context, writer } = scope;
  const node = library.node(path, context);
  if (node === undefined) {
    if (path.length === 0) next(localOperand(planBaseRoot(scope)));
    else planData(scope, [], path.map(keyTerm), next);
  } else if (path.length === 0) next(call(scope, library.rootFunction(node, context)));
  else if (node.rules.length === 0) next(call(scope, library.documentFunction(node, [], context)));
  else if (isFunctionNode(node)) writer.fail();
  else next(call(scope, library.ruleFunction(node, context)));
}

function keyTerm(value: string): Term {
  return { kind: "string", loc: nowhere, value };
}

/** Walks constant keys through the tree as far as rules reach, then goes on through their value or the base document. */
function planData(scope: Scope, path: readonly string[], operands: readonly Term[], next: Next<Operand>): void {
  const [key, ...rest] = operands;
  const node = scope.library.nodeOnWay(path, key?.kind === "string", scope.context);
  const isBase = node === undefined || (node.rules.length === 0 && key?.kind === "number");
  const isRootScan = isBase && path.length === 0 && key !== undefined && !isBound(scope, key);
  if (isRootScan) planPath(scope, localOperand(planBaseRoot(scope)), operands, next, 0, true);
  else if (isBase) planBase(scope, path, (value) => planPath(scope, value, operands, next, 0, true));
  else if (node.rules.length > 0) planRules(scope, node, operands, next);
  else if (key === undefined) planDocument(scope, path, next);
  else if (key.kind === "string") planData(scope, [...path, key.value], rest, next);
  else planBranches(scope, node, operands, next);
}

function planRules(scope: Scope, node: RuleNode, operands: readonly Term[], next: Next<Operand>): void {
  const [key, ...rest] = operands;
  if (isFunctionNode(node)) scope.writer.fail();
  else if (key !== undefined && scope.library.hasLookups && isBound(scope, key) && isSelective(node)) {
    planTerm(scope, key, (value) => {
      const found = call(scope, scope.library.keyFunction(node, scope.context), value);
      planPath(scope, found, rest, next);
    });
  } else {
    const value = call(scope, scope.library.ruleFunction(node, scope.context));
    planPath(scope, value, operands, next);
  }
}

/**
 * A key that is no constant, where the tree branches. A known one is looked up alone; else the document is made of as much as the
 * operands ask for: `data.policies[x].deny` evaluates no rule but `deny`.
 */
function planBranches(scope: Scope, node: RuleNode, operands: readonly Term[], next: Next<Operand>): void {
  const { library, context } = scope;
  const pattern = operands.map(patternKey);
  const [key, ...rest] = operands as readonly [Term, ...Term[]];
  if (isBound(scope, key)) {
    planTerm(scope, key, (value) => {
      const child = call(scope, library.childFunction(node, pattern.slice(1), context), value);
      planPath(scope, child, rest, next);
    });
  } else planPath(scope, call(scope, library.documentFunction(node, pattern, context)), operands, next);
}

function patternKey(term: Term): Pattern[number] {
  if (term.kind === "string") return term.value;
  return term.kind === "number" && /^\d{1,15}$/.test(term.text) ? Number(term.text) : undefined;
}

function call({ writer }: Scope, func: string, ...args: readonly Operand[]): Operand {
  const result = writer.local();
  writer.emit("CallStmt", { func, args: [localOperand(0), localOperand(1), ...args], result });
  return localOperand(result);
}

function planBase({ writer }: Scope, path: readonly string[], next: Next<Operand>): void {
  let source = localOperand(1);
  for (const part of path) {
    const target = writer.local();
    writer.emit("DotStmt", {
      source,
      key: writer.string(part),
      target,
      ...(isIndexText(part) ? { isBase: true } : {}),
    });
    source = localOperand(target);
  }
  next(source);
}

function planDot(scope: Scope, source: Operand, operand: Term, isBase: boolean, next: Next<Operand>): void {
  const { writer } = scope;
  planTerm(scope, operand, (key) => {
    const target = writer.local();
    writer.emit("DotStmt", { source, key, target, ...(isBase ? { isBase: true } : {}) });
    next(localOperand(target));
  });
}

/**
 * Goes on through a value, from the operand `at` on: by keys that are known, and over all others. OPA's store finds documents of base data
 * (`isBase`) by text: `80` finds the key `"80"`, and `"2"` the third item of an array.
 */
export function planPath(
  scope: Scope,
  source: Operand,
  operands: readonly Term[],
  next: Next<Operand>,
  at: number = 0,
  isBase: boolean = false,
): void {
  const operand = operands[at];
  if (operand === undefined) {
    next(source);
    return;
  }
  const onward = (value: Operand) => planPath(scope, value, operands, next, at + 1, isBase);
  const isName = operand.kind === "string" && !isIndexText(operand.value);
  if (isBound(scope, operand)) planDot(scope, source, operand, isBase && !isName, onward);
  else planScan(scope, source, operand, onward);
}

function planScan(scope: Scope, from: Operand, operand: Term, next: Next<Operand>): void {
  const { writer } = scope;
  const source = localOf(scope, from);
  const [key, value] = [writer.local(), writer.local()];
  const block = writer.loop(() => {
    const found = () => next(localOperand(value));
    if (operand.kind === "var") bind(scope, operand.name, localOperand(key), found);
    else unifyOperand(scope, localOperand(key), operand, found);
  });
  writer.emit("ScanStmt", { source, key, value, block });
}
