import type { Ref, Term } from "../../syntax/ast.ts";
import { type AstJson, astJsonOfTerm, NumberText } from "../../syntax/ast-json.ts";
import { keyJson } from "./key.ts";
import type { FunctionType, NamedArg, Property, Type } from "./type.ts";

type Fields = { readonly [key: string]: AstJson | undefined };

/** A type as OPA's JSON has it, keys sorted; null when it is not known. */
export function typeJson(type: Type | undefined): AstJson {
  return type === undefined ? null : fieldsOf(type);
}

function fieldsOf(type: Type): Fields {
  switch (type.kind) {
    case "any":
      return { of: type.of.length === 0 ? undefined : type.of.map(typeJson), type: "any" };
    case "array":
      return {
        dynamic: type.dynamic && typeJson(type.dynamic),
        static: type.static.length === 0 ? undefined : type.static.map(typeJson),
        type: "array",
      };
    case "object": {
      const { dynamic, static: known } = type;
      return {
        dynamic: dynamic && { key: typeJson(dynamic.key), value: typeJson(dynamic.value) },
        static: known.length === 0 ? undefined : known.map(propertyJson),
        type: "object",
      };
    }
    case "set":
      return { of: type.of && typeJson(type.of), type: "set" };
    case "function":
      return {
        args: type.args.length === 0 ? undefined : type.args.map(argJson),
        result: type.result && argJson(type.result),
        type: "function",
        variadic: type.variadic && argJson(type.variadic),
      };
    default:
      return { type: type.kind };
  }
}

function propertyJson({ key, value }: Property): AstJson {
  return { key: keyJson(key), value: typeJson(value) };
}

/** Of an argument with a name: its type's fields and the name. */
function argJson({ name, type }: NamedArg): AstJson {
  if (name === undefined || type === undefined) return typeJson(type);
  const fields = Object.entries({ ...fieldsOf(type), name });
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Of two sides that cannot be equal. */
export function matchDetails(a: Type | undefined, b: Type | undefined): AstJson {
  return { a: typeJson(a), b: typeJson(b) };
}

/** Of a call: the types of its arguments, and those of the function. */
export function callDetails(
  have: readonly (Type | undefined)[],
  want: readonly NamedArg[],
  variadic: FunctionType["variadic"],
): AstJson {
  const args = want.length === 0 ? undefined : want.map(argJson);
  return { have: have.map(typeJson), want: { args, variadic: variadic && argJson(variadic) } };
}

/** Of a ref whose operand at `pos` is one of what is not to be looked into. */
export function unsupportedDetails(ref: Ref, pos: number, have: Type | undefined): AstJson {
  return { ref: refJson(ref), pos: new NumberText(String(pos)), have: typeJson(have) };
}

/** Of a ref whose operand at `pos` is not there. `oneOf`: the keys that are there. */
export function invalidDetails(
  ref: Ref,
  pos: number,
  have: Type | undefined,
  want: Type | undefined,
  oneOf: readonly Term[],
): AstJson {
  return {
    ref: refJson(ref),
    pos: new NumberText(String(pos)),
    have: have && typeJson(have),
    want: typeJson(want),
    oneOf: oneOf.length === 0 ? null : oneOf.map(constantJson),
  };
}

function refJson({ terms }: Ref): AstJson {
  return terms.map((term: Term, i) => astJsonOfTerm(term, i === 0));
}

/** As Go writes OPA's constants: scalars as such, but null as an empty structure, and collections as lists of terms, and of pairs of terms. */
function constantJson(term: Term): AstJson {
  if (term.kind === "array") return term.items.map((item) => astJsonOfTerm(item));
  if (term.kind === "object") return term.entries.map((pair) => pair.map((each) => astJsonOfTerm(each)));
  if (term.kind === "number") return new NumberText(term.text);
  return term.kind === "string" || term.kind === "boolean" ? term.value : {};
}
