import type { Term } from "../../syntax/ast.ts";
import { isComprehension } from "../parts.ts";
import { termText } from "../text.ts";
import type { TypeEnv } from "./env.ts";
import { constantKey, type Key } from "./key.ts";
import {
  type AnyType,
  type ArrayType,
  anyType,
  either,
  isUnknown,
  keysOf,
  type ObjectType,
  selectType,
  type Type,
  unfold,
  valuesOf,
} from "./type.ts";

/** True when some value has both types. */
export function unifies(left: Type | undefined, right: Type | undefined): boolean {
  if (left?.kind === "recursive" && right?.kind === "recursive" && left.name === right.name) return true;
  const [a, b] = [unfold(left), unfold(right)];
  if (a === undefined || b === undefined) return false;
  if (a === b) return true;
  if (a.kind === "any" && unifiesAny(a, b)) return true;
  if (b.kind === "any" && unifiesAny(b, a)) return true;
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case "any":
      return false;
    case "array":
      return unifiesArrays(a, b as ArrayType);
    case "object":
      return unifiesObjects(a, b as ObjectType);
    case "set":
      return unifies(valuesOf(a), valuesOf(b));
    case "function": {
      const other = b as typeof a;
      return a.args.length === other.args.length && a.args.every(({ type }, i) => unifies(type, other.args[i]?.type));
    }
    default:
      return true;
  }
}

function unifiesAny(a: AnyType, b: Type): boolean {
  if (b.kind === "function") return false;
  return a.of.length === 0 || a.of.some((each) => unifies(each, b));
}

function unifiesArrays(a: ArrayType, b: ArrayType): boolean {
  for (let i = 0; i < Math.max(a.static.length, b.static.length); i++)
    if (!unifies(selectType(a, i), selectType(b, i))) return false;
  return a.dynamic === undefined || b.dynamic === undefined || unifies(a.dynamic, b.dynamic);
}

/**
 * Where keys are found at run time, OPA compares the values alone, if the key may be such a one; known keys beside such ones may be missing.
 * Values that nothing is known of, as a function's argument, fit any.
 */
function unifiesObjects(a: ObjectType, b: ObjectType): boolean {
  const among = (value: Type | undefined, { dynamic }: ObjectType, key: Key) =>
    dynamic !== undefined && selectType({ kind: "object", static: [], dynamic }, key) === undefined
      ? true
      : unifies(value, dynamic?.value);
  const find = (object: ObjectType, key: Key) => object.static.find((each) => each.key === key);
  const known = (x: ObjectType, y: ObjectType) =>
    x.static.every(({ key, value }) => {
      const other = find(y, key);
      return other === undefined ? among(value, y, key) : unifies(value, other.value);
    });
  /** What both know is looked into once: twice on each level would take for ever on deep ones. */
  const alone = (x: ObjectType, y: ObjectType) =>
    x.static.every(({ key, value }) => find(y, key) !== undefined || among(value, y, key));
  if (a.dynamic === undefined || b.dynamic === undefined) {
    // Found keys alone have the values of known ones, so that something must be known of those.
    const fits = (x: ObjectType, y: ObjectType) =>
      x.static.length === 0 || y.dynamic === undefined || y.dynamic.value !== undefined;
    if (!fits(a, b) || !fits(b, a)) return false;
    if (a.dynamic !== undefined) return known(b, a);
    return known(a, b) && (b.dynamic !== undefined || alone(b, a));
  }
  const [value, other] = [a.dynamic.value, b.dynamic.value];
  return known(a, b) && alone(b, a) && (value === undefined || other === undefined || unifies(value, other));
}

/** Variables that got their first type from one of several that a term may have: those of the others are joined to it. */
type Joined = Set<string>;

/** Gives the type to a term, down to its variables. False when the term cannot have it. */
export function assignType(env: TypeEnv, term: Term, given: Type | undefined, joins?: Joined): boolean {
  const type = unfold(given);
  switch (term.kind) {
    case "var":
      return assignVariable(env, term.name, type, joins);
    case "array":
    case "set":
    case "object":
      if (type?.kind === "any") return assignAny(env, term, type);
      if (type?.kind !== term.kind) return false;
      return assignCollection(env, term, type, joins);
    default:
      if (term.kind === "ref" || isComprehension(term)) return unifies(env.typeOf(term), type);
      return unifies(env.typeOf(term), type);
  }
}

function assignVariable(env: TypeEnv, name: string, type: Type | undefined, joins: Joined | undefined): boolean {
  const known = env.variable(name);
  if (known === undefined) {
    env.setVariable(name, type);
    joins?.add(name);
  } else if (joins === undefined || !(joins.has(name) || type === anyType)) return unifies(known, type);
  else env.setVariable(name, either(known, type));
  return true;
}

type Collection = Extract<Term, { kind: "array" | "set" | "object" }>;

function assignAny(env: TypeEnv, term: Collection, type: AnyType): boolean {
  const joined: Joined = new Set();
  if (type.of.length === 0) {
    const parts = term.kind === "object" ? term.entries.flat() : term.items;
    for (const part of parts) assignType(env, part, anyType, joined);
    return true;
  }
  let fits = false;
  for (const each of type.of) if (assignType(env, term, each, joined)) fits = true;
  return fits;
}

function assignCollection(env: TypeEnv, term: Collection, type: Type, joins: Joined | undefined): boolean {
  if (term.kind === "set") {
    const member = valuesOf(type);
    return term.items.every((item) => assignType(env, item, member, joins));
  }
  if (term.kind === "array") return assignArray(env, term.items, type as ArrayType, joins);
  return assignObject(env, term.entries, type as ObjectType, joins);
}

function assignArray(env: TypeEnv, items: readonly Term[], type: ArrayType, joins: Joined | undefined): boolean {
  if (type.dynamic === undefined && items.length !== type.static.length) return false;
  return items.every((item, i) => assignType(env, item, selectType(type, i), joins));
}

function assignObject(
  env: TypeEnv,
  entries: readonly (readonly [Term, Term])[],
  type: ObjectType,
  joins: Joined | undefined,
): boolean {
  if (type.dynamic === undefined && entries.length !== type.static.length) return false;
  return entries.every(([key, value]) => {
    const constant = constantKey(key);
    if (constant !== undefined) {
      const selected = selectType(type, constant);
      return selected !== undefined && assignType(env, value, selected, joins);
    }
    return assignType(env, key, keysOf(type), joins) && assignType(env, value, valuesOf(type), joins);
  });
}

/** Gives both sides of `a = b`, whose types are `left` and `right`, what is known of the other. False when they cannot be equal. */
export function equateTypes(
  env: TypeEnv,
  a: Term,
  b: Term,
  left: Type | undefined = env.typeOf(a),
  right: Type | undefined = env.typeOf(b),
): boolean {
  const [openLeft, openRight] = [isUnknown(left), isUnknown(right)];
  if (openLeft && !openRight) return assignType(env, a, right);
  if (openRight && !openLeft) return assignType(env, b, left);
  if (!openLeft) return unifies(left, right);
  return equateOpen(env, a, b);
}

/** Neither side is wholly known: part by part. */
function equateOpen(env: TypeEnv, a: Term, b: Term): boolean {
  if (a.kind === "var" && isPartlyKnown(env, b)) return assignType(env, a, env.typeOf(b));
  if (b.kind === "var" && isPartlyKnown(env, a)) return assignType(env, b, env.typeOf(a));
  if (a.kind === "var" && b.kind !== "array" && b.kind !== "object") {
    return b.kind === "var" && assignType(env, a, anyType) && assignType(env, b, env.typeOf(a));
  }
  if (a.kind === "var") return equateOpen(env, b, a);
  if (b.kind === "var") return assignOpen(env, a, b);
  if (a.kind === "array" && b.kind === "array") {
    return a.items.length === b.items.length && a.items.every((item, i) => equateTypes(env, item, b.items[i] as Term));
  }
  if (a.kind === "object" && b.kind === "object") return equateObjects(env, a.entries, b.entries);
  return false;
}

/** What a comprehension or a set holds may be unknown: an argument that nothing is said of. */
function isPartlyKnown(env: TypeEnv, term: Term): boolean {
  return term.kind === "set" || isComprehension(term) || (term.kind === "ref" && env.typeOf(term) !== undefined);
}

function assignOpen(env: TypeEnv, pattern: Term, variable: Term): boolean {
  return assignType(env, pattern, anyType) && assignType(env, variable, env.typeOf(pattern));
}

function equateObjects(
  env: TypeEnv,
  left: readonly (readonly [Term, Term])[],
  right: readonly (readonly [Term, Term])[],
): boolean {
  if (left.length !== right.length) return false;
  return left.every(([key, value]) => {
    const text = termText(key);
    const other = right.find(([each]) => termText(each) === text);
    return other !== undefined && equateTypes(env, value, other[1]);
  });
}
