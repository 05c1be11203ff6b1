import type { BuiltinSignature, DeclaredType } from "../../builtins/capabilities.ts";
import { remembered } from "../remembered.ts";
import type { Key } from "./key.ts";
import {
  anyType,
  arrayOf,
  type FunctionType,
  type NamedArg,
  nullType,
  objectOf,
  oneOf,
  setOf,
  type Type,
} from "./type.ts";

/** The type of a builtin. */
export const functionTypeOf: (signature: BuiltinSignature) => FunctionType = remembered(
  (signature: BuiltinSignature): FunctionType => ({
    kind: "function",
    args: signature.args.map(namedArg),
    result: signature.result && namedArg(signature.result),
    variadic: signature.variadic && namedArg(signature.variadic),
  }),
);

function namedArg(declared: DeclaredType): NamedArg {
  const type = typeFromDeclared(declared);
  return declared.name === undefined ? { type } : { name: declared.name, type };
}

/** The type that capabilities.json spells. */
export function typeFromDeclared(declared: DeclaredType): Type {
  switch (declared.type) {
    case "boolean":
    case "number":
    case "string":
      return { kind: declared.type };
    case "null":
      return nullType;
    case "array":
      return arrayFrom(declared);
    case "object":
      return objectFrom(declared);
    case "set":
      return setOf(typeFromDeclared((declared.of as DeclaredType | undefined) ?? { type: "any" }));
    case "any": {
      const of = (declared.of ?? []) as readonly DeclaredType[];
      return of.length === 1
        ? { kind: "any", of: of.map(typeFromDeclared) }
        : of.length === 0
          ? anyType
          : oneOf(of.map(typeFromDeclared));
    }
    default:
      return anyType;
  }
}

function arrayFrom({ static: known, dynamic }: DeclaredType): Type {
  const items = ((known ?? []) as readonly DeclaredType[]).map(typeFromDeclared);
  return { ...arrayOf(dynamic === undefined ? undefined : typeFromDeclared(dynamic as DeclaredType)), static: items };
}

function objectFrom({ static: known, dynamic }: DeclaredType): Type {
  const properties = ((known ?? []) as readonly { key: Key; value: DeclaredType }[]).map(({ key, value }) => ({
    key,
    value: typeFromDeclared(value),
  }));
  if (dynamic === undefined) return objectOf(properties);
  const { key, value } = dynamic as { key: DeclaredType; value: DeclaredType };
  return objectOf(properties, { key: typeFromDeclared(key), value: typeFromDeclared(value) });
}
