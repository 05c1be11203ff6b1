import type { Checked, Reference } from "../check/checker.ts";
import type { Environment } from "../check/environment.ts";
import { regularExpression } from "../library/regular-expression.ts";
import type { CallExpr, ComprehensionExpr, Expr, ListExpr, MapExpr, SelectExpr, StructExpr } from "../syntax/ast.ts";
import { ACCUMULATOR } from "../syntax/macro.ts";
import { isEqual } from "../value/equal.ts";
import { ArrayList, CelError, Optional, type Value } from "../value/value.ts";
import { isPresent } from "./access.ts";
import { CONSTRUCT_COST, callCost } from "./call-cost.ts";
import { list, map, struct } from "./constructs.ts";
import { createDispatch } from "./dispatch.ts";
import { GrowingList } from "./growing.ts";
import { roundsOf } from "./iterate.ts";
import { conditional, equality, logic } from "./logic.ts";
import { charged, constant, element, fields, notStrictlyFalse, optionalElement, strict, variableOf } from "./nodes.ts";
import type { Code } from "./state.ts";

/** Makes a checked expression a tree of closures; each charges what Kubernetes' evaluator counts for its node. */
export function createCode(checked: Checked, environment: Environment): CompiledCode {
  const maker = new Maker(checked, environment);
  const code = maker.code(checked.ast.root);
  return { code, slots: maker.slots, fault: maker.fault };
}

interface CompiledCode {
  readonly code: Code;
  /** How many local variables it needs. */
  readonly slots: number;
  /** What of it can only fail. */
  readonly fault: string | undefined;
}

interface Scope {
  readonly name: string;
  readonly slot: number;
  readonly outer: Scope | undefined;
}

class Maker {
  slots = 0;
  fault: string | undefined;
  readonly #references: ReadonlyMap<number, Reference>;
  readonly #environment: Environment;
  #scope: Scope | undefined;

  constructor({ references }: Checked, environment: Environment) {
    this.#references = references;
    this.#environment = environment;
  }

  code(expr: Expr): Code {
    switch (expr.kind) {
      case "literal": {
        const { value } = expr;
        return () => value;
      }
      case "ident":
        return this.#isConstant(expr) ? this.#name(expr.id, expr.name) : charged(this.#name(expr.id, expr.name));
      case "select":
        return this.#select(expr);
      case "call":
        return this.#call(expr);
      case "list":
        return this.#list(expr);
      case "map":
        return this.#map(expr);
      case "struct":
        return this.#struct(expr);
      case "comprehension":
        return this.#comprehension(expr);
    }
  }

  /**
   * A path without the unit for its root: names, selections, indexes, and the branches of a conditional, which the
   * reference evaluator resolves as one attribute.
   */
  #path(expr: Expr): Code {
    if (expr.kind === "ident") return this.#name(expr.id, expr.name);
    if (expr.kind === "select" && !expr.isTest) {
      if (this.#references.has(expr.id)) return this.#name(expr.id, expr.field);
      return this.#fields(expr);
    }
    if (expr.kind !== "call") return this.code(expr);
    if (expr.function === "_?_:_") return this.#conditional(expr);
    if (!isPathCall(expr)) return this.code(expr);
    const operand = this.#path(expr.args[0] as Expr);
    // A path as an index is part of the path it indexes.
    const key = this.#path(expr.args[1] as Expr);
    return expr.function === "_[_]" ? element(operand, key) : optionalElement(operand, key);
  }

  /** A selection, of a selection, of …: one function for all of them. */
  #fields(expr: SelectExpr): Code {
    const names: string[] = [];
    let operand: Expr = expr;
    while (operand.kind === "select" && !operand.isTest && !this.#references.has(operand.id)) {
      names.unshift(operand.field);
      operand = operand.operand;
    }
    const reference = this.#references.get(operand.id);
    const [first = "", ...more] = names;
    if (reference?.kind !== "variable" || reference.name !== "variables") return fields(this.#path(operand), names);
    const variable = variableOf(this.#path(operand), first);
    return more.length === 0 ? variable : fields(variable, more);
  }

  #select(expr: SelectExpr): Code {
    if (this.#isConstant(expr)) return this.#name(expr.id, expr.field);
    if (!expr.isTest) return this.#rooted(expr);
    const operand = this.#path(expr.operand);
    const { field } = expr;
    return (run) => {
      const value = operand(run);
      if (value instanceof CelError) return value;
      run.charge(1);
      return isPresent(value, field);
    };
  }

  /** A path with the unit for its root, unless that is a conditional. */
  #rooted(expr: Expr): Code {
    let root = expr;
    while (root.kind === "select" || (root.kind === "call" && isPathCall(root))) {
      if (this.#references.get(root.id)?.kind === "variable") break;
      root = root.kind === "select" ? root.operand : (root.args[0] as Expr);
    }
    const path = this.#path(expr);
    return root.kind === "call" && root.function === "_?_:_" ? path : charged(path);
  }

  #isConstant(expr: Expr): boolean {
    return this.#references.get(expr.id)?.kind === "constant";
  }

  #name(id: number, written: string): Code {
    const reference = this.#references.get(id);
    if (reference?.kind === "constant") {
      const { value } = reference;
      return () => value;
    }
    if (reference?.kind === "local") {
      const slot = this.#slotOf(reference.name);
      return (run) => run.locals[slot] as Value;
    }
    const name = reference?.kind === "variable" ? reference.name : written;
    const missing = new CelError(`no such attribute(s): ${name}`);
    return ({ activation }) => {
      const value = activation.find(name);
      return value === undefined ? missing : value;
    };
  }

  #slotOf(name: string): number {
    for (let scope = this.#scope; scope !== undefined; scope = scope.outer) if (scope.name === name) return scope.slot;
    throw new Error(`local variable ${name} has no slot`);
  }

  #call(expr: CallExpr): Code {
    switch (expr.function) {
      case "_&&_":
        return logic(this.code(expr.args[0] as Expr), this.code(expr.args[1] as Expr), false);
      case "_||_":
        return logic(this.code(expr.args[0] as Expr), this.code(expr.args[1] as Expr), true);
      case "_?_:_":
        return this.#conditional(expr);
      case "_[_]":
      case "_[?_]":
      case "_?._":
        return this.#rooted(expr);
      case "_==_":
      case "_!=_":
        return this.#equality(expr);
      case "@not_strictly_false":
        return notStrictlyFalse(this.code(expr.args[0] as Expr));
      default:
        return this.#append(expr) ?? this.#lazyOptional(expr) ?? this.#membership(expr) ?? this.#function(expr);
    }
  }

  #conditional({ args }: CallExpr): Code {
    return conditional(this.code(args[0] as Expr), this.#path(args[1] as Expr), this.#path(args[2] as Expr));
  }

  #equality(expr: CallExpr): Code {
    const wanted = expr.function === "_==_";
    const cost = callCost(expr.function, wanted ? "equals" : "not_equals");
    return equality(this.code(expr.args[0] as Expr), this.code(expr.args[1] as Expr), wanted, cost);
  }

  /** `@result + [x]` of a fold grows the list in place. */
  #append(expr: CallExpr): Code | undefined {
    const [left, right] = expr.args;
    if (expr.function !== "_+_" || left?.kind !== "ident" || left.name !== ACCUMULATOR) return undefined;
    if (right?.kind !== "list" || right.elements.length !== 1 || right.optionals.size > 0) return undefined;
    const slot = this.#slotOf(ACCUMULATOR);
    const element = this.code(right.elements[0] as Expr);
    const isConstant = this.#isLiteral(right);
    return (run) => {
      const list = run.locals[slot] as Value;
      const value = element(run);
      run.charge(isConstant ? 2 : 2 + CONSTRUCT_COST.list);
      if (list instanceof CelError) return list;
      if (value instanceof CelError) return value;
      if (!(list instanceof GrowingList)) return new CelError("no such overload");
      list.push(value);
      return list;
    };
  }

  /** `or` and `orValue` evaluate their argument only when it is needed, and cost nothing. */
  #lazyOptional(expr: CallExpr): Code | undefined {
    const reference = this.#references.get(expr.id);
    if (expr.target === undefined || expr.args.length !== 1 || reference?.kind !== "function") return undefined;
    if (expr.function !== "or" && expr.function !== "orValue") return undefined;
    if (reference.isQualified) return undefined;
    const target = this.code(expr.target);
    const other = this.code(expr.args[0] as Expr);
    const unwraps = expr.function === "orValue";
    return (run) => {
      const value = target(run);
      if (!(value instanceof Optional)) return value instanceof CelError ? value : new CelError("no such overload");
      if (value.value !== undefined) return unwraps ? value.value : value;
      return other(run);
    };
  }

  /** `x in [literals]` is a look-up without cost of its own. */
  #membership(expr: CallExpr): Code | undefined {
    const [needle, list] = expr.args;
    if (expr.function !== "@in" || list?.kind !== "list" || list.optionals.size > 0) return undefined;
    if (!list.elements.every(({ kind }) => kind === "literal")) return undefined;
    const left = this.code(needle as Expr);
    const values = list.elements.map((each) => (each.kind === "literal" ? each.value : null));
    const texts = values.every((each) => typeof each === "string") ? new Set<Value>(values) : undefined;
    return (run) => {
      const value = left(run);
      if (value instanceof CelError) return value;
      return texts === undefined ? values.some((each) => isEqual(each, value)) : texts.has(value);
    };
  }

  #function(expr: CallExpr): Code {
    const reference = this.#references.get(expr.id);
    const overloads = reference?.kind === "function" ? reference.overloads : [];
    const isQualified = reference?.kind === "function" && reference.isQualified;
    const operands = expr.target === undefined || isQualified ? expr.args : [expr.target, ...expr.args];
    const name = isQualified ? `${qualifiedName(expr.target as Expr)}.${expr.function}` : expr.function;
    const folded = this.#fold(expr);
    if (folded !== undefined) return () => folded;
    const call = createDispatch(name, overloads);
    this.#checkPattern(expr);
    const cost = callCost(name, overloads.length === 1 ? (overloads[0]?.id ?? "") : "");
    return strict(
      operands.map((each) => this.code(each)),
      call,
      cost,
    );
  }

  /** A literal pattern is compiled at once, as the reference evaluator does. */
  #checkPattern({ function: name, args }: CallExpr): void {
    if (name !== "matches" && name !== "find" && name !== "findAll") return;
    const pattern = name === "matches" ? args.at(-1) : args[0];
    if (pattern?.kind !== "literal" || typeof pattern.value !== "string") return;
    const compiled = regularExpression(pattern.value);
    if (compiled instanceof CelError) this.fault ??= compiled.message;
  }

  /** The value of a literal, or of conversions of one, which are done once; undefined when they fail or it is anything else. */
  #fold(expr: Expr): Value | undefined {
    if (expr.kind === "literal") return expr.value;
    if (expr.kind === "list") return this.#foldList(expr);
    if (expr.kind !== "call" || !isFoldable(expr.function) || expr.target !== undefined || expr.args.length !== 1) {
      return undefined;
    }
    const reference = this.#references.get(expr.id);
    const arg = this.#fold(expr.args[0] as Expr);
    if (arg === undefined || reference?.kind !== "function") return undefined;
    const value = createDispatch(expr.function, reference.overloads)([arg]);
    if (!(value instanceof CelError)) return value;
    this.fault ??= value.message;
    return undefined;
  }

  #foldList({ elements, optionals }: ListExpr): Value | undefined {
    const values = optionals.size > 0 ? [undefined] : elements.map((each) => this.#fold(each));
    return values.includes(undefined) ? undefined : new ArrayList(values as readonly Value[]);
  }

  /** Whether a list or map is made of literals alone, so that it costs nothing at run time. */
  #isLiteral(expr: Expr): boolean {
    if (this.#fold(expr) !== undefined) return true;
    if (expr.kind === "list") return expr.optionals.size === 0 && expr.elements.every((each) => this.#isLiteral(each));
    if (expr.kind !== "map") return false;
    return expr.entries.every(
      ({ key, value, isOptional }) => !isOptional && this.#isLiteral(key) && this.#isLiteral(value),
    );
  }

  #list(expr: ListExpr): Code {
    const elements = expr.elements.map((each) => this.code(each));
    return this.#isLiteral(expr) ? constant(elements) : list(elements, expr.optionals);
  }

  #map(expr: MapExpr): Code {
    const entries = expr.entries.map(({ key, value, isOptional }) => ({
      key: this.code(key),
      value: this.code(value),
      isOptional,
    }));
    return map(entries, this.#isLiteral(expr) ? 0 : CONSTRUCT_COST.map, this.#environment.options.lenientMaps === true);
  }

  #struct(expr: StructExpr): Code {
    const reference = this.#references.get(expr.id);
    const create = reference?.kind === "struct" ? this.#environment.struct(reference.name)?.create : undefined;
    if (create === undefined) {
      const fault = new CelError(`unknown type: '${expr.name}'`);
      return () => fault;
    }
    const fields = expr.fields.map(({ name, value, isOptional }) => ({ name, value: this.code(value), isOptional }));
    return struct(fields, create);
  }

  #comprehension(expr: ComprehensionExpr): Code {
    const range = this.code(expr.range);
    const init = this.code(expr.accuInit);
    const outer = this.#scope;
    const accu = this.#declare(expr.accuVar);
    const inner = this.#scope;
    const first = this.#declare(expr.iterVar);
    const second = expr.iterVar2 === undefined ? undefined : this.#declare(expr.iterVar2);
    const condition = this.code(expr.condition);
    const step = this.code(expr.step);
    this.#scope = inner;
    const result = this.code(expr.result);
    this.#scope = outer;
    const start = freshAccumulator(expr) ?? init;
    return (run) => {
      const over = range(run);
      const rounds = roundsOf(over, second !== undefined);
      if (rounds instanceof CelError) return rounds;
      const { locals } = run;
      locals[accu] = start(run);
      for (let round = 0; round < rounds.count; round++) {
        locals[first] = rounds.first(round);
        if (second !== undefined) locals[second] = rounds.second(round);
        if (condition(run) !== true) break;
        locals[accu] = step(run);
      }
      return result(run);
    };
  }

  #declare(name: string): number {
    const slot = this.slots++;
    this.#scope = { name, slot, outer: this.#scope };
    return slot;
  }
}

function isPathCall({ function: name }: CallExpr): boolean {
  return name === "_[_]" || name === "_[?_]" || name === "_?._";
}

/** Conversions of literals are done once. */
function isFoldable(name: string): boolean {
  return ["bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"].includes(name);
}

function freshAccumulator({ accuInit, accuVar }: ComprehensionExpr): Code | undefined {
  if (accuVar !== ACCUMULATOR) return undefined;
  if (accuInit.kind === "list" && accuInit.elements.length === 0) return () => new GrowingList();
  return undefined;
}

function qualifiedName(expr: Expr): string {
  if (expr.kind === "ident") return expr.name;
  return expr.kind === "select" ? `${qualifiedName(expr.operand)}.${expr.field}` : "";
}
