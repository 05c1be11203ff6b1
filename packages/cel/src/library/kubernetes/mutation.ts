import type { Library, StructType } from "../../check/environment.ts";
import { DYN, STRING } from "../../check/type.ts";
import { isEqual } from "../../value/equal.ts";
import { type Json, jsonFromValue } from "../../value/json.ts";
import { CelError, ListValue, MapValue, Struct, type Value } from "../../value/value.ts";
import { declare, global } from "../declare.ts";

/** `Object{…}`, `Object.spec{…}` or `JSONPatch{…}` of a mutation: a message whose fields are what the expression set. */
export class MutationStruct extends Struct {
  readonly typeName: string;
  readonly fields: ReadonlyMap<string, Value>;

  constructor(typeName: string, fields: ReadonlyMap<string, Value>) {
    super();
    this.typeName = typeName;
    this.fields = fields;
  }

  get(field: string): Value | undefined {
    return this.fields.get(field);
  }

  has(field: string): boolean {
    return this.fields.has(field);
  }

  equals(other: Struct): boolean {
    if (
      !(other instanceof MutationStruct) ||
      other.typeName !== this.typeName ||
      other.fields.size !== this.fields.size
    )
      return false;
    return [...this.fields].every(([name, value]) => {
      const theirs = other.fields.get(name);
      return theirs !== undefined && isEqual(value, theirs);
    });
  }

  override isZero(): boolean {
    return this.fields.size === 0;
  }
}

/** What MutatingAdmissionPolicy adds: https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/ */
export const mutation: Library = {
  name: "kubernetes.mutation",
  structs: mutationStruct,
  functions: [
    declare(
      "jsonpatch.escapeKey",
      global("string_jsonpatch_escapeKey_string", [STRING], STRING, (key: string) =>
        key.replaceAll("~", "~0").replaceAll("/", "~1"),
      ),
    ),
  ],
};

const patchFields = new Map([
  ["op", STRING],
  ["path", STRING],
  ["from", STRING],
  ["value", DYN],
]);

function mutationStruct(name: string): StructType | undefined {
  const create = (fields: ReadonlyMap<string, Value>): Value => new MutationStruct(name, fields);
  if (name === "JSONPatch") return { name, create: createPatch, field: (field) => patchFields.get(field) };
  return name === "Object" || name.startsWith("Object.") ? { name, create, field: () => DYN } : undefined;
}

function createPatch(fields: ReadonlyMap<string, Value>): Value {
  for (const [field, value] of fields) {
    if (field !== "value" && typeof value !== "string")
      return new CelError(`unexpected type for JSONPatchType '${field}' field`);
  }
  return new MutationStruct("JSONPatch", fields);
}

/** A mutation's value as JSON: an apply configuration, or the operations of a patch; undefined for what has no such form. */
export function jsonFromMutation(value: Value): Json | undefined {
  if (value instanceof MutationStruct) return objectOf([...value.fields]);
  if (value instanceof ListValue) {
    const items = [...value].map(jsonFromMutation);
    return items.includes(undefined) ? undefined : (items as Json[]);
  }
  if (!(value instanceof MapValue)) return jsonFromValue(value);
  return objectOf([...value.keys()].map((key) => [String(key), value.find(key) as Value]));
}

function objectOf(entries: readonly (readonly [string, Value])[]): Json | undefined {
  const made = entries.map(([name, value]) => [name, jsonFromMutation(value)] as const);
  return made.some(([, json]) => json === undefined) ? undefined : (Object.fromEntries(made) as Json);
}

/**
 * What is wrong with the type names below a struct: each must be the path of the field that holds it, as
 * `Object{spec: Object.spec{…}}`. Lists and maps between them are not counted.
 */
export function typeNameFaults(value: Value): readonly string[] {
  return value instanceof MutationStruct ? [...faultsBelow(value, value.typeName)] : [];
}

function* faultsBelow(value: Value, wanted: string): Generator<string> {
  if (value instanceof ListValue) for (const each of value) yield* faultsBelow(each, wanted);
  else if (value instanceof MapValue) {
    for (const key of value.keys()) yield* faultsBelow(value.find(key) as Value, wanted);
  } else if (value instanceof MutationStruct) {
    if (value.typeName !== wanted) {
      yield `unexpected type name ${JSON.stringify(value.typeName)}, expected ${JSON.stringify(wanted)}, which matches field name path from root Object type`;
    }
    for (const [name, each] of value.fields) yield* faultsBelow(each, `${wanted}.${name}`);
  }
}
