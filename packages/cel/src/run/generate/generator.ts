import type { Checked } from "../../check/checker.ts";
import type { Environment, Overload } from "../../check/environment.ts";
import type { Type } from "../../check/type.ts";
import type { CallExpr, ComprehensionExpr, Expr, ListExpr, MapExpr, SelectExpr } from "../../syntax/ast.ts";
import { ACCUMULATOR } from "../../syntax/macro.ts";
import { codePointCount } from "../../value/text.ts";
import type { Value } from "../../value/value.ts";
import { NamedVariable } from "../../variables.ts";
import { type CallCost, CONSTRUCT_COST, callCost, TRAVERSAL_FACTOR, UNIT_COST } from "../call-cost.ts";
import { createDispatch, type Dispatch } from "../dispatch.ts";
import { growsList, isPathCall, Meanings } from "../meanings.ts";
import { Unsupported, type Writer } from "./writer.ts";

/** Overloads of a call that are tried in the text: arithmetic has more, but of types that are seldom unknown. */
const maxInline = 3;

/** What an expression came to in the text. */
export interface Operand {
  /** A variable, a constant or a literal: it may be written more than once. */
  readonly text: string;
  /** Of a literal its value. */
  readonly literal?: Value;
  /** Of a text how many letters it has: a variable, or a number. */
  readonly size?: string;
}

/** Writes the last step of a path, given the object that it is in and the field's name, and leaves the block. */
type Then = (json: string, last: string, label: string) => void;

interface Scope {
  readonly name: string;
  readonly variable: string;
  readonly outer: Scope | undefined;
}

/** Writes what closures.ts makes of an expression, with the same charges in the same order. */
export class Generator {
  readonly #meanings: Meanings;
  readonly #environment: Environment;
  readonly #writer: Writer;
  /** Variables of the activation that the text has read, by name. */
  readonly #found = new Map<string, string>();
  /** The same for a policy's variables. */
  readonly #named = new Map<string, string>();
  #scope: Scope | undefined;

  constructor({ references }: Checked, environment: Environment, writer: Writer) {
    this.#meanings = new Meanings(references);
    this.#environment = environment;
    this.#writer = writer;
  }

  code(expr: Expr): Operand {
    switch (expr.kind) {
      case "literal":
        return this.#literal(expr.value);
      case "ident":
        return this.#meanings.isConstant(expr)
          ? this.#name(expr, expr.name)
          : this.#charged(this.#name(expr, expr.name));
      case "select":
        return this.#select(expr);
      case "call":
        return this.#call(expr);
      case "list":
        return this.#list(expr);
      case "map":
        return this.#map(expr);
      case "comprehension":
        return this.#comprehension(expr);
      default:
        throw new Unsupported();
    }
  }

  #literal(value: Value): Operand {
    if (typeof value === "string")
      return { text: JSON.stringify(value), literal: value, size: String(codePointCount(value)) };
    if (value === null || typeof value === "boolean") return { text: String(value), literal: value };
    return { text: this.#writer.constant(value) };
  }

  #charge(units: number | string): void {
    this.#writer.emit(`if ((run.cost += ${units}) > run.limit) exceeded();`);
  }

  #charged(operand: Operand): Operand {
    this.#charge(1);
    return operand;
  }

  /** A variable that is set to what is written. */
  #set(text: string): Operand {
    const variable = this.#writer.fresh();
    this.#writer.emit(`${variable} = ${text};`);
    return { text: variable };
  }

  #name(expr: Expr, written: string): Operand {
    const reference = this.#meanings.of(expr);
    if (reference?.kind === "constant") return { text: this.#writer.constant(reference.value) };
    if (reference?.kind === "local") return { text: this.#local(reference.name) };
    return this.#variable(reference?.kind === "variable" ? reference.name : written);
  }

  #local(name: string): string {
    for (let scope = this.#scope; scope !== undefined; scope = scope.outer)
      if (scope.name === name) return scope.variable;
    throw new Error(`local variable ${name} is not declared`);
  }

  /** It is the same as long as the function runs. */
  #variable(name: string): Operand {
    const known = this.#found.get(name);
    const variable = known ?? this.#writer.fresh();
    this.#found.set(name, variable);
    this.#writer.emit(`${variable} ??= find(run, ${JSON.stringify(name)});`);
    return { text: variable };
  }

  #path(expr: Expr): Operand {
    if (expr.kind === "ident") return this.#name(expr, expr.name);
    if (expr.kind === "select" && !expr.isTest)
      return this.#meanings.of(expr) === undefined ? this.#fields(expr) : this.#name(expr, expr.field);
    if (expr.kind !== "call") return this.code(expr);
    if (expr.function === "_?_:_") return this.#conditional(expr);
    if (!isPathCall(expr)) return this.code(expr);
    if (expr.function !== "_[_]") throw new Unsupported();
    return this.#element(expr);
  }

  #element({ args }: CallExpr): Operand {
    const operand = this.#path(args[0] as Expr);
    const found = this.#set(operand.text);
    this.#writer.block(`if (!(${operand.text} instanceof CelError))`, () => {
      const key = this.#path(args[1] as Expr);
      this.#charge(1);
      this.#writer.emit(
        `${found.text} = ${key.text} instanceof CelError ? ${key.text} : qualify(${operand.text}, ${key.text});`,
      );
    });
    return found;
  }

  /** The names of a path's end, and what they begin with. */
  #split(expr: Expr): { readonly base: Operand; readonly names: readonly string[] } {
    const names: string[] = [];
    let operand = expr;
    while (operand.kind === "select" && !operand.isTest && this.#meanings.of(operand) === undefined) {
      names.unshift(operand.field);
      operand = operand.operand;
    }
    const reference = this.#meanings.of(operand);
    const base = this.#path(operand);
    const [first, ...more] = names;
    if (first === undefined || reference?.kind !== "variable" || reference.name !== "variables") return { base, names };
    return { base: this.#variableOf(base, first), names: more };
  }

  /** A policy's variable, which is found once: whoever reads it again only pays. */
  #variableOf(variables: Operand, name: string): Operand {
    const variable = this.#named.get(name) ?? this.#writer.fresh();
    this.#named.set(name, variable);
    const named = this.#writer.constant(new NamedVariable(name));
    this.#writer.block(`if (${variable} === undefined)`, () =>
      this.#writer.emit(`${variable} = variableOf(run, ${variables.text}, ${named});`),
    );
    this.#writer.block("else", () => this.#charge(1));
    return { text: variable };
  }

  #fields(expr: SelectExpr): Operand {
    const { base, names } = this.#split(expr);
    if (names.length === 0) return base;
    const found = this.#writer.fresh();
    const cost = names.length;
    const then = (json: string, last: string, label: string) => {
      this.#writer.emit(`${json} = ${json}[${last}];`);
      this.#writer.emit(
        `if (${json} !== undefined) { run.cost += ${cost}; ${found} = read(${json}); break ${label}; }`,
      );
    };
    this.#document(base, names, then, `${found} = fieldsOf(run, ${base.text}, ${this.#writer.constant(names)});`);
    return { text: found };
  }

  /**
   * Reads a document itself as far as a path goes in objects that have no schema, without a value for each step, and pays for all
   * steps at once; `otherwise` does it step by step.
   */
  #document(base: Operand, names: readonly string[], then: Then, otherwise: string): void {
    const writer = this.#writer;
    const label = writer.label();
    writer.block(`${label}:`, () => {
      // What all objects inherit is no field.
      if (!names.some((name) => name in Object.prototype)) {
        const json = writer.fresh();
        const isPlain = `${base.text} instanceof JsonMap && ${base.text}.shape === undefined`;
        writer.block(`if (${isPlain} && run.cost + ${names.length} <= run.limit)`, () => {
          writer.emit(`${json} = ${base.text}.json;`);
          for (const name of names.slice(0, -1)) {
            writer.emit(`${json} = ${json}[${JSON.stringify(name)}];`);
            writer.emit(`if (typeof ${json} === "object" && ${json} !== null && !isArray(${json})) {`);
          }
          then(json, JSON.stringify(names.at(-1)), label);
          for (const _ of names.slice(0, -1)) writer.emit("}");
        });
      }
      writer.emit(otherwise);
    });
  }

  #select(expr: SelectExpr): Operand {
    if (this.#meanings.isConstant(expr)) return this.#name(expr, expr.field);
    if (!expr.isTest) return this.#rooted(expr);
    const { base, names } = this.#split(expr.operand);
    const all = [...names, expr.field];
    const found = this.#writer.fresh();
    const otherwise = `${found} = presentOf(run, ${base.text}, ${this.#writer.constant(all)});`;
    const then = (json: string, last: string, label: string) => {
      this.#writer.emit(`run.cost += ${all.length};`);
      this.#writer.emit(`${found} = ${json}[${last}] !== undefined || hasOwn(${json}, ${last});`);
      this.#writer.emit(`break ${label};`);
    };
    this.#document(base, all, then, otherwise);
    return { text: found };
  }

  #rooted(expr: Expr): Operand {
    const path = this.#path(expr);
    return this.#meanings.paysForRoot(expr) ? this.#charged(path) : path;
  }

  #call(expr: CallExpr): Operand {
    const [left, right] = expr.args as [Expr, Expr];
    switch (expr.function) {
      case "_&&_":
        return this.#logic(left, right, false);
      case "_||_":
        return this.#logic(left, right, true);
      case "_?_:_":
        return this.#conditional(expr);
      case "_[_]":
        return this.#rooted(expr);
      case "_==_":
      case "_!=_":
        return this.#equality(expr, left, right);
      case "@not_strictly_false": {
        const value = this.#set(`${this.code(left).text} !== false`);
        return this.#charged(value);
      }
      default:
        if (this.#meanings.isLazyOptional(expr) || isPathCall(expr)) throw new Unsupported();
        return this.#append(expr) ?? this.#membership(expr) ?? this.#function(expr);
    }
  }

  #logic(left: Expr, right: Expr, decisive: boolean): Operand {
    const a = this.code(left);
    const found = this.#set(String(decisive));
    this.#writer.block(`if (${a.text} !== ${decisive})`, () => {
      const b = this.code(right);
      const other = `undecided(${a.text}, ${b.text}, ${decisive})`;
      this.#writer.emit(`if (${b.text} !== ${decisive}) ${found.text} = ${other};`);
    });
    return found;
  }

  #conditional({ args: [condition, yes, no] }: CallExpr): Operand {
    const value = this.code(condition as Expr);
    const found = this.#writer.fresh();
    const branch = (expr: Expr | undefined) => () => this.#writer.emit(`${found} = ${this.#path(expr as Expr).text};`);
    this.#writer.block(`if (${value.text} === true)`, branch(yes));
    this.#writer.block(`else if (${value.text} === false)`, branch(no));
    this.#writer.emit(`else ${found} = faultOf(${value.text});`);
    return { text: found };
  }

  #equality(expr: CallExpr, left: Expr, right: Expr): Operand {
    const [a, b] = [this.code(left), this.code(right)];
    const wanted = expr.function === "_==_";
    const cost = this.#writer.constant(callCost(expr.function, wanted ? "equals" : "not_equals"));
    const found = this.#writer.fresh();
    const other = `${found} = equality(run, ${a.text}, ${b.text}, ${wanted}, ${cost});`;
    const [text, literal] = typeof a.literal === "string" ? [b, a] : [a, b];
    if (typeof literal.literal !== "string") this.#writer.emit(other);
    else {
      this.#writer.block(`if (typeof ${text.text} === "string")`, () => {
        this.#writer.emit(`${found} = ${text.text} ${wanted ? "===" : "!=="} ${literal.text};`);
        this.#charge(`comparisonCost(${text.text}, ${literal.size})`);
      });
      this.#writer.emit(`else ${other}`);
    }
    return { text: found };
  }

  #append(expr: CallExpr): Operand | undefined {
    const list = this.#meanings.appended(expr);
    if (list === undefined) return undefined;
    const value = this.code(list.elements[0] as Expr);
    this.#charge(this.#meanings.isLiteral(list) ? 2 : 2 + CONSTRUCT_COST.list);
    return this.#set(`append(${this.#local(ACCUMULATOR)}, ${value.text})`);
  }

  #membership(expr: CallExpr): Operand | undefined {
    const values = this.#meanings.literalsOf(expr);
    if (values === undefined) return undefined;
    const { text } = this.code(expr.args[0] as Expr);
    const isTexts = values.every((each) => typeof each === "string");
    const constant = this.#writer.constant(isTexts ? new Set(values) : values);
    const among = isTexts ? `${constant}.has(${text})` : `isAmong(${constant}, ${text})`;
    return this.#set(`${text} instanceof CelError ? ${text} : ${among}`);
  }

  #function(expr: CallExpr): Operand {
    const folded = this.#meanings.fold(expr);
    if (folded !== undefined) return this.#literal(folded);
    const { name, overloads, operands } = this.#meanings.callee(expr);
    const args = operands.map((each) => this.code(each));
    const id = overloads.length === 1 ? (overloads[0]?.id ?? "") : "";
    if (id === "add_string") return this.#concatenation(name, overloads, args);
    return this.#called(overloads, args, createDispatch(name, overloads), callCost(name, id), id);
  }

  /** The first overloads that fit are called at once, as far as the text can tell; the rest is left to the dispatch. */
  #called(
    overloads: readonly Overload[],
    args: readonly Operand[],
    dispatch: Dispatch,
    cost: CallCost,
    id: string,
  ): Operand {
    const writer = this.#writer;
    const texts = args.map(({ text }) => text).join(", ");
    const found = writer.fresh();
    const charged = cost === UNIT_COST ? 1 : (costText(id, args) ?? `${writer.constant(cost)}([${texts}], ${found})`);
    let head = "if";
    for (const [each, tests] of inlined(overloads, args)) {
      const call = writer.constant(each.run);
      writer.block(`${head} (${tests})`, () => {
        writer.emit(`${found} = ${call}(${texts});`);
        this.#charge(charged);
      });
      head = "else if";
    }
    const otherwise = `${found} = called(run, [${texts}], ${writer.constant(dispatch)}, ${writer.constant(cost)});`;
    writer.emit(head === "if" ? otherwise : `else ${otherwise}`);
    return { text: found };
  }

  /** `a + b` of texts: what is made of several is counted by its parts, so that none of it is gone through twice. */
  #concatenation(name: string, overloads: readonly Overload[], [a, b]: readonly Operand[]): Operand {
    const writer = this.#writer;
    const [left, right] = [a as Operand, b as Operand];
    const [found, size] = [writer.fresh(), writer.fresh()];
    const [call, cost] = [
      writer.constant(createDispatch(name, overloads)),
      writer.constant(callCost(name, "add_string")),
    ];
    const isText = ({ text, literal }: Operand) =>
      typeof literal === "string" ? "true" : `typeof ${text} === "string"`;
    writer.block(`if (${isText(left)} && ${isText(right)})`, () => {
      writer.emit(`${found} = ${left.text} + ${right.text};`);
      writer.emit(`${size} = ${sizeOf(left)} + ${sizeOf(right)};`);
      this.#charge(`ceil(${size} * ${TRAVERSAL_FACTOR})`);
    });
    writer.block("else", () => writer.emit(`${found} = called(run, [${left.text}, ${right.text}], ${call}, ${cost});`));
    return mayJoin(left, right) ? { text: found } : { text: found, size };
  }

  #list(expr: ListExpr): Operand {
    if (expr.optionals.size > 0) throw new Unsupported();
    const folded = this.#meanings.fold(expr);
    if (folded !== undefined) return { text: this.#writer.constant(folded) };
    if (this.#meanings.isLiteral(expr)) throw new Unsupported();
    return this.#constructed(CONSTRUCT_COST.list, (orFault) => {
      const elements = expr.elements.map((each) => orFault(this.code(each)));
      return `new ArrayList([${elements.join(", ")}])`;
    });
  }

  #map(expr: MapExpr): Operand {
    if (expr.entries.some(({ isOptional }) => isOptional)) throw new Unsupported();
    const isLenient = this.#environment.options.lenientMaps === true;
    return this.#constructed(this.#meanings.isLiteral(expr) ? 0 : CONSTRUCT_COST.map, (orFault) => {
      const { text } = this.#set("new EntryMap()");
      for (const { key, value } of expr.entries) {
        const name = orFault(this.code(key));
        const content = orFault(this.code(value));
        if (isLenient) this.#writer.emit(`${text}.set(${name}, ${content});`);
        else orFault(this.#set(`${text}.add(${name}, ${content})`));
      }
      return text;
    });
  }

  /** What is made of parts, the first fault of which is handed on; it is paid for in any case. */
  #constructed(cost: number, make: (orFault: (operand: Operand) => string) => string): Operand {
    const writer = this.#writer;
    const [label, found] = [writer.label(), writer.fresh()];
    writer.block(`${label}:`, () => {
      const made = make((operand) => {
        const { text, literal } = operand;
        if (literal === undefined)
          writer.emit(`if (${text} instanceof CelError) { ${found} = ${text}; break ${label}; }`);
        return text;
      });
      writer.emit(`${found} = ${made};`);
    });
    this.#charge(cost);
    return { text: found };
  }

  #comprehension(expr: ComprehensionExpr): Operand {
    const writer = this.#writer;
    const over = this.code(expr.range);
    const isPaired = expr.iterVar2 !== undefined;
    const rounds = this.#set(`roundsOf(${over.text}, ${isPaired})`);
    const found = this.#set(rounds.text);
    writer.block(`if (!(${rounds.text} instanceof CelError))`, () => {
      const init = growsList(expr) ? { text: "new GrowingList()" } : this.code(expr.accuInit);
      const outer = this.#scope;
      const accu = this.#declare(expr.accuVar);
      const inner = this.#scope;
      writer.emit(`${accu} = ${init.text};`);
      const [first, second] = [this.#declare(expr.iterVar), isPaired ? this.#declare(expr.iterVar2 ?? "") : undefined];
      const round = writer.fresh();
      writer.block(`for (${round} = 0; ${round} < ${rounds.text}.count; ${round}++)`, () => {
        writer.emit(`${first} = ${rounds.text}.first(${round});`);
        if (second !== undefined) writer.emit(`${second} = ${rounds.text}.second(${round});`);
        const condition = this.code(expr.condition);
        if (condition.literal !== true) writer.emit(`if (${condition.text} !== true) break;`);
        writer.emit(`${accu} = ${this.code(expr.step).text};`);
      });
      this.#scope = inner;
      writer.emit(`${found.text} = ${this.code(expr.result).text};`);
      this.#scope = outer;
    });
    return found;
  }

  #declare(name: string): string {
    const variable = this.#writer.fresh();
    this.#scope = { name, variable, outer: this.#scope };
    return variable;
  }
}

function sizeOf({ text, size }: Operand): string {
  return size ?? `codePointCount(${text})`;
}

/** Whether the last letter of one text and the first of another might be halves of one. */
function mayJoin(left: Operand, right: Operand): boolean {
  if (typeof left.literal === "string") return /[\ud800-\udbff]$/.test(left.literal);
  return typeof right.literal !== "string" || /^[\udc00-\udfff]/.test(right.literal);
}

/** The overloads that the text calls, with their conditions: those before which no other one may fit the same arguments. */
function inlined(
  overloads: readonly Overload[],
  args: readonly Operand[],
): readonly (readonly [overload: Overload, tests: string])[] {
  const found: (readonly [Overload, string])[] = [];
  const left: Overload[] = [];
  for (const each of overloads) {
    if (each.run === undefined || each.args.length !== args.length) continue;
    const tests = left.every((other) => areApart(other, each)) ? testsOf(each, args) : undefined;
    if (tests === undefined) left.push(each);
    else found.push([each, tests]);
  }
  return found.slice(0, maxInline);
}

/** Kinds of values of which each has its own, and no value is of two. */
const apart: ReadonlySet<Type["kind"]> = new Set([
  "bool",
  "bytes",
  "double",
  "duration",
  "int",
  "list",
  "map",
  "string",
  "timestamp",
  "uint",
]);

/** Whether no arguments fit both overloads, by their kinds alone. */
function areApart(a: Overload, b: Overload): boolean {
  return a.args.some(({ kind }, index) => {
    const other = b.args[index]?.kind;
    return other !== undefined && kind !== other && apart.has(kind) && apart.has(other);
  });
}

/** What a call costs, where its arguments are of the overload's types; undefined for what is counted by a function. */
function costText(id: string, [a, b]: readonly Operand[]): string | undefined {
  if (id === "in_list") return b && `${b.text}.size`;
  if (id === "starts_with_string" || id === "ends_with_string") return a && `ceil(${sizeOf(a)} * ${TRAVERSAL_FACTOR})`;
  return undefined;
}

/** A condition under which an overload fits; undefined where the text cannot say it. */
function testsOf({ args: types }: Overload, args: readonly Operand[]): string | undefined {
  if (types.length !== args.length) return undefined;
  const tests = types.map((type, index) => testOf(type, (args[index] as Operand).text));
  if (tests.length === 0) return "true";
  return tests.includes(undefined) ? undefined : tests.join(" && ");
}

function testOf({ kind }: Type, value: string): string | undefined {
  switch (kind) {
    case "dyn":
    case "any":
    case "param":
      return `!(${value} instanceof CelError)`;
    case "bool":
      return `typeof ${value} === "boolean"`;
    case "string":
      return `typeof ${value} === "string"`;
    case "int":
      return `typeof ${value} === "bigint"`;
    case "list":
      return `${value} instanceof ListValue`;
    case "map":
      return `${value} instanceof MapValue`;
    default:
      return undefined;
  }
}
