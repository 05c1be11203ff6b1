import { goQuote } from "../../go-quote.ts";
import { type Definition, named, type Type, textOfType, type Value, valueKinds } from "../ast.ts";
import { GraphqlError } from "../errors.ts";
import { similar, suggestion } from "../suggestions.ts";
import type { Context, Rule } from "../walk.ts";

const builtinScalars = new Set(["Int", "Float", "String", "Boolean", "ID"]);

/** Scalars that a literal may stand for. */
const scalarsOf = new Map<number, readonly string[]>([
  [valueKinds.int, ["Int", "Float", "ID"]],
  [valueKinds.float, ["Float"]],
  [valueKinds.string, ["String", "ID"]],
  [valueKinds.block, ["String", "ID"]],
  [valueKinds.boolean, ["Boolean"]],
]);

export const valuesOfCorrectType: Rule = ({ report }) => ({
  value(value) {
    const { Definition, ExpectedType, Kind, Position } = value;
    if (Definition === undefined || ExpectedType === undefined) return;
    if (Kind === valueKinds.null && ExpectedType.NonNull) report(expected(value, ExpectedType), Position);
    if (Definition.Kind === "SCALAR" && !builtinScalars.has(Definition.Name)) return;
    if (!canBeRead(value)) report(unexpected(value, Definition, ExpectedType), Position);
    checkKind(value, Definition, ExpectedType, report);
  },
});

type Report = Context["report"];

function checkKind(value: Value, definition: Definition, type: Type, report: Report): void {
  const { Kind, Position } = value;
  switch (Kind) {
    case valueKinds.null:
    case valueKinds.variable:
      return;
    case valueKinds.list:
      if (type.Elem === undefined) report(unexpected(value, definition, type), Position);
      return;
    case valueKinds.enum:
      checkEnum(value, definition, type, report);
      return;
    case valueKinds.object:
      checkObject(value, definition, report);
      return;
    default:
      checkScalar(value, definition, type, report);
  }
}

function checkScalar(value: Value, definition: Definition, type: Type, report: Report): void {
  const { Kind, Raw, Position } = value;
  const scalars = scalarsOf.get(Kind);
  if (scalars === undefined) throw new GraphqlError(`unknown value kind ${Kind}`, Position);
  if (definition.Kind === "ENUM" && (Kind === valueKinds.string || Kind === valueKinds.block)) {
    const hint = suggestion("Did you mean the enum value", similar(Raw, enumNames(definition)));
    report(`${noEnum(value, type)}${hint}`, Position);
  } else if (!scalars.includes(definition.Name)) report(unexpected(value, definition, type), Position);
}

function checkEnum(value: Value, definition: Definition, type: Type, report: Report): void {
  const { Raw, Position } = value;
  const names = enumNames(definition);
  if (definition.Kind !== "ENUM") report(unexpected(value, definition, type), Position);
  else if (!names.includes(Raw)) {
    const hint = suggestion("Did you mean the enum value", similar(Raw, names));
    report(`Value "${Raw}" does not exist in "${textOfType(type)}" enum.${hint}`, Position);
  }
}

function enumNames({ Kind, EnumValues }: Definition): string[] {
  return Kind === "ENUM" ? EnumValues.map(({ Name }) => Name) : [];
}

function checkObject({ Children, Position }: Value, definition: Definition, report: Report): void {
  const { Name, Fields, Directives } = definition;
  for (const field of Fields) {
    if (!field.Type.NonNull || field.DefaultValue !== undefined || named(Children, field.Name)) continue;
    report(`Field "${Name}.${field.Name}" of required type "${textOfType(field.Type)}" was not provided.`, Position);
  }
  for (const directive of Directives)
    if (directive.Name === "oneOf") checkOneOf(Children, definition, report, Position);
  for (const child of Children) {
    if (named(Fields, child.Name) !== undefined) continue;
    const names = Fields.map((field) => field.Name);
    const hint = suggestion("Did you mean", similar(child.Name, names));
    report(`Field "${child.Name}" is not defined by type "${Name}".${hint}`, child.Position);
  }
}

function checkOneOf(
  children: Value["Children"],
  { Name, Fields }: Definition,
  report: Report,
  position: Value["Position"],
): void {
  const only = children[0];
  if (only === undefined || children.length !== 1)
    report(`OneOf Input Object "${Name}" must specify exactly one key.`, position);
  // gqlparser names the first field there is, not the one that was given.
  else if (only.Value.Kind === valueKinds.null)
    report(`Field "${Name}.${Fields[0]?.Name}" must be non-null.`, only.Value.Position);
}

export const uniqueInputFieldNames: Rule = ({ report }) => ({
  value({ Kind, Children }) {
    if (Kind !== valueKinds.object) return;
    const seen = new Set<string>();
    for (const { Name, Position } of Children) {
      if (seen.has(Name)) report(`There can be only one input field named "${Name}".`, Position);
      seen.add(Name);
    }
  },
});

const int64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n };

/** False where Go could not read the literal as a number or boolean of its own. */
function canBeRead({ Kind, Raw, Children }: Value): boolean {
  switch (Kind) {
    case valueKinds.int:
      return /^[-+]?\d+$/.test(Raw) && BigInt(Raw) >= int64.least && BigInt(Raw) <= int64.most;
    case valueKinds.float:
      return Raw !== "" && Number.isFinite(Number(Raw));
    case valueKinds.boolean:
      return /^(1|t|T|true|TRUE|True|0|f|F|false|FALSE|False)$/.test(Raw);
    default:
      return Children.every(({ Value }) => canBeRead(Value));
  }
}

function expected(value: Value, type: Type): string {
  return `Expected value of type "${textOfType(type)}", found ${valueText(value)}.`;
}

function noEnum(value: Value, type: Type): string {
  return `Enum "${textOfType(type)}" cannot represent non-enum value: ${valueText(value)}.`;
}

function unexpected(value: Value, definition: Definition, type: Type): string {
  const text = valueText(value);
  switch (textOfType(type)) {
    case "Int":
    case "Int!":
      return `Int cannot represent ${isHuge(value.Raw) ? "non 32-bit signed integer" : "non-integer"} value: ${text}`;
    case "String":
    case "String!":
    case "[String]":
      return `String cannot represent a non string value: ${text}`;
    case "Boolean":
    case "Boolean!":
      return `Boolean cannot represent a non boolean value: ${text}`;
    case "Float":
    case "Float!":
      return `Float cannot represent non numeric value: ${text}`;
    case "ID":
    case "ID!":
      return `ID cannot represent a non-string and non-integer value: ${text}`;
    default:
      return definition.Kind === "ENUM" ? noEnum(value, type) : expected(value, type);
  }
}

/** An integer of more than 32 bits. */
function isHuge(raw: string): boolean {
  return /^[-+]?\d+$/.test(raw) && (BigInt(raw) > 2n ** 31n - 1n || BigInt(raw) < -(2n ** 31n));
}

/** A literal in GraphQL's syntax. */
function valueText({ Kind, Raw, Children }: Value): string {
  switch (Kind) {
    case valueKinds.variable:
      return `$${Raw}`;
    case valueKinds.string:
    case valueKinds.block:
      return goQuote(Raw);
    case valueKinds.list:
      return `[${Children.map(({ Value }) => valueText(Value)).join(",")}]`;
    case valueKinds.object:
      return `{${Children.map(({ Name, Value }) => `${Name}:${valueText(Value)}`).join(",")}}`;
    default:
      return Raw;
  }
}
