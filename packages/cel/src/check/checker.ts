import type {
  Ast,
  CallExpr,
  ComprehensionExpr,
  Expr,
  ListExpr,
  MapExpr,
  SelectExpr,
  StructExpr,
} from "../syntax/ast.ts";
import type { Diagnostic, Source } from "../syntax/diagnostic.ts";
import { typeOf } from "../value/type-of.ts";
import { TypeValue, type Value } from "../value/value.ts";
import type { Environment, Overload } from "./environment.ts";
import { isDyn, isDynamic, mostGeneral, Substitution } from "./substitution.ts";
import {
  BOOL,
  DYN,
  ERROR,
  formatType,
  INT,
  isOptionalType,
  isSameType,
  listType,
  mapType,
  optionalType,
  STRING,
  type Type,
  typeParam,
} from "./type.ts";

/** What a name or call means. */
export type Reference =
  | { readonly kind: "local"; readonly name: string }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "constant"; readonly value: Value }
  /** A message's name, in full. */
  | { readonly kind: "struct"; readonly name: string }
  /** The overloads that fit; with `isQualified` the target is but the namespace of the function. */
  | { readonly kind: "function"; readonly overloads: readonly Overload[]; readonly isQualified: boolean };

/** A checked expression. */
export interface Checked {
  readonly ast: Ast;
  /** By the id of the node. */
  readonly types: ReadonlyMap<number, Type>;
  readonly references: ReadonlyMap<number, Reference>;
}

/** Finds the types and meanings of all nodes; faults are added to `faults`. cel-spec: "Type checking". */
export function check(ast: Ast, environment: Environment, source: Source, faults: Diagnostic[]): Checked {
  const checker = new Checker(ast, environment, source, faults);
  checker.check(ast.root);
  return checker.finish();
}

interface Scope {
  readonly name: string;
  readonly type: Type;
  readonly outer: Scope | undefined;
}

class Checker {
  readonly #ast: Ast;
  readonly #environment: Environment;
  readonly #source: Source;
  readonly #faults: Diagnostic[];
  readonly #types = new Map<number, Type>();
  readonly #references = new Map<number, Reference>();
  readonly #substitution = new Substitution();
  #scope: Scope | undefined;
  #fresh = 0;

  constructor(ast: Ast, environment: Environment, source: Source, faults: Diagnostic[]) {
    this.#ast = ast;
    this.#environment = environment;
    this.#source = source;
    this.#faults = faults;
  }

  finish(): Checked {
    const types = new Map<number, Type>();
    for (const [id, type] of this.#types) types.set(id, this.#substitution.apply(type, true));
    return { ast: this.#ast, types, references: this.#references };
  }

  check(expr: Expr): Type {
    const type = this.#typeOf(expr);
    this.#types.set(expr.id, type);
    return type;
  }

  #typeOf(expr: Expr): Type {
    switch (expr.kind) {
      case "literal":
        return typeOf(expr.value);
      case "ident":
        return this.#name(expr.id, expr.name) ?? this.#undeclared(expr.id, expr.name);
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

  /** The type of a variable, constant or type of that name, which it then refers to. */
  #name(id: number, name: string): Type | undefined {
    const local = this.#local(name);
    if (local !== undefined) {
      this.#references.set(id, { kind: "local", name });
      return local;
    }
    for (const candidate of this.#environment.candidates(name)) {
      const variable = this.#environment.variable(candidate);
      if (variable !== undefined) {
        this.#references.set(id, { kind: "variable", name: candidate });
        return variable;
      }
      const named = this.#environment.namedType(candidate);
      if (named !== undefined) {
        this.#references.set(id, { kind: "constant", value: new TypeValue(named) });
        return { kind: "type", of: named };
      }
      const constant = this.#environment.constant(candidate);
      if (constant !== undefined) {
        this.#references.set(id, { kind: "constant", value: constant });
        return typeOf(constant);
      }
    }
    return undefined;
  }

  #local(name: string): Type | undefined {
    for (let scope = this.#scope; scope !== undefined; scope = scope.outer) if (scope.name === name) return scope.type;
    return undefined;
  }

  #select(expr: SelectExpr): Type {
    const name = expr.isTest ? undefined : this.#qualifiedName(expr);
    const whole = name === undefined ? undefined : this.#name(expr.id, name);
    if (whole !== undefined) return whole;
    const type = this.#field(expr.id, this.check(expr.operand), expr.field, false);
    return expr.isTest ? BOOL : type;
  }

  /** `a.b.c` when it is all names, and `a` is no local variable. */
  #qualifiedName(expr: Expr): string | undefined {
    if (expr.kind === "ident") return this.#local(expr.name) === undefined ? expr.name : undefined;
    if (expr.kind !== "select" || expr.isTest) return undefined;
    const outer = this.#qualifiedName(expr.operand);
    return outer === undefined ? undefined : `${outer}.${expr.field}`;
  }

  #field(id: number, operand: Type, field: string, isOptional: boolean): Type {
    const given = this.#substitution.apply(operand, false);
    const target = isOptionalType(given) ? (given.parameters[0] as Type) : given;
    const type = this.#fieldOf(id, target, field);
    return isOptional || isOptionalType(given) ? optionalType(type) : type;
  }

  #fieldOf(id: number, target: Type, field: string): Type {
    if (target.kind === "map") return target.value;
    if (target.kind === "struct") {
      const struct = this.#environment.struct(target.name);
      if (struct === undefined) return this.#fault(id, `unexpected failed resolution of '${target.name}'`);
      return struct.field(field) ?? this.#fault(id, `undefined field '${field}'`);
    }
    if (target.kind === "param") {
      this.#substitution.isAssignable(DYN, target);
      return DYN;
    }
    if (!isDynamic(target)) this.#fault(id, `type '${formatType(target)}' does not support field selection`);
    return DYN;
  }

  #call(expr: CallExpr): Type {
    if (expr.function === "_?._") return this.#optionalSelect(expr);
    if (expr.function === "_&&_" || expr.function === "_||_") return this.#logic(expr);
    if (expr.target === undefined) {
      const args = expr.args.map((each) => this.check(each));
      const overloads = this.#function(expr.function);
      if (overloads === undefined) return this.#undeclared(expr.id, expr.function);
      return this.#resolve(expr, overloads, args, false, false);
    }
    const space = this.#qualifiedName(expr.target);
    const qualified = space === undefined ? undefined : this.#function(`${space}.${expr.function}`);
    if (qualified !== undefined) {
      const args = expr.args.map((each) => this.check(each));
      return this.#resolve(expr, qualified, args, false, true);
    }
    const target = this.check(expr.target);
    const args = expr.args.map((each) => this.check(each));
    const overloads = this.#environment.overloads(expr.function);
    if (overloads === undefined) return this.#undeclared(expr.id, expr.function);
    return this.#resolve(expr, overloads, [target, ...args], true, false);
  }

  #function(name: string): readonly Overload[] | undefined {
    for (const candidate of this.#environment.candidates(name)) {
      const found = this.#environment.overloads(candidate);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #optionalSelect(expr: CallExpr): Type {
    const [operand, field] = expr.args as [Expr, Expr];
    const type = this.check(operand);
    this.#types.set(field.id, STRING);
    return this.#field(expr.id, type, field.kind === "literal" ? String(field.value) : "", true);
  }

  #logic(expr: CallExpr): Type {
    for (const arg of expr.args) this.#assert(arg, BOOL, this.check(arg));
    const overloads = this.#environment.overloads(expr.function) ?? [];
    this.#references.set(expr.id, { kind: "function", overloads, isQualified: false });
    return BOOL;
  }

  #resolve(
    expr: CallExpr,
    all: readonly Overload[],
    args: readonly Type[],
    isMember: boolean,
    isQualified: boolean,
  ): Type {
    const fitting: Overload[] = [];
    let result: Type | undefined;
    for (const overload of all) {
      if (overload.isMember !== isMember) continue;
      const fresh = this.#instantiate(overload);
      if (!this.#substitution.areAssignable(fresh.args, args)) continue;
      fitting.push(overload);
      const type = this.#substitution.apply(fresh.result, false);
      if (result === undefined) result = type;
      else if (!isDyn(result) && !isSameType(result, type)) result = DYN;
    }
    const overloads = result === undefined ? all.filter((each) => each.isMember === isMember) : fitting;
    this.#references.set(expr.id, { kind: "function", overloads, isQualified });
    if (result !== undefined) return result;
    const name = isQualified ? `${this.#qualifiedName(expr.target as Expr)}.${expr.function}` : expr.function;
    const types = args.map((each) => formatType(this.#substitution.apply(each, true)));
    const told = name.replace(/^\./, "");
    const call = isMember ? `${types[0]}.(${types.slice(1).join(", ")})` : `(${types.join(", ")})`;
    return this.#fault(expr.id, `found no matching overload for '${told}' applied to '${call}'`);
  }

  /** An overload with type parameters of its own for this call. */
  #instantiate({ args, result }: Overload): { args: readonly Type[]; result: Type } {
    const names = new Map<string, Type>();
    for (const type of [...args, result])
      for (const name of paramsOf(type)) if (!names.has(name)) names.set(name, this.#freshParam());
    if (names.size === 0) return { args, result };
    const fresh = new Substitution(names);
    return { args: args.map((each) => fresh.apply(each, false)), result: fresh.apply(result, false) };
  }

  #freshParam(): Type {
    return typeParam(`_var${this.#fresh++}`);
  }

  #list(expr: ListExpr): Type {
    let element: Type | undefined;
    expr.elements.forEach((each, index) => {
      const type = this.#element(each, this.check(each), expr.optionals.has(index));
      element = this.#join(element, type);
    });
    return listType(element ?? this.#freshParam());
  }

  #map(expr: MapExpr): Type {
    let key: Type | undefined;
    let value: Type | undefined;
    for (const entry of expr.entries) {
      key = this.#join(key, this.check(entry.key));
      value = this.#join(value, this.#element(entry.value, this.check(entry.value), entry.isOptional));
    }
    return mapType(key ?? this.#freshParam(), value ?? this.#freshParam());
  }

  /** The type inside of what is written with `?`. */
  #element(expr: Expr, type: Type, isOptional: boolean): Type {
    if (!isOptional) return type;
    const given = this.#substitution.apply(type, false);
    if (isOptionalType(given)) return given.parameters[0] as Type;
    if (given.kind === "error" || !isDynamic(given)) this.#fault(expr.id, mismatch(optionalType(given), given));
    return given;
  }

  #join(before: Type | undefined, type: Type): Type {
    if (before === undefined) return type;
    if (this.#substitution.isAssignable(before, type)) return mostGeneral(before, type);
    return DYN;
  }

  #struct(expr: StructExpr): Type {
    const name = this.#environment.candidates(expr.name).find((each) => this.#environment.struct(each) !== undefined);
    const struct = name === undefined ? undefined : this.#environment.struct(name);
    for (const field of expr.fields) {
      const type = this.#element(field.value, this.check(field.value), field.isOptional);
      if (struct === undefined) continue;
      const wanted = struct.field(field.name);
      if (wanted === undefined) this.#fault(field.id, `undefined field '${field.name}'`);
      else if (!this.#substitution.isAssignable(wanted, type)) {
        const found = formatType(this.#substitution.apply(type, true));
        const message = `expected type of field '${field.name}' is '${formatType(wanted)}' but provided type is '${found}'`;
        this.#fault(field.id, message);
      }
    }
    if (name === undefined) return this.#undeclared(expr.id, expr.name);
    this.#references.set(expr.id, { kind: "struct", name });
    return this.#environment.namedType(name) as Type;
  }

  #comprehension(expr: ComprehensionExpr): Type {
    const range = this.#substitution.apply(this.check(expr.range), false);
    const accu = this.check(expr.accuInit);
    const outer = this.#scope;
    this.#declare(expr.accuVar, accu);
    const inner = this.#scope;
    const [first, second] = this.#elementTypes(expr, range);
    if (expr.iterVar2 === undefined) this.#declare(expr.iterVar, first);
    else {
      this.#declare(expr.iterVar, range.kind === "list" ? INT : first);
      this.#declare(expr.iterVar2, second);
    }
    this.#assert(expr.condition, BOOL, this.check(expr.condition));
    this.#assert(expr.step, accu, this.check(expr.step));
    this.#scope = inner;
    const result = this.#substitution.apply(this.check(expr.result), false);
    this.#scope = outer;
    return result;
  }

  /** Of a map its keys and values, of a list its elements twice. */
  #elementTypes(expr: ComprehensionExpr, range: Type): readonly [Type, Type] {
    if (range.kind === "list") return [range.element, range.element];
    if (range.kind === "map") return [range.key, range.value];
    if (isDynamic(range) || range.kind === "param") {
      this.#substitution.isAssignable(DYN, range);
      return [DYN, DYN];
    }
    const message = `expression of type '${formatType(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`;
    this.#fault(expr.range.id, message);
    return [ERROR, ERROR];
  }

  #declare(name: string, type: Type): void {
    this.#scope = { name, type, outer: this.#scope };
  }

  #assert(expr: Expr, wanted: Type, type: Type): void {
    if (this.#substitution.isAssignable(wanted, type)) return;
    this.#fault(expr.id, mismatch(this.#substitution.apply(wanted, true), this.#substitution.apply(type, true)));
  }

  #undeclared(id: number, name: string): Type {
    return this.#fault(id, `undeclared reference to '${name}' (in container '${this.#environment.container}')`);
  }

  #fault(id: number, message: string): Type {
    this.#faults.push(this.#source.fault(this.#ast.offsets[id] as number, message));
    return ERROR;
  }
}

/** cel-go's words for a type in the wrong place. */
export function mismatch(wanted: Type, found: Type): string {
  return `expected type '${formatType(wanted)}' but found '${formatType(found)}'`;
}

function* paramsOf(type: Type): Generator<string> {
  if (type.kind === "param") yield type.name;
  else if (type.kind === "list") yield* paramsOf(type.element);
  else if (type.kind === "map") {
    yield* paramsOf(type.key);
    yield* paramsOf(type.value);
  } else if (type.kind === "opaque") for (const each of type.parameters) yield* paramsOf(each);
  else if (type.kind === "type" && type.of !== undefined) yield* paramsOf(type.of);
}
