import type {
  ArgumentDefinition,
  CommentGroup,
  Definition,
  DefinitionKind,
  DirectiveDefinition,
  EnumValueDefinition,
  FieldDefinition,
  OperationTypeDefinition,
  Position,
  SchemaDefinition,
  SchemaDocument,
} from "./ast.ts";
import { Parser } from "./parser.ts";

interface Description {
  readonly text: string;
  readonly comment: CommentGroup | undefined;
}

const noDescription: Description = { text: "", comment: undefined };

const typeKinds: { readonly [keyword: string]: DefinitionKind } = {
  scalar: "SCALAR",
  type: "OBJECT",
  interface: "INTERFACE",
  union: "UNION",
  enum: "ENUM",
  input: "INPUT_OBJECT",
};

/** https://spec.graphql.org/October2021/#DirectiveLocation */
const directiveLocations = new Set([
  ...["QUERY", "MUTATION", "SUBSCRIPTION", "FIELD", "FRAGMENT_DEFINITION", "FRAGMENT_SPREAD", "INLINE_FRAGMENT"],
  ...["VARIABLE_DEFINITION", "SCHEMA", "SCALAR", "OBJECT", "FIELD_DEFINITION", "ARGUMENT_DEFINITION", "INTERFACE"],
  ...["UNION", "ENUM", "ENUM_VALUE", "INPUT_OBJECT", "INPUT_FIELD_DEFINITION"],
]);

/** Parses type definitions and extensions. https://spec.graphql.org/October2021/#TypeSystemDocument. Throws `GraphqlError`. */
export function parseSchema(text: string): SchemaDocument {
  const parser = new Parser(text);
  const document: SchemaDocument = { Schema: [], SchemaExtension: [], Directives: [], Definitions: [], Extensions: [] };
  while (parser.peek().kind !== "<EOF>") addDefinition(parser, document);
  document.Comment = parser.comment;
  return document;
}

function addDefinition(parser: Parser, document: SchemaDocument): void {
  const described = description(parser);
  const { kind, value } = parser.peek();
  if (kind !== "Name") throw parser.unexpected();
  if (Object.hasOwn(typeKinds, value)) {
    const comment = parser.next().comment;
    document.Definitions.push(typeDefinition(parser, value, comment, described, false));
  } else if (value === "schema") {
    document.Schema.push(schemaDefinition(parser, parser.next().comment, described));
  } else if (value === "directive") document.Directives.push(directiveDefinition(parser, described));
  else if (value !== "extend") throw parser.unexpected();
  else if (described.text !== "") throw parser.unexpected(parser.previous);
  else addExtension(parser, document);
}

function addExtension(parser: Parser, document: SchemaDocument): void {
  const { comment } = parser.next();
  const { kind, value } = parser.peek();
  if (value === "schema") {
    parser.expectKeyword("schema");
    const extension = schemaDefinition(parser, comment, noDescription);
    if (extension.Directives.length === 0 && extension.OperationTypes.length === 0) throw parser.unexpected();
    document.SchemaExtension.push(extension);
    return;
  }
  if (!Object.hasOwn(typeKinds, value)) throw parser.unexpected();
  // A string is no keyword, whatever it says.
  if (kind !== "Name") parser.expectKeyword(value);
  parser.next();
  document.Extensions.push(typeDefinition(parser, value, comment, noDescription, true));
}

function description(parser: Parser): Description {
  const { kind, comment } = parser.peek();
  if (kind !== "String" && kind !== "BlockString") return noDescription;
  return { text: parser.next().value, comment };
}

/** Parses what follows `schema`. */
function schemaDefinition(parser: Parser, comment: CommentGroup | undefined, described: Description): SchemaDefinition {
  const definition: SchemaDefinition = {
    Position: parser.position,
    BeforeDescriptionComment: described.comment,
    Description: described.text,
    AfterDescriptionComment: comment,
    Directives: parser.directives(true),
    OperationTypes: [],
  };
  definition.OperationTypes = parser.some(
    "{",
    "}",
    () => operationType(parser),
    (end) => {
      definition.EndOfDefinitionComment = end;
    },
  );
  return definition;
}

function operationType(parser: Parser): OperationTypeDefinition {
  const { position, comment } = parser;
  const token = parser.next();
  if (!["query", "mutation", "subscription"].includes(token.value)) throw parser.unexpected(token);
  parser.expect(":");
  return { Position: position, Comment: comment, Operation: token.value, Type: parser.name() };
}

/** Parses what follows `type`, `union` and the like. An extension must add something. */
function typeDefinition(
  parser: Parser,
  keyword: string,
  comment: CommentGroup | undefined,
  described: Description,
  isExtension: boolean,
): Definition {
  const Kind = typeKinds[keyword] as DefinitionKind;
  const definition: Definition = {
    Position: parser.position,
    Kind,
    BeforeDescriptionComment: described.comment,
    Description: described.text,
    AfterDescriptionComment: comment,
    Name: parser.name(),
    // Extensions of interfaces implement none, in gqlparser.
    Interfaces: Kind === "OBJECT" || (Kind === "INTERFACE" && !isExtension) ? interfaces(parser) : [],
    Directives: parser.directives(Kind !== "INPUT_OBJECT" || !isExtension),
    Fields: [],
    Types: [],
    TypePositions: [],
    EnumValues: [],
    BuiltIn: false,
  };
  addMembers(parser, definition);
  const { Interfaces, Directives, Fields, Types, EnumValues } = definition;
  if (isExtension && [Interfaces, Directives, Fields, Types, EnumValues].every(({ length }) => length === 0))
    throw parser.unexpected();
  return definition;
}

function addMembers(parser: Parser, definition: Definition): void {
  const atEnd = (comment: CommentGroup | undefined) => {
    definition.EndOfDefinitionComment = comment;
  };
  switch (definition.Kind) {
    case "OBJECT":
    case "INTERFACE":
      definition.Fields = parser.some("{", "}", () => fieldDefinition(parser), atEnd);
      break;
    case "INPUT_OBJECT":
      definition.Fields = parser.some("{", "}", () => ({ ...inputValue(parser), Arguments: [] }), atEnd);
      break;
    case "ENUM":
      definition.EnumValues = parser.some("{", "}", () => enumValue(parser), atEnd);
      break;
    case "UNION":
      for (const { Name, Position } of unionMembers(parser)) {
        definition.Types.push(Name);
        definition.TypePositions.push(Position);
      }
      break;
    case "SCALAR":
      break;
  }
}

function interfaces(parser: Parser): string[] {
  const names: string[] = [];
  if (!parser.at("implements")) return names;
  parser.next();
  parser.skip("&");
  do names.push(parser.name());
  while (parser.skip("&"));
  return names;
}

function unionMembers(parser: Parser): { Name: string; Position: Position }[] {
  const members: { Name: string; Position: Position }[] = [];
  if (!parser.skip("=")) return members;
  parser.skip("|");
  do {
    const { position } = parser;
    members.push({ Name: parser.name(), Position: position });
  } while (parser.skip("|"));
  return members;
}

/** Description, comments and place of a member of something. */
function member(parser: Parser): Omit<EnumValueDefinition, "Name" | "Directives"> {
  const { text, comment } = description(parser);
  return {
    BeforeDescriptionComment: text === "" ? undefined : comment,
    Description: text,
    AfterDescriptionComment: parser.comment,
    Position: parser.position,
  };
}

function fieldDefinition(parser: Parser): FieldDefinition {
  const start = member(parser);
  const Name = parser.name();
  const Arguments = parser.some("(", ")", () => inputValue(parser));
  parser.expect(":");
  return { ...start, Name, Arguments, Type: parser.type(), Directives: parser.directives(true) };
}

/** An argument, or a field of an input object. */
function inputValue(parser: Parser): ArgumentDefinition {
  const start = member(parser);
  const Name = parser.name();
  parser.expect(":");
  return {
    ...start,
    Name,
    Type: parser.type(),
    DefaultValue: parser.skip("=") ? parser.value(true) : undefined,
    Directives: parser.directives(true),
  };
}

function enumValue(parser: Parser): EnumValueDefinition {
  return { ...member(parser), Name: parser.name(), Directives: parser.directives(true) };
}

function directiveDefinition(parser: Parser, described: Description): DirectiveDefinition {
  const comment = parser.expectKeyword("directive");
  parser.expect("@");
  const { position } = parser;
  const Name = parser.name();
  const Arguments = parser.some("(", ")", () => inputValue(parser));
  const { kind, value } = parser.peek();
  const IsRepeatable = kind === "Name" && value === "repeatable";
  if (IsRepeatable) parser.next();
  parser.expectKeyword("on");
  return {
    Position: position,
    BeforeDescriptionComment: described.comment,
    Description: described.text,
    AfterDescriptionComment: comment,
    Name,
    Arguments,
    IsRepeatable,
    Locations: locations(parser),
  };
}

function locations(parser: Parser): string[] {
  const names: string[] = [];
  parser.skip("|");
  do {
    const token = parser.expect("Name");
    if (!directiveLocations.has(token.value)) throw parser.unexpected(token);
    names.push(token.value);
  } while (parser.skip("|"));
  return names;
}
