import { goQuote } from "../go-quote.ts";
import {
  type ArgumentDefinition,
  type Definition,
  type FieldDefinition,
  named,
  type Position,
  type Type,
  textOfType,
} from "./ast.ts";
import { GraphqlError, nowhere } from "./errors.ts";
import type { Schema } from "./schema.ts";

/** Checks that a type has what its interface asks. https://spec.graphql.org/October2021/#IsValidImplementation(). Throws `GraphqlError`. */
export function checkImplements(schema: Schema, definition: Definition, name: string): void {
  const { Position } = definition;
  const type = schema.Types.get(name);
  if (type === undefined) fail(`Undefined type ${goQuote(name)}.`, Position);
  if (type.Kind !== "INTERFACE") fail(`${goQuote(name)} is a non interface type ${type.Kind}.`, Position);
  const prefix = `For ${definition.Name} to implement ${type.Name}`;
  for (const required of type.Fields) {
    const found = named(definition.Fields, required.Name);
    if (found === undefined) fail(`${prefix} it must have a field called ${required.Name}.`, Position);
    checkField(schema, prefix, required, found);
  }
  for (const ancestor of type.Interfaces) {
    if (definition.Interfaces.includes(ancestor)) continue;
    if (ancestor === definition.Name)
      fail(`Type ${ancestor} cannot implement ${name} because it would create a circular reference.`, Position);
    fail(`Type ${definition.Name} must implement ${ancestor} because it is implemented by ${name}.`, Position);
  }
}

function fail(message: string, position: Position | undefined): never {
  throw new GraphqlError(message, position ?? nowhere);
}

function checkField(schema: Schema, prefix: string, required: FieldDefinition, found: FieldDefinition): void {
  if (!isCovariant(schema, required.Type, found.Type))
    fail(`${prefix} the field ${required.Name} must have type ${textOfType(required.Type)}.`, found.Position);
  const subject = `${prefix} the field ${required.Name} must have the same arguments but`;
  for (const { Name, Type } of required.Arguments) {
    const argument = named(found.Arguments, Name);
    if (argument === undefined) fail(`${subject} it is missing ${Name}.`, found.Position);
    if (!isCompatible(Type, argument.Type)) fail(`${subject} ${Name} has the wrong type.`, argument.Position);
  }
  const extra = found.Arguments.find((argument) => isRequired(argument) && !named(required.Arguments, argument.Name));
  if (extra === undefined) return;
  const demand = `any additional arguments on ${found.Name} must be optional or have a default value`;
  fail(`${prefix} ${demand} but ${extra.Name} is required.`, extra.Position);
}

function isRequired({ Type, DefaultValue }: ArgumentDefinition): boolean {
  return Type.NonNull && DefaultValue === undefined;
}

function isCovariant(schema: Schema, required: Type, actual: Type): boolean {
  if (required.NonNull && !actual.NonNull) return false;
  if (required.NamedType !== "" || required.Elem === undefined) {
    if (required.NamedType === actual.NamedType) return true;
    const possible = schema.PossibleTypes.get(required.NamedType) ?? [];
    return named(possible, actual.NamedType) !== undefined;
  }
  return actual.Elem !== undefined && isCovariant(schema, required.Elem, actual.Elem);
}

/** True if a value of the first type may stand where the second is wanted. */
export function isCompatible(type: Type, wanted: Type): boolean {
  if (type.NamedType !== wanted.NamedType) return false;
  if (type.Elem !== undefined && (wanted.Elem === undefined || !isCompatible(type.Elem, wanted.Elem))) return false;
  return !wanted.NonNull || type.NonNull;
}
