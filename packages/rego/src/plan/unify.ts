import { type Comprehension, isComprehension } from "../compile/parts.ts";
import type { Operand } from "../run/ir.ts";
import type { Ref, Term } from "../syntax/ast.ts";
import { localOperand } from "./builder.ts";
import { constantText, isConstant, textOf } from "./context.ts";
import { type KindStmt, requireKind } from "./kinds.ts";
import { bind, isBound, localOf, makeNumber, planTerm, planTerms, type Scope } from "./scope.ts";

type ObjectTerm = Extract<Term, { kind: "object" }>;
type Pair = readonly [Term, Term];

/** Plans `a = b`: what is known on one side is taken apart by the other side's pattern. */
export function unify(scope: Scope, a: Term, b: Term, next: () => void): void {
  if (isComprehension(b) && isAskedFirst(scope, a, b)) unifyCollected(scope, a, b, next);
  else if (isComprehension(a) && b.kind === "ref" && isAskedFirst(scope, b, a)) unifyCollected(scope, b, a, next);
  else if (isPattern(a) && isBound(scope, b)) planTerm(scope, b, (value) => unifyOperand(scope, value, a, next));
  else if (isPattern(b) && isBound(scope, a)) planTerm(scope, a, (value) => unifyOperand(scope, value, b, next));
  else if (a.kind === "array" && b.kind === "array") unifyItems(scope, a.items, b.items, next);
  else if (a.kind === "object" && b.kind === "object") unifyEntries(scope, a, b, next);
  else if (isPattern(a)) planTerm(scope, b, (value) => unifyOperand(scope, value, a, next));
  else planTerm(scope, a, (value) => unifyOperand(scope, value, b, next));
}

/** OPA evaluates no comprehension for what it cannot equal by its kind. That is seen where evaluating it may fail. */
function isAskedFirst(scope: Scope, other: Term, term: Comprehension): boolean {
  if (other.kind !== "ref" && !(other.kind === "var" && isBound(scope, other))) return false;
  return scope.library.hasLookups && scope.library.failures.ofTerm(term);
}

/** No rule lies on the way to the document, or there; where the way is not known, none below either. */
function isBaseData({ library, context }: Scope, { terms }: Ref): boolean {
  const [head, ...keys] = terms;
  if (head?.kind !== "var" || head.name !== "data") return false;
  const texts = keys.map(textOf);
  const node = library.reach(texts, context);
  if (node === undefined) return true;
  return node.rules.length === 0 && !(texts.includes(undefined) && node.hasRules);
}

function unifyCollected(scope: Scope, other: Term, term: Comprehension, next: () => void): void {
  planTerm(scope, other, (value) => {
    // What it finds in base data OPA makes equal to the comprehension the other way round, whatever it is.
    if (other.kind !== "ref" || !isBaseData(scope, other))
      requireKind(scope, localOf(scope, value), kindsFor[term.kind]);
    unifyOperand(scope, value, term, next);
  });
}

/** Sets are compared with all that is collected. */
const kindsFor: { readonly [kind in Comprehension["kind"]]: readonly KindStmt[] } = {
  arraycomprehension: ["IsArrayStmt", "IsSetStmt"],
  objectcomprehension: ["IsObjectStmt", "IsSetStmt"],
  setcomprehension: ["IsSetStmt"],
};

function isPattern(term: Term): boolean {
  return term.kind === "var" || term.kind === "array" || term.kind === "object";
}

function unifyItems(scope: Scope, left: readonly Term[], right: readonly Term[], next: () => void): void {
  if (left.length !== right.length) scope.writer.fail();
  else
    unifyPairs(
      scope,
      left.map((item, i) => [item, right[i] as Term] as const),
      next,
    );
}

/** Pairs in whatever order one of their sides becomes known. */
function unifyPairs(scope: Scope, pairs: readonly Pair[], next: () => void): void {
  if (pairs.length === 0) {
    next();
    return;
  }
  const ready = pairs.findIndex(([a, b]) => isBound(scope, a) || isBound(scope, b));
  const at = Math.max(ready, 0);
  const [a, b] = pairs[at] as Pair;
  unify(scope, a, b, () => unifyPairs(scope, pairs.toSpliced(at, 1), next));
}

function unifyEntries(scope: Scope, a: ObjectTerm, b: ObjectTerm, next: () => void): void {
  if (a.entries.length !== b.entries.length) scope.writer.fail();
  else unifyEntriesFrom(scope, a.entries, b.entries, [], next);
}

/** Which keys are the same is known at once for constants; else each possibility is a block of its own. */
function unifyEntriesFrom(
  scope: Scope,
  left: readonly Pair[],
  right: readonly Pair[],
  pairs: readonly Pair[],
  next: () => void,
): void {
  const [entry, ...rest] = left;
  if (entry === undefined) {
    unifyPairs(scope, pairs, next);
    return;
  }
  const [key, value] = entry;
  const same = right.findIndex(
    ([other]) => isConstant(key) && isConstant(other) && constantText(key) === constantText(other),
  );
  if (same >= 0) {
    const pair = [value, (right[same] as Pair)[1]] as const;
    unifyEntriesFrom(scope, rest, right.toSpliced(same, 1), [...pairs, pair], next);
    return;
  }
  const { writer } = scope;
  const candidates = right.filter(([other]) => !isConstant(key) || !isConstant(other));
  const blocks = candidates.map((candidate) =>
    writer.block(() => {
      unify(scope, key, candidate[0], () => {
        const others = right.filter((each) => each !== candidate);
        unifyEntriesFrom(scope, rest, others, [...pairs, [value, candidate[1]]], next);
      });
    }),
  );
  writer.emit("BlockStmt", { blocks });
}

/** Unifies a value with a term that may hold free variables. */
export function unifyOperand(scope: Scope, value: Operand, term: Term, next: () => void): void {
  if (term.kind === "var" && !isBound(scope, term)) bind(scope, term.name, copied(scope, value), next);
  else if (term.kind === "array" && !isBound(scope, term)) unifyArray(scope, value, term.items, next);
  else if (term.kind === "object" && !isBound(scope, term)) unifyObject(scope, value, term, next);
  else {
    planTerm(scope, term, (other) => {
      scope.writer.emit("EqualStmt", { a: value, b: other });
      next();
    });
  }
}

/** Input and data change inside `with`: a variable holds what they were where it was bound. */
function copied({ writer }: Scope, value: Operand): Operand {
  if (value.type !== "local" || value.value > 1) return value;
  const target = writer.local();
  writer.emit("AssignVarStmt", { source: value, target });
  return localOperand(target);
}

function unifyArray(scope: Scope, source: Operand, items: readonly Term[], next: () => void): void {
  scope.writer.emit("IsArrayStmt", { source });
  requireLength(scope, source, items.length);
  const parts = items.map((item, i) => [makeNumber(scope, String(i)), item] as const);
  unifyParts(scope, source, parts, next);
}

function unifyObject(scope: Scope, source: Operand, { entries }: ObjectTerm, next: () => void): void {
  scope.writer.emit("IsObjectStmt", { source });
  requireLength(scope, source, entries.length);
  planTerms(
    scope,
    entries.map(([key]) => key),
    (keys) => {
      const parts = entries.map(([, item], i) => [keys[i] as Operand, item] as const);
      unifyParts(scope, source, parts, next);
    },
  );
}

function requireLength(scope: Scope, source: Operand, length: number): void {
  const { writer } = scope;
  const size = writer.local();
  writer.emit("LenStmt", { source, target: size });
  writer.emit("EqualStmt", { a: localOperand(size), b: makeNumber(scope, String(length)) });
}

function unifyParts(
  scope: Scope,
  source: Operand,
  parts: readonly (readonly [Operand, Term])[],
  next: () => void,
  at: number = 0,
): void {
  const part = parts[at];
  if (part === undefined) {
    next();
    return;
  }
  const target = scope.writer.local();
  scope.writer.emit("DotStmt", { source, key: part[0], target });
  unifyOperand(scope, localOperand(target), part[1], () => unifyParts(scope, source, parts, next, at + 1));
}
