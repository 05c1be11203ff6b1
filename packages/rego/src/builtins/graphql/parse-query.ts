import type { FragmentDefinition, OperationDefinition, QueryDocument, Selection, VariableDefinition } from "./ast.ts";
import { GraphqlError } from "./errors.ts";
import { Parser } from "./parser.ts";

/** Parses operations and fragments. https://spec.graphql.org/October2021/#ExecutableDocument. Throws `GraphqlError`. */
export function parseQuery(text: string): QueryDocument {
  const parser = new Parser(text);
  const document: QueryDocument = { Operations: [], Fragments: [] };
  while (parser.peek().kind !== "<EOF>") {
    const { kind, value } = parser.peek();
    if (kind === "{") document.Operations.push(shorthand(parser));
    else if (kind !== "Name") throw parser.unexpected();
    else if (operations.has(value)) document.Operations.push(operation(parser));
    else if (value === "fragment") document.Fragments.push(fragment(parser));
    else throw parser.unexpected();
  }
  return document;
}

const operations = new Set(["query", "mutation", "subscription"]);

/** Comments before a shorthand query are lost, as in gqlparser. */
function shorthand(parser: Parser): OperationDefinition {
  return {
    Position: parser.position,
    Operation: "query",
    Name: "",
    VariableDefinitions: [],
    Directives: [],
    SelectionSet: selectionSet(parser),
  };
}

function operation(parser: Parser): OperationDefinition {
  const { position, comment } = parser;
  return {
    Position: position,
    Comment: comment,
    Operation: parser.next().value,
    Name: parser.peek().kind === "Name" ? parser.next().value : "",
    VariableDefinitions: variableDefinitions(parser),
    Directives: parser.directives(false),
    SelectionSet: selectionSet(parser),
  };
}

function variableDefinitions(parser: Parser): VariableDefinition[] {
  return parser.some("(", ")", () => {
    const { position, comment } = parser;
    const Variable = parser.variable();
    parser.expect(":");
    return {
      Position: position,
      Comment: comment,
      Variable,
      Type: parser.type(),
      DefaultValue: parser.skip("=") ? parser.value(true) : undefined,
      Directives: parser.directives(false),
      Used: false,
    };
  });
}

function selectionSet(parser: Parser): Selection[] {
  const { kind, position } = parser.peek();
  if (kind !== "{") throw new GraphqlError(`Expected {, found ${kind}`, position);
  return parser.some("{", "}", () => (parser.peek().kind === "..." ? spread(parser) : field(parser)));
}

function field(parser: Parser): Selection {
  const { position, comment } = parser;
  const Alias = parser.name();
  return {
    kind: "field",
    Position: position,
    Comment: comment,
    Alias,
    Name: parser.skip(":") ? parser.name() : Alias,
    Arguments: parser.arguments(false),
    Directives: parser.directives(false),
    SelectionSet: parser.peek().kind === "{" ? selectionSet(parser) : [],
  };
}

function spread(parser: Parser): Selection {
  const { comment } = parser.expect("...");
  const { kind, value, position } = parser.peek();
  if (kind === "Name" && value !== "on") {
    const Name = parser.name();
    return { kind: "spread", Position: position, Comment: comment, Name, Directives: parser.directives(false) };
  }
  let TypeCondition = "";
  if (value === "on") {
    parser.next();
    TypeCondition = parser.name();
  }
  return {
    kind: "inline",
    Position: position,
    Comment: comment,
    TypeCondition,
    Directives: parser.directives(false),
    SelectionSet: selectionSet(parser),
  };
}

function fragment(parser: Parser): FragmentDefinition {
  const { position, comment } = parser;
  parser.expectKeyword("fragment");
  if (parser.at("on")) throw parser.unexpected();
  const Name = parser.name();
  const VariableDefinition = variableDefinitions(parser);
  parser.expectKeyword("on");
  return {
    Position: position,
    Comment: comment,
    Name,
    VariableDefinition,
    TypeCondition: parser.name(),
    Directives: parser.directives(false),
    SelectionSet: selectionSet(parser),
  };
}
