import { nameOfRef } from "../compile/names.ts";
import type { Operand } from "../run/ir.ts";
import type { Expr, Ref, Term, With } from "../syntax/ast.ts";
import { isBadPath } from "./bad-path.ts";
import { localOperand } from "./builder.ts";
import { isFunction } from "./calls.ts";
import { isConstant, type Mock, mockRoot, withMock, withShadow } from "./context.ts";
import { isSystem } from "./root-data.ts";
import { type Next, planTerm, type Scope } from "./scope.ts";

/** Plans an expression in a scope, and what follows it. */
type Inside = (scope: Scope, after: () => void) => void;

/**
 * Values first; then each replacement stands around the expression. What follows the expression stands inside it, as it may be iterated,
 * and so inside the undoing of all replacements.
 */
export function planWith(scope: Scope, expr: Expr, inside: Inside, next: () => void): void {
  planValues(scope, expr.with, [], (values) => {
    const changes = expr.with.map((each, i) => changeOf(scope, each, values[i]));
    const saved = [...new Set(changes.flatMap(({ local }) => local ?? []))].map((local) => save(scope, local));
    apply(scope, changes, (inner) => {
      inside(inner, () => undo(scope, saved, next));
    });
  });
}

function planValues(
  scope: Scope,
  withs: readonly With[],
  done: readonly (Operand | undefined)[],
  next: Next<readonly (Operand | undefined)[]>,
): void {
  const each = withs[done.length];
  if (each === undefined) next(done);
  else if (isMockWithoutValue(scope, each)) planValues(scope, withs, [...done, undefined], next);
  else planTerm(scope, each.value, (value) => planValues(scope, withs, [...done, value], next));
}

/** The function or builtin that a target or value of `with` names, if it is one. */
function functionRef(scope: Scope, term: Term): Ref | undefined {
  if (term.kind === "var") {
    const isBuiltin = !scope.vars.has(term.name) && scope.library.compiled.builtin(term.name) !== undefined;
    return isBuiltin ? { kind: "ref", loc: term.loc, terms: [term] } : undefined;
  }
  const name = term.kind === "ref" ? nameOfRef(term) : undefined;
  if (term.kind !== "ref" || name === undefined) return undefined;
  return isFunction(scope, name) || scope.library.compiled.builtin(name) !== undefined ? term : undefined;
}

function isMockWithoutValue(scope: Scope, { target, value }: With): boolean {
  if (functionRef(scope, target) === undefined) return false;
  return isConstant(value) || value.kind === "ref";
}

/** One replacement: of a function, of a document below local 0 or 1, or of a function by a value that lies below `data`. */
interface Change {
  readonly mock?: { readonly target: string; readonly mock: Mock };
  readonly shadow?: readonly string[];
  readonly local?: 0 | 1;
  readonly path?: readonly string[];
  readonly value?: Operand;
  readonly isBad?: true;
}

function changeOf(scope: Scope, each: With, value: Operand | undefined): Change {
  const { target, value: term } = each;
  const replaced = functionRef(scope, target);
  if (replaced !== undefined) {
    const name = nameOfRef(replaced) ?? "";
    if (isConstant(term)) return { mock: { target: name, mock: { kind: "constant", term } } };
    const operator = functionRef(scope, term);
    if (operator !== undefined) return { mock: { target: name, mock: { kind: "function", operator } } };
    // A rule is evaluated where the function would be.
    if (term.kind === "ref") return { mock: { target: name, mock: { kind: "constant", term } } };
    const slot = scope.library.slot(each);
    return { mock: { target: name, mock: { kind: "slot", slot } }, local: 1, path: [mockRoot, slot], ...valued(value) };
  }
  const [head, ...rest] = target.kind === "ref" ? target.terms : [target];
  if (isBadPath(target)) return { local: 0, path: [], isBad: true, ...valued(value) };
  const path = rest.map((key) => (key.kind === "string" ? key.value : ""));
  if (head?.kind !== "var" || head.name !== "data") return { local: 0, path, ...valued(value) };
  const hidesRules = isSystem(path) || scope.library.node(path, scope.context) !== undefined;
  return { local: 1, path, ...valued(value), ...(hidesRules ? { shadow: path } : {}) };
}

function valued(value: Operand | undefined): { readonly value?: Operand } {
  return value === undefined ? {} : { value };
}

function apply(scope: Scope, [change, ...rest]: readonly Change[], inside: Next<Scope>): void {
  if (change === undefined) {
    inside(scope);
    return;
  }
  let { context } = scope;
  if (change.mock !== undefined) context = withMock(context, change.mock.target, change.mock.mock);
  if (change.shadow !== undefined) context = withShadow(context, change.shadow);
  const inner = { ...scope, context };
  if (change.local === undefined || change.value === undefined) {
    apply(inner, rest, inside);
    return;
  }
  const { writer } = scope;
  const path = (change.path ?? []).map((key) => writer.string(key).value as number);
  const block = writer.block(() => apply(inner, rest, inside));
  const isBad = change.isBad === true ? ({ isBad: true } as const) : {};
  writer.emit("WithStmt", { local: change.local, path, value: change.value, block, ...isBad });
}

interface Saved {
  readonly local: number;
  readonly copy: number;
}

function save({ writer }: Scope, local: number): Saved {
  const copy = writer.local();
  writer.emit("AssignVarStmt", { source: localOperand(local), target: copy });
  return { local, copy };
}

function undo(scope: Scope, [saved, ...rest]: readonly Saved[], next: () => void): void {
  if (saved === undefined) {
    next();
    return;
  }
  const { writer } = scope;
  const block = writer.block(() => undo(scope, rest, next));
  writer.emit("WithStmt", { local: saved.local, path: null, value: localOperand(saved.copy), block });
}
