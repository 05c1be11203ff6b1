import { compareStrings } from "../../value/string-order.ts";
import { goQuote } from "../go-quote.ts";
import {
  type ArgumentDefinition,
  type Definition,
  type DefinitionKind,
  type Directive,
  isInput,
  named,
  nameOfType,
  type Position,
  type Type,
  textOfType,
  valueKinds,
} from "./ast.ts";
import { GraphqlError, nowhere } from "./errors.ts";
import type { Schema } from "./schema.ts";
import { checkImplements } from "./schema-interfaces.ts";

/** Checks each type and directive of a schema, in the order of their names. Throws `GraphqlError`. */
export function checkDefinitions(schema: Schema): void {
  for (const name of [...schema.Types.keys()].sort(compareStrings))
    checkDefinition(schema, schema.Types.get(name) as Definition);
  for (const name of [...schema.Directives.keys()].sort(compareStrings)) {
    const directive = schema.Directives.get(name);
    if (directive === undefined) continue;
    checkName(directive.Name, directive.Position);
    checkArguments(schema, directive.Arguments, directive.Name);
  }
}

function fail(message: string, position: Position | undefined): never {
  throw new GraphqlError(message, position ?? nowhere);
}

function checkDefinition(schema: Schema, definition: Definition): void {
  checkFields(schema, definition);
  checkMembers(schema, definition);
  for (const name of definition.Interfaces) checkImplements(schema, definition, name);
  checkKind(schema, definition);
  checkUnique(definition);
  if (!definition.BuiltIn) checkName(definition.Name, definition.Position);
  // These come from several places, when there are extensions.
  checkDirectives(schema, definition.Directives, definition.Kind, { once: false });
}

function checkFields(schema: Schema, { Fields, Kind }: Definition): void {
  const location = Kind === "INPUT_OBJECT" ? "INPUT_FIELD_DEFINITION" : "FIELD_DEFINITION";
  for (const { Name, Position, Type, Arguments, Directives } of Fields) {
    checkName(Name, Position);
    checkType(schema, Type);
    checkArguments(schema, Arguments, undefined);
    checkDirectives(schema, Directives, location, { once: true });
  }
}

function checkMembers({ Types }: Schema, definition: Definition): void {
  for (const name of definition.Types) {
    const member = Types.get(name);
    if (member === undefined) fail(`Undefined type ${goQuote(name)}.`, definition.Position);
    if (member.Kind !== "OBJECT") fail(`${definition.Kind} type ${goQuote(name)} must be OBJECT.`, definition.Position);
  }
}

function checkKind(schema: Schema, definition: Definition): void {
  const { Kind, Name, Fields, EnumValues, Position } = definition;
  switch (Kind) {
    case "OBJECT":
    case "INTERFACE":
      if (Fields.length === 0) fail(`${Kind} ${Name}: must define one or more fields.`, Position);
      checkFieldKinds(schema, definition, ["SCALAR", "OBJECT", "INTERFACE", "UNION", "ENUM"]);
      break;
    case "ENUM":
      if (EnumValues.length === 0) fail(`${Kind} ${Name}: must define one or more unique enum values.`, Position);
      checkEnumValues(schema, definition);
      break;
    case "INPUT_OBJECT":
      if (Fields.length === 0) fail(`${Kind} ${Name}: must define one or more input fields.`, Position);
      checkFieldKinds(schema, definition, ["SCALAR", "ENUM", "INPUT_OBJECT"]);
      break;
    default:
      break;
  }
}

function checkFieldKinds({ Types }: Schema, { Kind, Name, Fields }: Definition, kinds: DefinitionKind[]): void {
  for (const field of Fields) {
    const type = Types.get(nameOfType(field.Type));
    if (type === undefined || kinds.includes(type.Kind)) continue;
    const subject = Kind === "INPUT_OBJECT" ? `${type.Kind} ${field.Name}` : `${Kind} ${Name}`;
    fail(`${subject}: field must be one of ${kinds.join(", ")}.`, field.Position);
  }
}

function checkEnumValues(schema: Schema, { Kind, Name, EnumValues, Position }: Definition): void {
  for (const value of EnumValues) {
    if (["true", "false", "null"].includes(value.Name))
      fail(`${Kind} ${Name}: non-enum value ${value.Name}.`, Position);
    checkDirectives(schema, value.Directives, "ENUM_VALUE", { once: true });
  }
}

function checkUnique({ Name, Fields, EnumValues, Types, TypePositions, Position }: Definition): void {
  const field = secondOf(Fields);
  if (field !== undefined) fail(`Field ${Name}.${field.Name} can only be defined once.`, field.Position);
  const value = secondOf(EnumValues);
  if (value !== undefined) fail(`Enum value ${Name}.${value.Name} can only be defined once.`, value.Position);
  const members = Types.map((each, i) => ({ Name: each, Position: TypePositions[i] ?? Position }));
  const member = secondOf(members);
  if (member === undefined) return;
  fail(`Union type ${Name} can only include type ${member.Name} once.`, member.Position);
}

/** The second of the first two items with one name. */
function secondOf<Item extends { readonly Name: string }>(items: readonly Item[]): Item | undefined {
  const seconds = new Map<string, Item>();
  const seen = new Set<string>();
  for (const item of items) {
    if (seen.has(item.Name) && !seconds.has(item.Name)) seconds.set(item.Name, item);
    seen.add(item.Name);
  }
  const first = items.find(({ Name }) => seconds.has(Name));
  return first && seconds.get(first.Name);
}

function checkName(name: string, position: Position | undefined): void {
  if (!name.startsWith("__")) return;
  fail(`Name "${name}" must not begin with "__", which is reserved by GraphQL introspection.`, position);
}

function checkType({ Types }: Schema, type: Type): Definition {
  const name = nameOfType(type);
  return Types.get(name) ?? fail(`Undefined type ${name}.`, type.Position);
}

function checkArguments(schema: Schema, items: ArgumentDefinition[], directive: string | undefined): void {
  for (const { Name, Type, Position, Directives } of items) {
    checkName(Name, Position);
    const type = checkType(schema, Type);
    if (!isInput(type)) {
      const text = textOfType(Type);
      fail(`cannot use ${text} as argument ${Name} because ${type.Kind} is not a valid input type`, Position);
    }
    checkDirectives(schema, Directives, "ARGUMENT_DEFINITION", { once: true, within: directive });
  }
}

/** Checks directives in a schema: `once` if they stand in one place, `within` the definition of a directive. */
export function checkDirectives(
  schema: Schema,
  directives: readonly Directive[],
  location: string,
  { once, within }: { once: boolean; within?: string | undefined },
): void {
  const seen = new Set<string>();
  for (const directive of directives) {
    const { Name, Position } = directive;
    checkName(Name, Position);
    if (Name === within) fail(`Directive ${Name} cannot refer to itself.`, Position);
    const definition = schema.Directives.get(Name);
    if (definition === undefined) fail(`Undefined directive ${Name}.`, Position);
    if (once && seen.has(Name) && !definition.IsRepeatable)
      fail(`The directive ${Name} can only be used once at this location.`, Position);
    seen.add(Name);
    if (!definition.Locations.includes(location)) fail(`Directive ${Name} is not applicable on ${location}.`, Position);
    checkDirectiveArguments(directive, definition.Arguments);
  }
}

function checkDirectiveArguments({ Name, Arguments, Position }: Directive, known: ArgumentDefinition[]): void {
  for (const argument of Arguments) {
    if (named(known, argument.Name) === undefined)
      fail(`Undefined argument ${argument.Name} for directive ${Name}.`, argument.Position);
  }
  for (const { Name: wanted, Type, DefaultValue } of known) {
    if (!Type.NonNull || DefaultValue !== undefined) continue;
    const given = named(Arguments, wanted);
    if (given === undefined || given.Value.Kind === valueKinds.null)
      fail(`Argument ${wanted} for directive ${Name} cannot be null.`, Position);
  }
}
