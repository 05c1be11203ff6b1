import type { Value } from "../value/value.ts";

/**
 * An expression after macro expansion: the shape of cel-spec's `syntax.proto`. Each node has an id of its own; the checker
 * keeps types and references by it, `Ast.offsets` its place.
 */
export type Expr =
  | LiteralExpr
  | IdentExpr
  | SelectExpr
  | CallExpr
  | ListExpr
  | MapExpr
  | StructExpr
  | ComprehensionExpr;

export interface LiteralExpr {
  readonly kind: "literal";
  readonly id: number;
  readonly value: Value;
}

export interface IdentExpr {
  readonly kind: "ident";
  readonly id: number;
  /** A leading dot means that the name is looked up from the root alone. */
  readonly name: string;
}

export interface SelectExpr {
  readonly kind: "select";
  readonly id: number;
  readonly operand: Expr;
  readonly field: string;
  /** `has(operand.field)`. */
  readonly isTest: boolean;
}

export interface CallExpr {
  readonly kind: "call";
  readonly id: number;
  /** Operators have the names of cel-spec: `_+_`, `_[_]`, `@in`, `_?_:_`. */
  readonly function: string;
  readonly target: Expr | undefined;
  readonly args: readonly Expr[];
}

export interface ListExpr {
  readonly kind: "list";
  readonly id: number;
  readonly elements: readonly Expr[];
  /** Places of the elements that are written `?element`. */
  readonly optionals: ReadonlySet<number>;
}

export interface MapExpr {
  readonly kind: "map";
  readonly id: number;
  readonly entries: readonly MapEntry[];
}

export interface MapEntry {
  readonly id: number;
  readonly key: Expr;
  readonly value: Expr;
  readonly isOptional: boolean;
}

export interface StructExpr {
  readonly kind: "struct";
  readonly id: number;
  readonly name: string;
  readonly fields: readonly StructField[];
}

export interface StructField {
  readonly id: number;
  readonly name: string;
  readonly value: Expr;
  readonly isOptional: boolean;
}

/** A fold, which all macros over lists and maps become. */
export interface ComprehensionExpr {
  readonly kind: "comprehension";
  readonly id: number;
  readonly range: Expr;
  readonly iterVar: string;
  /** With it, `iterVar` is the index or key, and this the element or value. */
  readonly iterVar2: string | undefined;
  readonly accuVar: string;
  readonly accuInit: Expr;
  readonly condition: Expr;
  readonly step: Expr;
  readonly result: Expr;
}

/** A parsed expression, with the offset of each node by its id. */
export interface Ast {
  readonly root: Expr;
  readonly offsets: readonly number[];
}
