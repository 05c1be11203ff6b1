import { JsonPaths } from "../value/json-paths.ts";
import type { Block, Func, Operand, Plan, Policy, Stmt } from "./ir.ts";
import { blocksOf, forEachLocal } from "./statements.ts";

/** Places of the input that a local's value may be from. */
type Places = Set<JsonPaths>;

/** Builtins that look at no more than a value's type. */
const typeTests: ReadonlySet<string> = new Set([
  "is_array",
  "is_boolean",
  "is_null",
  "is_number",
  "is_object",
  "is_set",
  "is_string",
  "type_name",
]);

/** What a policy's plans look at of the input: all that may be left out of it makes no difference to any result, error or note. */
export function inputPathsOf(policies: readonly Policy[]): JsonPaths {
  const input = new JsonPaths();
  for (const policy of policies) new InputReader(policy, input).read();
  input.settle();
  return input;
}

/** Goes through all statements until nothing new is found. */
class InputReader {
  readonly #policy: Policy;
  readonly #strings: readonly string[];
  readonly #input: JsonPaths;
  readonly #functions: ReadonlyMap<string, Func>;
  /** By function (or plan) and local. */
  readonly #places = new Map<Func | Plan, Map<number, Places>>();
  #hasChanged = false;

  constructor(policy: Policy, input: JsonPaths) {
    this.#policy = policy;
    this.#strings = policy.static.strings.map(({ value }) => value);
    this.#input = input;
    this.#functions = new Map((policy.funcs.funcs ?? []).map((func) => [func.name, func]));
  }

  read(): void {
    const parts = [...this.#policy.plans.plans, ...this.#functions.values()];
    do {
      this.#hasChanged = false;
      for (const part of parts) for (const block of part.blocks) this.#block(part, block);
    } while (this.#hasChanged);
  }

  #block(part: Func | Plan, { stmts }: Block): void {
    for (const each of stmts) {
      this.#statement(part, each);
      for (const inner of blocksOf(each)) this.#block(part, inner);
    }
  }

  #statement(part: Func | Plan, each: Stmt): void {
    const of = (operand: Operand): Places => this.#of(part, operand);
    switch (each.type) {
      case "DotStmt":
        this.#learn(part, each.stmt.target, below(of(each.stmt.source), this.#string(each.stmt.key)));
        this.#use(of(each.stmt.key));
        return;
      case "ScanStmt":
        this.#learn(part, each.stmt.value, below(this.#local(part, each.stmt.source), null));
        return;
      case "AssignVarStmt":
      case "AssignVarOnceStmt":
        this.#learn(part, each.stmt.target, of(each.stmt.source));
        return;
      case "CallStmt":
        this.#call(part, each.stmt);
        return;
      case "CallDynamicStmt":
        for (const local of each.stmt.args.slice(2)) this.#use(this.#local(part, local));
        for (const operand of each.stmt.path) this.#use(of(operand));
        for (const func of this.#functions.values())
          if (func.path?.length === each.stmt.path.length) this.#learn(part, each.stmt.result, this.#result(func));
        return;
      case "EqualStmt":
      case "NotEqualStmt":
        if (!isScalar(each.stmt.a) && !isScalar(each.stmt.b))
          for (const side of [each.stmt.a, each.stmt.b]) this.#use(of(side));
        return;
      case "IsArrayStmt":
      case "IsDefinedStmt":
      case "IsObjectStmt":
      case "IsSetStmt":
      case "IsUndefinedStmt":
        return;
      case "ReturnLocalStmt":
        if (isFunction(part)) this.#learn(part, part.return, this.#local(part, each.stmt.source));
        return;
      case "WithStmt":
        if (each.stmt.local !== 0 || (each.stmt.path ?? []).length > 0 || !this.#isInput(of(each.stmt.value)))
          this.#use(of(each.stmt.value));
        return;
      default:
        this.#useAll(part, each);
    }
  }

  /** Every local that a statement reads itself. */
  #useAll(part: Func | Plan, each: Stmt): void {
    if (blocksOf(each).length > 0 || each.type === "BlockStmt") return;
    forEachLocal(each, (local, use) => {
      if (use === "reads") this.#use(this.#local(part, local));
    });
  }

  #call(part: Func | Plan, { func: name, args, result }: Extract<Stmt, { type: "CallStmt" }>["stmt"]): void {
    const func = this.#functions.get(name);
    const operands = args ?? [];
    if (func === undefined) {
      this.#builtin(part, name, operands, result);
      return;
    }
    for (const [i, operand] of operands.entries()) {
      if (i >= 2) this.#learn(func, func.params[i] as number, this.#of(part, operand));
      else if (!isDocument(operand)) this.#use(this.#of(part, operand));
    }
    this.#learn(part, result, this.#result(func));
  }

  #builtin(part: Func | Plan, name: string, args: readonly Operand[], result: number): void {
    if (typeTests.has(name)) return;
    const [object, key, otherwise] = args;
    const path = key && this.#string(key);
    if (
      name !== "object.get" ||
      args.length !== 3 ||
      path === null ||
      object === undefined ||
      otherwise === undefined
    ) {
      for (const operand of args) this.#use(this.#of(part, operand));
      return;
    }
    this.#learn(part, result, below(this.#of(part, object), path as string));
    this.#learn(part, result, this.#of(part, otherwise));
  }

  /** What a function may return. */
  #result(func: Func): Places {
    return this.#local(func, func.return);
  }

  #of(part: Func | Plan, operand: Operand): Places {
    return operand.type === "local" ? this.#local(part, operand.value) : new Set();
  }

  #local(part: Func | Plan, local: number): Places {
    if (local === 0) return new Set([this.#input]);
    return this.#places.get(part)?.get(local) ?? new Set();
  }

  #isInput(places: Places): boolean {
    return places.size === 1 && places.has(this.#input);
  }

  #learn(part: Func | Plan, local: number, places: Places): void {
    if (places.size === 0 || local < 2) return;
    const locals = this.#places.get(part) ?? new Map<number, Places>();
    this.#places.set(part, locals);
    const known = locals.get(local) ?? new Set();
    locals.set(local, known);
    for (const place of places) {
      this.#hasChanged ||= !known.has(place);
      known.add(place);
    }
  }

  #use(places: Places): void {
    for (const place of places) place.isWhole = true;
  }

  #string(operand: Operand): string | null {
    return operand.type === "string_index" ? (this.#strings[operand.value] ?? null) : null;
  }
}

function below(places: Places, step: string | null): Places {
  return new Set([...places].map((place) => place.step(step)));
}

/** Compared with these, a collection without what is in it is as different as with it. */
function isScalar(operand: Operand): boolean {
  return operand.type !== "local";
}

function isFunction(part: Func | Plan): part is Func {
  return "return" in part;
}

function isDocument(operand: Operand): boolean {
  return operand.type === "local" && operand.value < 2;
}
