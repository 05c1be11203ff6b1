import { nameOfRef } from "../compile/names.ts";
import type { Operand } from "../run/ir.ts";
import type { Call, Ref, Term } from "../syntax/ast.ts";
import { falseOperand, localOperand } from "./builder.ts";
import { type Mock, mockRoot, plainContext, withoutMocks } from "./context.ts";
import { isBound, type Next, planTerm, planTerms, type Scope } from "./scope.ts";
import { unify, unifyOperand } from "./unify.ts";

/** A call as an expression: an equation, a call with its output as one argument more, or one that must not be false. */
export function planCallExpr(scope: Scope, operator: Ref, args: readonly Term[], next: () => void): void {
  const name = nameOfRef(operator) ?? "";
  if ((name === "eq" || name === "equal") && args.length === 2) {
    unify(scope, args[0] as Term, args[1] as Term, next);
    return;
  }
  if (planKnownWalk(scope, name, args, next)) return;
  if (isRuleRead(scope, operator, name)) {
    planRead(scope, operator, args, next);
    return;
  }
  const arity = arityOf(scope, name) ?? args.length;
  const output = args[arity];
  planFunction(scope, operator, args.slice(0, arity), (value) => {
    if (output !== undefined) unifyOperand(scope, value, output, next);
    else {
      if (!isVoid(scope, name)) scope.writer.emit("NotEqualStmt", { a: value, b: falseOperand });
      next();
    }
  });
}

/** The type checker lets a rule be called without arguments whose value may be anything: it is read. */
function isRuleRead(scope: Scope, operator: Ref, name: string): boolean {
  const [head] = operator.terms;
  return head?.kind === "var" && head.name === "data" && !isFunction(scope, name) && !scope.context.mocks.has(name);
}

function planRead(scope: Scope, operator: Ref, [output]: readonly Term[], next: () => void): void {
  if (output !== undefined) {
    unify(scope, operator, output, next);
    return;
  }
  planTerm(scope, operator, (value) => {
    scope.writer.emit("NotEqualStmt", { a: value, b: falseOperand });
    next();
  });
}

/** `walk(document, [["a", x], value])` where the path is known is a lookup: no other path need be walked. */
function planKnownWalk(scope: Scope, name: string, args: readonly Term[], next: () => void): boolean {
  const [document, output] = args;
  if (name !== "walk" || !scope.library.hasLookups || scope.context.mocks.has(name)) return false;
  if (document === undefined || output?.kind !== "array" || output.items.length !== 2) return false;
  const [path, value] = output.items as readonly [Term, Term];
  if (path.kind !== "array" || path.items.length === 0 || !isBound(scope, path)) return false;
  planTerms(scope, [document, ...path.items], ([from, ...keys]) => {
    const found = keys.reduce((source: Operand, key) => {
      const target = scope.writer.local();
      scope.writer.emit("DotStmt", { source, key, target });
      return localOperand(target);
    }, from as Operand);
    unifyOperand(scope, found, value, next);
  });
  return true;
}

/** A call inside a term. */
export function planCall(scope: Scope, { operator, args }: Call, next: Next<Operand>): void {
  planFunction(scope, operator, args, next);
}

/** True when the name is that of a function with rules. */
export function isFunction({ library }: Scope, name: string): boolean {
  return library.arity(name) !== undefined;
}

function arityOf({ library }: Scope, name: string): number | undefined {
  return library.arity(name) ?? library.compiled.builtin(name)?.args.length;
}

/** A builtin without a result, as `print`: called for its effect. */
function isVoid({ library }: Scope, name: string): boolean {
  const signature = library.compiled.builtin(name);
  return signature !== undefined && signature.result === undefined;
}

function planFunction(scope: Scope, operator: Ref, args: readonly Term[], next: Next<Operand>): void {
  const mock = scope.context.mocks.get(nameOfRef(operator) ?? "");
  planTerms(scope, args, (values) => {
    if (mock === undefined) planPlainCall(scope, operator, values, next);
    else if (mock.kind === "function") {
      const inner = { ...scope, context: withoutMocks(scope.context) };
      planPlainCall(inner, mock.operator, values, next);
    } else planMockedValue(scope, mock, next);
  });
}

function planPlainCall(scope: Scope, operator: Ref, values: readonly Operand[], next: Next<Operand>): void {
  const name = nameOfRef(operator) ?? "";
  if (isFunction(scope, name)) planRuleCall(scope, operator, values, next);
  else planBuiltinCall(scope, name, values, next);
}

function planRuleCall(
  { library, writer, context }: Scope,
  operator: Ref,
  values: readonly Operand[],
  next: Next<Operand>,
): void {
  const path = operator.terms.slice(1).map((term) => (term.kind === "string" ? term.value : ""));
  // What `with` puts in the place of documents hides no function.
  const node = library.node(path, plainContext);
  if (node === undefined || node.rules.length === 0) {
    writer.fail();
    return;
  }
  const result = writer.local();
  const args = [localOperand(0), localOperand(1), ...values];
  writer.emit("CallStmt", { func: library.ruleFunction(node, context), args, result });
  next(localOperand(result));
}

function planBuiltinCall(
  { library, writer }: Scope,
  name: string,
  values: readonly Operand[],
  next: Next<Operand>,
): void {
  const result = writer.local();
  library.builder.useBuiltin(name);
  writer.emit("CallStmt", { func: name, args: values, result });
  if (library.compiled.builtin(name)?.relation !== true) {
    next(localOperand(result));
    return;
  }
  const [key, value] = [writer.local(), writer.local()];
  const block = writer.loop(() => next(localOperand(value)));
  writer.emit("ScanStmt", { source: result, key, value, block });
}

function planMockedValue(scope: Scope, mock: Exclude<Mock, { kind: "function" }>, next: Next<Operand>): void {
  if (mock.kind === "constant") {
    planTerm(scope, mock.term, next);
    return;
  }
  const { writer } = scope;
  const [root, target] = [writer.local(), writer.local()];
  writer.emit("DotStmt", { source: localOperand(1), key: writer.string(mockRoot), target: root });
  writer.emit("DotStmt", { source: localOperand(root), key: writer.string(mock.slot), target });
  next(localOperand(target));
}
