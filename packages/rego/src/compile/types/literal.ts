import type { Term } from "../../syntax/ast.ts";
import { compareTerms } from "../../syntax/term-order.ts";
import { constantKey, type Key } from "./key.ts";
import {
  anyType,
  arrayOf,
  booleanType,
  either,
  nullType,
  numberType,
  objectOf,
  type Property,
  selectType,
  setOf,
  stringType,
  type Type,
} from "./type.ts";
import { isComparable } from "./type-size.ts";

/** What is known of vars and refs. */
export interface TypeLookup {
  readonly variable: (name: string) => Type | undefined;
  readonly other: (term: Term) => Type | undefined;
}

/** The type of a term by its form, with `lookup` for what has none of its own. */
export function typeOfTerm(term: Term, lookup: TypeLookup): Type | undefined {
  switch (term.kind) {
    case "null":
      return nullType;
    case "boolean":
      return booleanType;
    case "number":
      return numberType;
    case "string":
      return stringType;
    case "var":
      return lookup.variable(term.name);
    case "array":
      return arrayType(term.items, lookup);
    case "set": {
      const of = term.items.reduce<Type | undefined>((all, item) => either(all, typeOfTerm(item, lookup)), undefined);
      // As in OPA, a member of which nothing is known may be anything.
      return setOf(of ?? anyType);
    }
    case "object":
      return objectType(term, lookup);
    default:
      return lookup.other(term);
  }
}

/** An empty array may stand for any: what it is compared with or searched for is no error. */
function arrayType(items: readonly Term[], lookup: TypeLookup): Type {
  const known = items.map((item) => typeOfTerm(item, lookup));
  if (!isComparable(known)) return arrayOf(anyType);
  return { kind: "array", static: known, dynamic: known.length === 0 ? anyType : undefined };
}

function objectType(term: Term & { kind: "object" }, lookup: TypeLookup): Type {
  const known: Property[] = [];
  let last: readonly [Term, Term] | undefined;
  for (const entry of term.entries) {
    const [key, value] = entry;
    const constant = constantKey(key);
    if (constant !== undefined) known.push({ key: constant, value: typeOfTerm(value, lookup) });
    else if (last === undefined || compareTerms(last[0], key) < 0) last = entry;
  }
  // As in OPA, of several keys that are not known the last one counts.
  const dynamic = last && { key: typeOfTerm(last[0], lookup), value: typeOfTerm(last[1], lookup) };
  const isAny = (known.length === 0 && dynamic === undefined) || !isComparable(known.map(({ value }) => value));
  if (isAny) return objectOf([], { key: anyType, value: anyType });
  return objectOf(known, dynamic);
}

/** The key that a scalar is; undefined for all other terms. */
export function scalarKey(term: Term): Key | undefined {
  return term.kind === "array" || term.kind === "object" || term.kind === "set" ? undefined : constantKey(term);
}

/** The type of what a scalar selects. A number is the place in an array only when it is written as Go writes an `int64`. */
export function selectScalar(type: Type | undefined, term: Term, key: Key): Type | undefined {
  if (term.kind !== "number") return selectType(type, key);
  return selectType(type, key, /^\d+$/.test(term.text) && BigInt(term.text) <= maxInt64 ? Number(term.text) : -1);
}

const maxInt64 = 2n ** 63n - 1n;
