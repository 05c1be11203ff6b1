import { mentionsVar } from "../compile/vars.ts";
import { walkTerm } from "../compile/walk.ts";
import type { Operand } from "../run/ir.ts";
import type { Expr, Term } from "../syntax/ast.ts";
import { BlockWriter, localOperand } from "./builder.ts";
import { isClosure } from "./key.ts";
import { closure, planBody, planTerm, planTerms, type Scope, UnboundVariable } from "./scope.ts";

export type Comprehension = Extract<Term, { kind: "arraycomprehension" | "setcomprehension" | "objectcomprehension" }>;

/** Plans a comprehension: out of an index where one can be made, else by a loop of its own. */
export function planComprehension(outer: Scope, term: Comprehension): Operand {
  const indexed = closesOverKeys(term) ? planFromOpaIndex(outer, term) : planFromIndex(outer, term);
  if (indexed !== undefined) return indexed;
  const target = outer.writer.local();
  planCollected(outer, term, target);
  return localOperand(target);
}

function planCollected(outer: Scope, term: Comprehension, target: number): void {
  const { writer } = outer;
  makeEmpty(outer, term.kind, target);
  const scope = closure(outer);
  const block = writer.block(() => planBody(scope, term.body, () => addElement(scope, term, target)));
  writer.emit("BlockStmt", { blocks: [block] });
}

function makeEmpty({ writer }: Scope, kind: Comprehension["kind"], target: number): void {
  if (kind === "arraycomprehension") writer.emit("MakeArrayStmt", { capacity: 0, target });
  else if (kind === "setcomprehension") writer.emit("MakeSetStmt", { target });
  else writer.emit("MakeObjectStmt", { target });
}

function addElement(scope: Scope, term: Comprehension, target: number): void {
  const { writer } = scope;
  if (term.kind === "objectcomprehension") {
    // Of several values for a key in an index of OPA's the last counts.
    const insert = term.indexedBy === undefined ? "ObjectInsertOnceStmt" : "ObjectInsertStmt";
    planTerms(scope, [term.key, term.value], ([key, value]) => {
      writer.at(term.key.loc);
      writer.emit(insert, { key: key as Operand, value: value as Operand, object: target });
    });
    return;
  }
  planTerm(scope, term.term, (value) => {
    if (term.kind === "arraycomprehension") writer.emit("ArrayAppendStmt", { array: target, value });
    else writer.emit("SetAddStmt", { set: target, value });
  });
}

/**
 * A comprehension that selects by variables from around it is, asked again and again, a loop in a loop. Its index holds the value for each
 * key, is made by one loop with those variables free, and is kept, being a function without arguments.
 */
function planFromIndex(scope: Scope, term: Comprehension): Operand | undefined {
  const keys = keysOf(scope, term);
  if (keys.length === 0 || !scope.writer.isRepeated || !scope.library.hasLookups) return undefined;
  const func = scope.library.index(term, `${scope.context.key} ${keys.join()}`, () => planIndex(scope, term, keys));
  if (func === undefined) return undefined;
  const { writer } = scope;
  const [index, target] = [writer.local(), writer.local()];
  writer.emit("CallStmt", { func, args: [localOperand(0), localOperand(1)], result: index });
  planKey(scope, keys, (key) => {
    writer.emit("ResetLocalStmt", { target });
    findOrMake(scope, term.kind, index, key, target, () => {});
  });
  return localOperand(target);
}

/** True where OPA's index asks with free variables what means something else then: behind `not`, and in `every`. */
function closesOverKeys({ indexedBy, body }: Comprehension): boolean {
  return (
    indexedBy !== undefined &&
    body.some((expr) => (expr.negated || isClosing(expr)) && indexedBy.some((name) => mentionsVar([expr], name)))
  );
}

function isClosing({ terms: { kind } }: Expr): boolean {
  return kind !== "term" && kind !== "call";
}

/** Of what OPA's index holds for the keys, as it does; where it holds nothing, it evaluates the comprehension. */
function planFromOpaIndex(scope: Scope, term: Comprehension): Operand | undefined {
  const { indexedBy: keys = [] } = term;
  const { library, writer, context } = scope;
  const func = library.index(term, `${context.key} ${keys.join()}`, () => planIndex(scope, term, keys));
  if (func === undefined) return undefined;
  const [index, target] = [writer.local(), writer.local()];
  writer.emit("CallStmt", { func, args: [localOperand(0), localOperand(1)], result: index });
  planKey(scope, keys, (key) => {
    writer.emit("ResetLocalStmt", { target });
    const find = writer.block(() => writer.emit("DotStmt", { source: localOperand(index), key, target }));
    const make = writer.block(() => {
      writer.emit("IsUndefinedStmt", { source: target });
      planCollected(scope, { ...term, indexedBy: undefined }, target);
    });
    writer.emit("BlockStmt", { blocks: [find, make] });
  });
  return localOperand(target);
}

/** The variables that the comprehension shares with what stands around it; none when it uses one in another way than as a key. */
function keysOf({ vars }: Scope, term: Comprehension): readonly string[] {
  // Conflicts under other keys would be seen.
  if (term.kind === "objectcomprehension" && term.indexedBy === undefined) return [];
  const shared = new Set<string>();
  walkTerm(term, (each) => {
    if (each.kind === "var" && vars.has(each.name)) shared.add(each.name);
    return true;
  });
  return term.body.every((expr) => isFreeOf(expr, shared)) ? [...shared].sort() : [];
}

/** A key that is negated, replaced or looked up means something else when it is free. */
function isFreeOf(expr: Expr, keys: ReadonlySet<string>): boolean {
  const holdsKey = (term: Term): boolean => {
    let found = false;
    walkTerm(term, (each) => {
      found ||= each.kind === "var" && keys.has(each.name);
      return !found;
    });
    return found;
  };
  const isFree = (term: Term): boolean => {
    let free = true;
    walkTerm(term, (each) => {
      if (isClosure(each) || each.kind === "ref" || each.kind === "call") {
        free &&= !holdsKey(each);
        return false;
      }
      return free;
    });
    return free;
  };
  const { terms } = expr;
  if (terms.kind === "call" && !expr.negated && expr.with.length === 0) return terms.args.every(isFree);
  if (terms.kind === "term")
    return !expr.negated && expr.with.length === 0 ? isFree(terms.term) : !holdsKey(terms.term);
  return false;
}

/** The function of the index; undefined when the body needs a key before it has found it. */
function planIndex(outer: Scope, term: Comprehension, keys: readonly string[]): string | undefined {
  const { library } = outer;
  const writer = new BlockWriter(library.builder);
  const scope: Scope = { ...outer, writer, vars: new Map(), isTrial: true };
  const result = writer.local();
  try {
    writer.at(term.loc);
    const make = writer.block(() => writer.emit("MakeObjectStmt", { target: result }));
    const fill = writer.block(() => {
      planBody(scope, term.body, () => {
        planKey(scope, keys, (key) => {
          const entry = writer.local();
          writer.emit("ResetLocalStmt", { target: entry });
          findOrMake(scope, term.kind, result, key, entry, () => {
            writer.emit("ObjectInsertStmt", { key, value: localOperand(entry), object: result });
          });
          addElement(scope, term, entry);
        });
      });
    });
    const last = writer.block(() => writer.emit("ReturnLocalStmt", { source: result }));
    const name = library.indexName();
    library.builder.funcs.push({ name, params: [0, 1], return: result, blocks: [make, fill, last] });
    return name;
  } catch (error) {
    if (error instanceof UnboundVariable) return undefined;
    throw error;
  }
}

function planKey(scope: Scope, keys: readonly string[], next: (key: Operand) => void): void {
  const terms = keys.map((name) => {
    const value = scope.vars.get(name);
    if (value === undefined) throw new UnboundVariable(name);
    return value;
  });
  const [only] = terms;
  if (terms.length === 1 && only !== undefined) {
    next(only);
    return;
  }
  const { writer } = scope;
  const array = writer.local();
  writer.emit("MakeArrayStmt", { capacity: terms.length, target: array });
  for (const value of terms) writer.emit("ArrayAppendStmt", { array, value });
  next(localOperand(array));
}

/** The entry at the key; where there is none, an empty one, with which `made` may do more. */
function findOrMake(
  scope: Scope,
  kind: Comprehension["kind"],
  index: number,
  key: Operand,
  target: number,
  made: () => void,
): void {
  const { writer } = scope;
  const find = writer.block(() => writer.emit("DotStmt", { source: localOperand(index), key, target }));
  const make = writer.block(() => {
    writer.emit("IsUndefinedStmt", { source: target });
    makeEmpty(scope, kind, target);
    made();
  });
  writer.emit("BlockStmt", { blocks: [find, make] });
}
