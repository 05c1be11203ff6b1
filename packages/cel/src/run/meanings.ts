import type { Reference } from "../check/checker.ts";
import type { Overload } from "../check/environment.ts";
import { regularExpression } from "../library/regular-expression.ts";
import type { CallExpr, ComprehensionExpr, Expr, ListExpr, MapExpr } from "../syntax/ast.ts";
import { ACCUMULATOR } from "../syntax/macro.ts";
import { EntryMap } from "../value/map.ts";
import { ArrayList, CelError, type Value } from "../value/value.ts";
import { createDispatch } from "./dispatch.ts";

/** What a call calls, and on what. */
export interface Callee {
  /** With the namespace of a function that is qualified. */
  readonly name: string;
  readonly overloads: readonly Overload[];
  readonly operands: readonly Expr[];
}

/** What of a checked expression is known before any evaluation: closures and JavaScript are made by the same rules. */
export class Meanings {
  /** What of the expression can only fail. */
  fault: string | undefined;
  readonly #references: ReadonlyMap<number, Reference>;

  constructor(references: ReadonlyMap<number, Reference>) {
    this.#references = references;
  }

  of({ id }: { readonly id: number }): Reference | undefined {
    return this.#references.get(id);
  }

  isConstant(expr: Expr): boolean {
    return this.of(expr)?.kind === "constant";
  }

  /** Whether a path pays a unit for its root: all but those that begin with a conditional. */
  paysForRoot(path: Expr): boolean {
    let root = path;
    while (root.kind === "select" || (root.kind === "call" && isPathCall(root))) {
      if (this.of(root)?.kind === "variable") break;
      root = root.kind === "select" ? root.operand : (root.args[0] as Expr);
    }
    return root.kind !== "call" || root.function !== "_?_:_";
  }

  callee(expr: CallExpr): Callee {
    const reference = this.of(expr);
    const overloads = reference?.kind === "function" ? reference.overloads : [];
    const isQualified = reference?.kind === "function" && reference.isQualified;
    return {
      name: isQualified ? `${qualifiedName(expr.target as Expr)}.${expr.function}` : expr.function,
      overloads,
      operands: expr.target === undefined || isQualified ? expr.args : [expr.target, ...expr.args],
    };
  }

  /** The element of `@result + [x]`, by which a fold grows its list; undefined for all other calls. */
  appended({ function: name, args: [left, right] }: CallExpr): ListExpr | undefined {
    if (name !== "_+_" || left?.kind !== "ident" || left.name !== ACCUMULATOR) return undefined;
    return right?.kind === "list" && right.elements.length === 1 && right.optionals.size === 0 ? right : undefined;
  }

  /** Whether it is `or` or `orValue` of an optional value, which evaluate their argument only when it is needed. */
  isLazyOptional(expr: CallExpr): boolean {
    const reference = this.of(expr);
    if (expr.target === undefined || expr.args.length !== 1 || reference?.kind !== "function") return false;
    return (expr.function === "or" || expr.function === "orValue") && !reference.isQualified;
  }

  /** The values of a list of literals that `@in` looks through; undefined for all other calls. */
  literalsOf({ function: name, args: [, list] }: CallExpr): readonly Value[] | undefined {
    if (name !== "@in" || list?.kind !== "list" || list.optionals.size > 0) return undefined;
    if (!list.elements.every(({ kind }) => kind === "literal")) return undefined;
    return list.elements.map((each) => (each.kind === "literal" ? each.value : null));
  }

  /** A literal pattern is compiled at once, as the reference evaluator does. */
  checkPattern({ function: name, args }: CallExpr): void {
    if (name !== "matches" && name !== "find" && name !== "findAll") return;
    const pattern = name === "matches" ? args.at(-1) : args[0];
    if (pattern?.kind !== "literal" || typeof pattern.value !== "string") return;
    const compiled = regularExpression(pattern.value);
    if (compiled instanceof CelError) this.fault ??= compiled.message;
  }

  /** The value of a literal, or of conversions of one, which are done once; undefined when they fail or it is anything else. */
  fold(expr: Expr): Value | undefined {
    if (expr.kind === "literal") return expr.value;
    if (expr.kind === "list") return this.#foldList(expr);
    if (expr.kind === "map") return this.#foldMap(expr);
    if (expr.kind !== "call" || !isFoldable(expr.function) || expr.target !== undefined || expr.args.length !== 1) {
      return undefined;
    }
    const reference = this.of(expr);
    const arg = this.fold(expr.args[0] as Expr);
    if (arg === undefined || reference?.kind !== "function") return undefined;
    const value = createDispatch(expr.function, reference.overloads)([arg]);
    if (!(value instanceof CelError)) return value;
    this.fault ??= value.message;
    return undefined;
  }

  #foldList({ elements, optionals }: ListExpr): Value | undefined {
    const values = optionals.size > 0 ? [undefined] : elements.map((each) => this.fold(each));
    return values.includes(undefined) ? undefined : new ArrayList(values as readonly Value[]);
  }

  #foldMap({ entries }: MapExpr): Value | undefined {
    const made = new EntryMap();
    for (const { key, value, isOptional } of entries) {
      const [name, content] = isOptional ? [] : [this.fold(key), this.fold(value)];
      if (name === undefined || content === undefined || made.add(name, content) !== undefined) return undefined;
    }
    return made;
  }

  /** Whether a list or map is made of literals alone, so that it costs nothing at run time. */
  isLiteral(expr: Expr): boolean {
    if (this.fold(expr) !== undefined) return true;
    if (expr.kind === "list") return expr.optionals.size === 0 && expr.elements.every((each) => this.isLiteral(each));
    if (expr.kind !== "map") return false;
    return expr.entries.every(
      ({ key, value, isOptional }) => !isOptional && this.isLiteral(key) && this.isLiteral(value),
    );
  }
}

/** Whether it is an index, which is part of a path. */
export function isPathCall({ function: name }: CallExpr): boolean {
  return name === "_[_]" || name === "_[?_]" || name === "_?._";
}

/** Whether a fold begins with an empty list that only it sees, which may grow in place. */
export function growsList({ accuInit, accuVar }: ComprehensionExpr): boolean {
  return accuVar === ACCUMULATOR && accuInit.kind === "list" && accuInit.elements.length === 0;
}

/** Conversions of literals are done once. */
function isFoldable(name: string): boolean {
  return ["bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"].includes(name);
}

function qualifiedName(expr: Expr): string {
  if (expr.kind === "ident") return expr.name;
  return expr.kind === "select" ? `${qualifiedName(expr.operand)}.${expr.field}` : "";
}
