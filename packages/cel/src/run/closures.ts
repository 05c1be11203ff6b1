import type { Checked } from "../check/checker.ts";
import type { Environment } from "../check/environment.ts";
import type { CallExpr, ComprehensionExpr, Expr, ListExpr, MapExpr, SelectExpr, StructExpr } from "../syntax/ast.ts";
import { ACCUMULATOR } from "../syntax/macro.ts";
import { isEqual } from "../value/equal.ts";
import { CelError, Optional, type Value } from "../value/value.ts";
import { isPresent } from "./access.ts";
import { CONSTRUCT_COST, callCost } from "./call-cost.ts";
import { list, map, struct } from "./constructs.ts";
import { createDispatch } from "./dispatch.ts";
import { append, GrowingList } from "./growing.ts";
import { roundsOf } from "./iterate.ts";
import { conditional, equality, logic } from "./logic.ts";
import { growsList, isPathCall, Meanings } from "./meanings.ts";
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
  readonly #meanings: Meanings;
  readonly #environment: Environment;
  #scope: Scope | undefined;

  constructor({ references }: Checked, environment: Environment) {
    this.#meanings = new Meanings(references);
    this.#environment = environment;
  }

  get fault(): string | undefined {
    return this.#meanings.fault;
  }

  code(expr: Expr): Code {
    switch (expr.kind) {
      case "literal": {
        const { value } = expr;
        return () => value;
      }
      case "ident":
        return this.#meanings.isConstant(expr)
          ? this.#name(expr.id, expr.name)
          : charged(this.#name(expr.id, expr.name));
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
      if (this.#meanings.of(expr) !== undefined) return this.#name(expr.id, expr.field);
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
    while (operand.kind === "select" && !operand.isTest && this.#meanings.of(operand) === undefined) {
      names.unshift(operand.field);
      operand = operand.operand;
    }
    const reference = this.#meanings.of(operand);
    const [first = "", ...more] = names;
    if (reference?.kind !== "variable" || reference.name !== "variables") return fields(this.#path(operand), names);
    const variable = variableOf(this.#path(operand), first);
    return more.length === 0 ? variable : fields(variable, more);
  }

  #select(expr: SelectExpr): Code {
    if (this.#meanings.isConstant(expr)) return this.#name(expr.id, expr.field);
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
    const path = this.#path(expr);
    return this.#meanings.paysForRoot(expr) ? charged(path) : path;
  }

  #name(id: number, written: string): Code {
    const reference = this.#meanings.of({ id });
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
    const list = this.#meanings.appended(expr);
    if (list === undefined) return undefined;
    const slot = this.#slotOf(ACCUMULATOR);
    const element = this.code(list.elements[0] as Expr);
    const isConstant = this.#meanings.isLiteral(list);
    return (run) => {
      const grown = run.locals[slot] as Value;
      const value = element(run);
      run.charge(isConstant ? 2 : 2 + CONSTRUCT_COST.list);
      return append(grown, value);
    };
  }

  /** `or` and `orValue` evaluate their argument only when it is needed, and cost nothing. */
  #lazyOptional(expr: CallExpr): Code | undefined {
    if (!this.#meanings.isLazyOptional(expr)) return undefined;
    const target = this.code(expr.target as Expr);
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
    const values = this.#meanings.literalsOf(expr);
    if (values === undefined) return undefined;
    const left = this.code(expr.args[0] as Expr);
    const texts = values.every((each) => typeof each === "string") ? new Set<Value>(values) : undefined;
    return (run) => {
      const value = left(run);
      if (value instanceof CelError) return value;
      return texts === undefined ? values.some((each) => isEqual(each, value)) : texts.has(value);
    };
  }

  #function(expr: CallExpr): Code {
    const folded = this.#meanings.fold(expr);
    if (folded !== undefined) return () => folded;
    const { name, overloads, operands } = this.#meanings.callee(expr);
    const call = createDispatch(name, overloads);
    this.#meanings.checkPattern(expr);
    const cost = callCost(name, overloads.length === 1 ? (overloads[0]?.id ?? "") : "");
    return strict(
      operands.map((each) => this.code(each)),
      call,
      cost,
    );
  }

  #list(expr: ListExpr): Code {
    const elements = expr.elements.map((each) => this.code(each));
    return this.#meanings.isLiteral(expr) ? constant(elements) : list(elements, expr.optionals);
  }

  #map(expr: MapExpr): Code {
    const entries = expr.entries.map(({ key, value, isOptional }) => ({
      key: this.code(key),
      value: this.code(value),
      isOptional,
    }));
    return map(
      entries,
      this.#meanings.isLiteral(expr) ? 0 : CONSTRUCT_COST.map,
      this.#environment.options.lenientMaps === true,
    );
  }

  #struct(expr: StructExpr): Code {
    const reference = this.#meanings.of(expr);
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
    const start = growsList(expr) ? () => new GrowingList() : init;
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
