import type { Operand } from "../run/ir.ts";
import type { Term } from "../syntax/ast.ts";
import { localOperand } from "./builder.ts";
import { planCall } from "./calls.ts";
import { planDocument, planRef } from "./refs.ts";
import { closure, makeNumber, type Next, planBody, planTerm, planTerms, type Scope } from "./scope.ts";

/** What `planTerm` does. */
export function planTermHere(scope: Scope, term: Term, next: Next<Operand>): void {
  const { writer } = scope;
  switch (term.kind) {
    case "null":
      next(makeNull(scope));
      return;
    case "boolean":
      next({ type: "bool", value: term.value });
      return;
    case "number":
      next(makeNumber(scope, term.text));
      return;
    case "string":
      next(writer.string(term.value));
      return;
    case "var":
      planVar(scope, term.name, next);
      return;
    case "ref":
      planRef(scope, term, next);
      return;
    case "call":
      planCall(scope, term, next);
      return;
    case "array":
      planTerms(scope, term.items, (values) => next(makeArray(scope, values)));
      return;
    case "set":
      planTerms(scope, term.items, (values) => next(makeSet(scope, values)));
      return;
    case "object":
      planTerms(scope, term.entries.flat(), (values) => next(makeObject(scope, values)));
      return;
    case "templatestring":
      throw new Error("invariant: template strings are calls after compilation");
    default:
      next(planComprehension(scope, term));
  }
}

function planVar(scope: Scope, name: string, next: Next<Operand>): void {
  const { writer, vars } = scope;
  if (name === "data") planDocument(scope, [], next);
  else if (name === "input") {
    writer.emit("IsDefinedStmt", { source: 0 });
    next(localOperand(0));
  } else {
    const value = vars.get(name);
    if (value === undefined) throw new Error(`invariant: ${name} is not bound`);
    next(value);
  }
}

function makeNull({ writer }: Scope): Operand {
  const target = writer.local();
  writer.emit("MakeNullStmt", { target });
  return localOperand(target);
}

function makeArray({ writer }: Scope, values: readonly Operand[]): Operand {
  const target = writer.local();
  writer.emit("MakeArrayStmt", { capacity: values.length, target });
  for (const value of values) writer.emit("ArrayAppendStmt", { array: target, value });
  return localOperand(target);
}

function makeSet({ writer }: Scope, values: readonly Operand[]): Operand {
  const target = writer.local();
  writer.emit("MakeSetStmt", { target });
  for (const value of values) writer.emit("SetAddStmt", { set: target, value });
  return localOperand(target);
}

function makeObject({ writer }: Scope, values: readonly Operand[]): Operand {
  const object = writer.local();
  writer.emit("MakeObjectStmt", { target: object });
  for (let i = 0; i < values.length; i += 2) {
    writer.emit("ObjectInsertStmt", { key: values[i] as Operand, value: values[i + 1] as Operand, object });
  }
  return localOperand(object);
}

type Comprehension = Extract<Term, { kind: "arraycomprehension" | "setcomprehension" | "objectcomprehension" }>;

function planComprehension(outer: Scope, term: Comprehension): Operand {
  const { writer } = outer;
  const target = writer.local();
  if (term.kind === "arraycomprehension") writer.emit("MakeArrayStmt", { capacity: 0, target });
  else if (term.kind === "setcomprehension") writer.emit("MakeSetStmt", { target });
  else writer.emit("MakeObjectStmt", { target });
  const scope = closure(outer);
  const block = writer.block(() => planBody(scope, term.body, () => planElement(scope, term, target)));
  writer.emit("BlockStmt", { blocks: [block] });
  return localOperand(target);
}

function planElement(scope: Scope, term: Comprehension, target: number): void {
  const { writer } = scope;
  if (term.kind === "objectcomprehension") {
    planTerms(scope, [term.key, term.value], ([key, value]) => {
      writer.emit("ObjectInsertOnceStmt", { key: key as Operand, value: value as Operand, object: target });
    });
    return;
  }
  planTerm(scope, term.term, (value) => {
    if (term.kind === "arraycomprehension") writer.emit("ArrayAppendStmt", { array: target, value });
    else writer.emit("SetAddStmt", { set: target, value });
  });
}
