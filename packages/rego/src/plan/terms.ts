import type { Operand } from "../run/ir.ts";
import type { Term } from "../syntax/ast.ts";
import { inOrder } from "../syntax/term-order.ts";
import { localOperand } from "./builder.ts";
import { planCall } from "./calls.ts";
import { planComprehension } from "./comprehension.ts";
import { isConstant } from "./context.ts";
import { planDocument, planRef } from "./refs.ts";
import { makeNumber, type Next, planTerms, type Scope, UnboundVariable } from "./scope.ts";

type ObjectTerm = Extract<Term, { kind: "object" }>;

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
      // Of two keys that turn out the same, the later one in OPA's order counts.
      planTerms(scope, entriesOf(term).flat(), (values) => next(makeObject(scope, values)));
      return;
    case "templatestring":
      throw new Error("invariant: template strings are calls after compilation");
    default:
      next(planComprehension(scope, term));
  }
}

function entriesOf(term: ObjectTerm): ObjectTerm["entries"] {
  return term.entries.every(([key]) => isConstant(key)) ? term.entries : (inOrder(term) as ObjectTerm).entries;
}

function planVar(scope: Scope, name: string, next: Next<Operand>): void {
  const { writer, vars } = scope;
  if (name === "data") planDocument(scope, [], next);
  else if (name === "input") {
    writer.emit("IsDefinedStmt", { source: 0 });
    next(localOperand(0));
  } else {
    const value = vars.get(name);
    if (value === undefined && scope.isTrial === true) throw new UnboundVariable(name);
    // OPA's check of safety misses some variables that stand beside closures, and shows their names then.
    next(value ?? writer.string(aliasOf(scope, name)));
  }
}

function aliasOf({ aliases }: Scope, name: string): string {
  let shown = name;
  for (let each = aliases?.get(name); each !== undefined && each !== name; each = aliases?.get(each)) shown = each;
  return shown;
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
