import type { Operand } from "../run/ir.ts";
import type { Body, Term } from "../syntax/ast.ts";
import type { BlockWriter } from "./builder.ts";
import type { Context } from "./context.ts";
import type { RuleGuards } from "./guards.ts";
import type { Library } from "./library.ts";

/**
 * Where something is planned. Results are handed on by continuation: what follows a value that is iterated stands inside the loop.
 */
export interface Scope {
  readonly library: Library;
  readonly writer: BlockWriter;
  readonly context: Context;
  readonly vars: Map<string, Operand>;
  readonly recursion: Recursion;
  /** Of the rules whose function is planned. */
  readonly guards?: RuleGuards;
  /** Variables that have no value yet, by others that will have the same. */
  readonly aliases?: ReadonlyMap<string, string>;
  /** An index that may need a variable before it has found it. */
  readonly isTrial?: boolean;
}

/** Terms hold bodies, and bodies terms: each file reaches the others' entry points through these. */
export interface Recursion {
  readonly term: (scope: Scope, term: Term, next: Next<Operand>) => void;
  readonly body: (scope: Scope, body: Body, next: () => void) => void;
}

export type Next<T> = (value: T) => void;

/** Plans a term to an operand. A term that iterates, as a ref with free operands does, runs `next` in the loop. */
export function planTerm(scope: Scope, term: Term, next: Next<Operand>): void {
  scope.recursion.term(scope, term, next);
}

/** Plans expressions one inside the other; `next` stands where all of them hold. */
export function planBody(scope: Scope, body: Body, next: () => void): void {
  scope.recursion.body(scope, body, next);
}

/** Plans terms from left to right; those after an iterating one stand in its loop. */
export function planTerms(scope: Scope, terms: readonly Term[], next: Next<readonly Operand[]>): void {
  planTermsFrom(scope, terms, [], next);
}

function planTermsFrom(
  scope: Scope,
  terms: readonly Term[],
  before: readonly Operand[],
  next: Next<readonly Operand[]>,
): void {
  const values = [...before];
  // Literals can have thousands of items: only those that may iterate cost a level of recursion.
  for (let i = values.length; i < terms.length; i++) {
    const term = terms[i] as Term;
    if (mayIterate(term)) {
      planTerm(scope, term, (value) => planTermsFrom(scope, terms, [...values, value], next));
      return;
    }
    planTerm(scope, term, (value) => values.push(value));
  }
  next(values);
}

function mayIterate(term: Term): boolean {
  switch (term.kind) {
    case "ref":
    case "call":
      return true;
    case "array":
    case "set":
      return term.items.some(mayIterate);
    case "object":
      return term.entries.some(([key, value]) => mayIterate(key) || mayIterate(value));
    default:
      return false;
  }
}

/** A local that holds a number written in a policy. */
export function makeNumber({ writer }: Scope, text: string): Operand {
  const target = writer.local();
  if (plainInteger.test(text)) writer.emit("MakeNumberIntStmt", { value: Number(text), target });
  else writer.emit("MakeNumberRefStmt", { Index: writer.string(text).value as number, target });
  return { type: "local", value: target };
}

/** Integers that every JSON reader holds exactly. Others go by their text. */
const plainInteger = /^(?!-0+$)-?\d{1,15}$/;

/** A variable is used where nothing has bound it, so that the index which is tried cannot be. */
export class UnboundVariable extends Error {
  constructor(name: string) {
    super(`invariant: ${name} is not bound`);
    this.name = "UnboundVariable";
  }
}

/** Binds a variable for all that `next` plans. */
export function bind({ vars }: Scope, name: string, value: Operand, next: () => void): void {
  vars.set(name, value);
  next();
  vars.delete(name);
}

/** The same place with variables of its own: what a closure binds is not seen around it. */
export function closure(scope: Scope): Scope {
  return { ...scope, vars: new Map(scope.vars) };
}

/** True when every variable of the term has a value; closures keep their own. */
export function isBound(scope: Scope, term: Term): boolean {
  switch (term.kind) {
    case "var":
      return term.name === "input" || term.name === "data" || scope.vars.has(term.name);
    case "array":
    case "set":
      return term.items.every((item) => isBound(scope, item));
    case "object":
      return term.entries.every(([key, value]) => isBound(scope, key) && isBound(scope, value));
    case "ref":
      return term.terms.every((each) => isBound(scope, each));
    case "call":
      return term.args.every((each) => isBound(scope, each));
    default:
      return true;
  }
}

/** A local that holds the operand: for statements that take no constants. */
export function localOf({ writer }: Scope, operand: Operand): number {
  if (operand.type === "local") return operand.value;
  const target = writer.local();
  writer.emit("AssignVarStmt", { source: operand, target });
  return target;
}
