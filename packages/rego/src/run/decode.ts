import { numberFromText } from "../value/number.ts";
import type { Policy, Stmt } from "./ir.ts";
import { type Field, isUse, statementFields } from "./statements.ts";

/** A plan that is not OPA's IR: where in its JSON, and what would be right. */
export class PlanError extends Error {
  constructor(path: string, wanted: string) {
    super(`${path}: must be ${wanted}`);
    this.name = "PlanError";
  }
}

/** Locals are slots of a frame: more than any planner makes, few enough that a forged plan cannot exhaust memory. */
const maxLocal = 1_000_000;

/** Blocks inside blocks: far more than any planner nests, far fewer than the stack holds. */
const maxNesting = 500;

/**
 * Reads the `plan.json` of `opa build -t plan`, checking everything that the evaluators rely on: the generator writes its numbers
 * into code. Throws `PlanError`.
 */
export function policyFromJson(json: unknown): Policy {
  const { static: constants, plans, funcs } = fields(json, "plan");
  const { strings, files } = fields(constants, "static");
  const texts = constantsOf(strings, "static.strings");
  constantsOf(files, "static.files");
  const decoder = new Decoder(texts);
  const planList = optionalList(fields(plans, "plans")["plans"], "plans.plans");
  for (const [i, plan] of planList.entries()) decoder.plan(plan, `plans.plans[${i}]`);
  const funcList = optionalList(fields(funcs ?? {}, "funcs")["funcs"], "funcs.funcs");
  for (const [i, func] of funcList.entries()) decoder.func(func, `funcs.funcs[${i}]`);
  return {
    static: { ...(constants as object), strings: optionalList(strings, "static.strings") },
    plans: { plans: planList },
    funcs: { funcs: funcList },
  } as unknown as Policy;
}

class Decoder {
  readonly #texts: readonly string[];
  #nesting = 0;

  constructor(texts: readonly string[]) {
    this.#texts = texts;
  }

  plan(json: unknown, path: string): void {
    const { name, blocks } = fields(json, path);
    if (typeof name !== "string") throw new PlanError(`${path}.name`, "a string");
    this.#blocks(blocks, `${path}.blocks`);
  }

  func(json: unknown, path: string): void {
    const { name, params, blocks, return: result, path: names } = fields(json, path);
    if (typeof name !== "string") throw new PlanError(`${path}.name`, "a string");
    for (const [i, param] of optionalList(params, `${path}.params`).entries())
      integer(param, `${path}.params[${i}]`, maxLocal);
    integer(result, `${path}.return`, maxLocal);
    for (const [i, each] of optionalList(names, `${path}.path`).entries())
      if (typeof each !== "string") throw new PlanError(`${path}.path[${i}]`, "a string");
    this.#blocks(blocks, `${path}.blocks`);
  }

  #blocks(json: unknown, path: string): void {
    for (const [i, block] of optionalList(json, path).entries()) this.#block(block, `${path}[${i}]`);
  }

  #block(json: unknown, path: string): void {
    if (++this.#nesting > maxNesting) throw new PlanError(path, `nested at most ${maxNesting} deep`);
    const stmts = list(fields(json, path)["stmts"], `${path}.stmts`);
    for (const [i, stmt] of stmts.entries()) this.#statement(stmt, `${path}.stmts[${i}]`);
    this.#nesting--;
  }

  #statement(json: unknown, path: string): void {
    const { type, stmt } = fields(json, path);
    if (typeof type !== "string" || !Object.hasOwn(statementFields, type))
      throw new PlanError(`${path}.type`, "a statement's name");
    const found = fields(stmt, `${path}.stmt`);
    for (const [name, kind] of Object.entries(statementFields[type as Stmt["type"]]))
      this.#field(kind, found[name], `${path}.stmt.${name}`);
    for (const name of ["file", "row", "col"])
      if (found[name] !== undefined) integer(found[name], `${path}.stmt.${name}`, Number.MAX_SAFE_INTEGER);
    if (type === "MakeNumberRefStmt" && numberFromText(this.#texts[found["Index"] as number] as string) === undefined)
      throw new PlanError(`${path}.stmt.Index`, "the place of a number's text");
    if (type === "BreakStmt") integer(found["index"], `${path}.stmt.index`, this.#nesting - 1);
  }

  #field(kind: Field, value: unknown, path: string): void {
    if (kind === "operand") this.#operand(value, path);
    else if (isUse(kind)) integer(value, path, maxLocal);
    else if (kind === "text") integer(value, path, this.#texts.length - 1);
    else if (kind === "block") this.#block(value, path);
    else if (kind === "blocks") this.#blocks(value, path);
    else if (kind === "int") {
      if (!Number.isSafeInteger(value)) throw new PlanError(path, "an integer");
    } else if (kind === "string") {
      if (typeof value !== "string") throw new PlanError(path, "a string");
    } else {
      const each = kind === "operands" ? "operand" : kind === "locals" ? "reads" : "text";
      for (const [i, item] of optionalList(value, path).entries()) this.#field(each, item, `${path}[${i}]`);
    }
  }

  #operand(json: unknown, path: string): void {
    const { type, value } = fields(json, path);
    if (type === "local") integer(value, `${path}.value`, maxLocal);
    else if (type === "string_index") integer(value, `${path}.value`, this.#texts.length - 1);
    else if (type !== "bool") throw new PlanError(`${path}.type`, "local, bool or string_index");
    else if (typeof value !== "boolean") throw new PlanError(`${path}.value`, "a boolean");
  }
}

function fields(json: unknown, path: string): { readonly [name: string]: unknown } {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new PlanError(path, "an object");
  return json as { readonly [name: string]: unknown };
}

function list(json: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(json)) throw new PlanError(path, "an array");
  return json as readonly unknown[];
}

/** Go writes an empty list as null, or leaves it out. */
function optionalList(json: unknown, path: string): readonly unknown[] {
  return json === undefined || json === null ? [] : list(json, path);
}

function constantsOf(json: unknown, path: string): readonly string[] {
  return optionalList(json, path).map((constant, i) => {
    const { value } = fields(constant, `${path}[${i}]`);
    if (typeof value !== "string") throw new PlanError(`${path}[${i}].value`, "a string");
    return value;
  });
}

function integer(value: unknown, path: string, most: number): void {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > most)
    throw new PlanError(path, `an integer from 0 to ${most}`);
}
