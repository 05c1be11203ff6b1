import type { Checked } from "../check/checker.ts";
import { DYN, type Type } from "../check/type.ts";
import { CONSTRUCT_COST } from "../run/call-cost.ts";
import type { CallExpr, ComprehensionExpr, Expr, ListExpr, MapExpr } from "../syntax/ast.ts";
import { ACCUMULATOR } from "../syntax/macro.ts";
import { codePointCount } from "../value/text.ts";
import { estimateCall, type Operand } from "./call-estimates.ts";
import { add, exactly, multiply, type Range, UNKNOWN, union } from "./range.ts";

/**
 * The bounds of the size of what a path leads to, from its schema: a variable, then fields, `@items`, `@keys` and `@values`.
 * Undefined when nothing is known.
 */
export type SizeOf = (path: readonly string[]) => Range | undefined;

/** The static bounds of an expression's cost, as cel-go and Kubernetes estimate them. */
export function estimateCost(checked: Checked, sizeOf: SizeOf = () => undefined): Range {
  return new Estimator(checked, sizeOf).cost(checked.ast.root);
}

interface Entries {
  readonly kind: "list" | "map";
  readonly key: Range;
  readonly value: Range;
}

interface Local {
  readonly name: string;
  readonly path: readonly string[];
  readonly size: Range | undefined;
  readonly entries: Entries | undefined;
  readonly outer: Local | undefined;
}

const scalars = new Set<Type["kind"]>(["bool", "int", "uint", "double", "timestamp", "duration"]);

class Estimator {
  readonly #checked: Checked;
  readonly #sizeOf: SizeOf;
  readonly #paths = new Map<number, readonly string[]>();
  readonly #sizes = new Map<number, Range>();
  readonly #entries = new Map<number, Entries>();
  #local: Local | undefined;

  constructor(checked: Checked, sizeOf: SizeOf) {
    this.#checked = checked;
    this.#sizeOf = sizeOf;
  }

  cost(expr: Expr): Range {
    switch (expr.kind) {
      case "literal":
        return exactly(0);
      case "ident":
        this.#paths.set(expr.id, this.#find(expr.name)?.path ?? [expr.name]);
        return exactly(1);
      case "select": {
        const operand = this.cost(expr.operand);
        if (expr.isTest) return operand;
        this.#paths.set(expr.id, [...this.#path(expr.operand), expr.field]);
        const { kind } = this.#type(expr.operand);
        return kind === "map" || kind === "struct" || kind === "param" ? add(operand, exactly(1)) : operand;
      }
      case "call":
        return this.#call(expr);
      case "list":
        return this.#list(expr);
      case "map":
        return this.#map(expr);
      case "struct":
        return add(exactly(CONSTRUCT_COST.struct), ...expr.fields.map(({ value }) => this.cost(value)));
      case "comprehension":
        return isBinding(expr) ? this.#binding(expr) : this.#fold(expr);
    }
  }

  #call(expr: CallExpr): Range {
    const reference = this.#checked.references.get(expr.id);
    const [arg] = expr.args;
    if (expr.function === "dyn" && arg !== undefined) {
      const cost = add(exactly(1), this.cost(arg));
      this.#copy(expr, arg);
      return cost;
    }
    const isQualified = reference?.kind === "function" && reference.isQualified;
    const targets = expr.target === undefined || isQualified ? [] : [expr.target];
    const costs = [...targets, ...expr.args].map((each) => this.cost(each));
    if (expr.function === "_&&_" || expr.function === "_||_") {
      const [left, right] = costs as [Range, Range];
      return { min: left.min, max: left.max + right.max };
    }
    if (expr.function === "_?_:_") return this.#conditional(expr, costs);
    const overloads = reference?.kind === "function" ? reference.overloads.map(({ id }) => id) : [""];
    const operands = [...targets, ...expr.args].map((each) => this.#operand(each));
    const name = isQualified && expr.target !== undefined ? `${nameOf(expr.target)}.${expr.function}` : expr.function;
    return add(...costs, this.#byOverloads(expr, name, overloads, operands));
  }

  #byOverloads(expr: CallExpr, name: string, overloads: readonly string[], operands: readonly Operand[]): Range {
    let cost: Range | undefined;
    let size: Range | undefined;
    for (const overload of overloads) {
      const estimate = estimateCall(name, overload, operands);
      cost = cost === undefined ? estimate.cost : union(cost, estimate.cost);
      if (estimate.size !== undefined) size = size === undefined ? estimate.size : union(size, estimate.size);
      const [container] = expr.args;
      if (container !== undefined && (overload === "index_list" || overload === "index_map")) {
        size = this.#entriesOf(container)?.value;
        this.#paths.set(expr.id, [...this.#path(container), overload === "index_list" ? "@items" : "@values"]);
      }
      if (overload === "add_list") this.#concat(expr);
      size ??= this.#size(expr);
    }
    if (size !== undefined) this.#sizes.set(expr.id, size);
    return cost ?? exactly(1);
  }

  #concat(expr: CallExpr): void {
    const [left, right] = expr.args.map((each) => this.#entriesOf(each));
    if (left !== undefined && right !== undefined) this.#entries.set(expr.id, joinEntries(left, right));
  }

  #conditional(expr: CallExpr, [condition, yes, no]: readonly Range[]): Range {
    const [, left, right] = expr.args as [Expr, Expr, Expr];
    const [a, b] = [this.#entriesOf(left), this.#entriesOf(right)];
    if (a !== undefined && b !== undefined) this.#entries.set(expr.id, joinEntries(a, b));
    this.#sizes.set(expr.id, union(this.#size(left) ?? UNKNOWN, this.#size(right) ?? UNKNOWN));
    return add(condition as Range, union(yes as Range, no as Range));
  }

  #operand(expr: Expr): Operand {
    const path = this.#path(expr);
    const known = path[0] === ACCUMULATOR ? [] : path;
    return {
      expr,
      type: this.#type(expr),
      size: this.#size(expr) ?? UNKNOWN,
      elementSize: () => (known.length === 0 ? undefined : this.#sizeOf([...known, "@items"])) ?? UNKNOWN,
    };
  }

  #list(expr: ListExpr): Range {
    const costs = expr.elements.map((each) => this.cost(each));
    this.#entries.set(expr.id, { kind: "list", key: exactly(1), value: this.#span(expr.elements) });
    return add(exactly(CONSTRUCT_COST.list), ...costs);
  }

  #map(expr: MapExpr): Range {
    const costs = expr.entries.flatMap(({ key, value }) => [this.cost(key), this.cost(value)]);
    const key = this.#span(expr.entries.map((entry) => entry.key));
    this.#entries.set(expr.id, { kind: "map", key, value: this.#span(expr.entries.map(({ value }) => value)) });
    return add(exactly(CONSTRUCT_COST.map), ...costs);
  }

  /** The bounds of the sizes of all these. */
  #span(exprs: readonly Expr[]): Range {
    return exprs
      .map((each) => this.#size(each) ?? UNKNOWN)
      .reduce(union, exprs.length === 0 ? exactly(0) : { min: Number.POSITIVE_INFINITY, max: 0 });
  }

  #binding(expr: ComprehensionExpr): Range {
    const cost = add(this.cost(expr.range), this.cost(expr.accuInit));
    const outer = this.#local;
    this.#declare(expr.accuVar, this.#path(expr.accuInit), this.#size(expr.accuInit), this.#entriesOf(expr.accuInit));
    const result = this.cost(expr.result);
    this.#copy(expr, expr.result);
    this.#local = outer;
    return add(cost, result);
  }

  #fold(expr: ComprehensionExpr): Range {
    const start = add(this.cost(expr.range), this.cost(expr.accuInit));
    const outer = this.#local;
    this.#declare(expr.accuVar, this.#path(expr.accuInit), this.#size(expr.accuInit), this.#entriesOf(expr.accuInit));
    const inner = this.#local;
    this.#declareElements(expr);
    const round = add(this.cost(expr.condition), this.cost(expr.step));
    const stepEntries = this.#entriesOf(expr.step);
    this.#local = inner;
    const result = this.cost(expr.result);
    this.#local = outer;
    const count = this.#size(expr.range) ?? UNKNOWN;
    this.#sizeOfFold(expr, count, stepEntries);
    return add(start, result, multiply(count, round));
  }

  #sizeOfFold(expr: ComprehensionExpr, count: Range, entries: Entries | undefined): void {
    const { kind } = expr.accuInit;
    if (kind === "literal") this.#sizes.set(expr.id, this.#size(expr.accuInit) ?? UNKNOWN);
    if (kind !== "list" && kind !== "map") return;
    this.#sizes.set(expr.id, count);
    if (entries !== undefined) this.#entries.set(expr.id, entries);
  }

  #declareElements({ range, iterVar, iterVar2 }: ComprehensionExpr): void {
    const entries = this.#entriesOf(range);
    const path = this.#path(range);
    const isList = (entries?.kind ?? this.#type(range).kind) === "list";
    const element = (name: string, part: "key" | "value") => {
      const step = part === "key" ? (isList ? "@indices" : "@keys") : isList ? "@items" : "@values";
      // Also where nothing leads to the range: cel-go's sizes are those of the root then, which has none.
      this.#declare(name, [...path, step], entries?.[part], undefined);
    };
    if (iterVar2 === undefined) element(iterVar, isList ? "value" : "key");
    else {
      element(iterVar, "key");
      element(iterVar2, "value");
    }
  }

  #declare(name: string, path: readonly string[], size: Range | undefined, entries: Entries | undefined): void {
    this.#local = { name, path, size, entries, outer: this.#local };
  }

  #find(name: string): Local | undefined {
    for (let local = this.#local; local !== undefined; local = local.outer) if (local.name === name) return local;
    return undefined;
  }

  #type(expr: Expr): Type {
    return this.#checked.types.get(expr.id) ?? DYN;
  }

  #path(expr: Expr): readonly string[] {
    const local = expr.kind === "ident" ? this.#find(expr.name) : undefined;
    return local?.path ?? this.#paths.get(expr.id) ?? [];
  }

  #copy(to: Expr, from: Expr): void {
    const size = this.#size(from);
    if (size !== undefined) this.#sizes.set(to.id, size);
    const entries = this.#entriesOf(from);
    if (entries !== undefined) this.#entries.set(to.id, entries);
  }

  #size(expr: Expr): Range | undefined {
    const known = this.#sizes.get(expr.id) ?? literalSize(expr);
    if (known !== undefined) return known;
    const path = this.#path(expr);
    const declared = path.length === 0 ? undefined : this.#sizeOf(path);
    if (declared !== undefined) return declared;
    if (scalars.has(this.#type(expr).kind)) return exactly(1);
    return expr.kind === "ident" ? this.#find(expr.name)?.size : undefined;
  }

  #entriesOf(expr: Expr): Entries | undefined {
    return this.#entries.get(expr.id) ?? (expr.kind === "ident" ? this.#find(expr.name)?.entries : undefined);
  }
}

function joinEntries(a: Entries, b: Entries): Entries {
  return { kind: a.kind, key: union(a.key, b.key), value: union(a.value, b.value) };
}

function literalSize(expr: Expr): Range | undefined {
  if (expr.kind === "list") return exactly(expr.elements.length);
  if (expr.kind === "map") return exactly(expr.entries.length);
  if (expr.kind !== "literal") return undefined;
  if (typeof expr.value === "string") return exactly(codePointCount(expr.value));
  return exactly(expr.value instanceof Uint8Array ? expr.value.length : 1);
}

function isBinding({ range, condition, accuVar }: ComprehensionExpr): boolean {
  const isEmpty = range.kind === "list" && range.elements.length === 0;
  return isEmpty && condition.kind === "literal" && condition.value === false && accuVar !== ACCUMULATOR;
}

function nameOf(expr: Expr): string {
  if (expr.kind === "ident") return expr.name;
  return expr.kind === "select" ? `${nameOf(expr.operand)}.${expr.field}` : "";
}
