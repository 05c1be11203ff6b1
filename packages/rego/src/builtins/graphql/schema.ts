import type { Definition, DirectiveDefinition, SchemaDefinition, SchemaDocument, Type } from "./ast.ts";
import { GraphqlError, nowhere } from "./errors.ts";
import { prelude } from "./prelude.ts";
import { checkDefinitions, checkDirectives } from "./schema-checks.ts";

/** A schema that queries are validated against. */
export interface Schema {
  Query: Definition | undefined;
  Mutation: Definition | undefined;
  Subscription: Definition | undefined;
  readonly Types: Map<string, Definition>;
  readonly Directives: Map<string, DirectiveDefinition>;
  /** What a value of an abstract type may be; an object is itself. */
  readonly PossibleTypes: Map<string, Definition[]>;
}

/** Directives that a schema may declare anew. */
const builtinDirectives = new Set(["include", "skip", "deprecated", "specifiedBy", "defer", "oneOf"]);

/** Makes and validates a schema of a document and what GraphQL declares itself. Changes the document. Throws `GraphqlError`. */
export function schemaFromDocument(document: SchemaDocument): Schema {
  const schema: Schema = {
    Query: undefined,
    Mutation: undefined,
    Subscription: undefined,
    Types: new Map(),
    Directives: new Map(),
    PossibleTypes: new Map(),
  };
  const builtin = prelude();
  const definitions = [...builtin.Definitions, ...document.Definitions];
  for (const definition of definitions) {
    if (schema.Types.has(definition.Name)) fail(definition, `Cannot redeclare type ${definition.Name}.`);
    schema.Types.set(definition.Name, definition);
  }
  for (const extension of document.Extensions) extend(schema, definitions, extension);
  for (const definition of definitions) addPossibleTypes(schema, definition);
  for (const directive of [...builtin.Directives, ...document.Directives]) addDirective(schema, directive);
  addRoots(schema, document);
  checkDefinitions(schema);
  // With a `schema` definition, types that only happen to be called Mutation are no roots.
  if (document.Schema.length === 0) inferRoots(schema);
  if (schema.Query !== undefined) schema.Query.Fields.push(...introspectionFields());
  return schema;
}

function fail({ Position }: Pick<Definition, "Position">, message: string): never {
  throw new GraphqlError(message, Position ?? nowhere);
}

/** Extends a type, or makes one that is only ever extended. */
function extend({ Types }: Schema, definitions: Definition[], extension: Definition): void {
  const { Name, Kind } = extension;
  const known = Types.get(Name);
  if (known !== undefined && known.Kind !== Kind)
    fail(extension, `Cannot extend type ${Name} because the base type is a ${known.Kind}, not ${Kind}.`);
  const base = known ?? emptyDefinition(extension);
  if (known === undefined) {
    Types.set(Name, base);
    definitions.push(base);
  }
  base.Directives.push(...extension.Directives);
  base.Interfaces.push(...extension.Interfaces);
  base.Fields.push(...extension.Fields);
  base.Types.push(...extension.Types);
  base.TypePositions.push(...extension.TypePositions);
  base.EnumValues.push(...extension.EnumValues);
}

function emptyDefinition({ Kind, Name, Position }: Definition): Definition {
  return {
    ...{ Kind, Name, Position, Description: "", BuiltIn: false },
    ...{ Directives: [], Interfaces: [], Fields: [], Types: [], TypePositions: [], EnumValues: [] },
  };
}

function addPossibleTypes({ PossibleTypes, Types }: Schema, definition: Definition): void {
  const add = (name: string, possible: Definition | undefined) => {
    if (possible === undefined) return;
    const known = PossibleTypes.get(name);
    if (known === undefined) PossibleTypes.set(name, [possible]);
    else known.push(possible);
  };
  const { Kind, Name } = definition;
  if (Kind === "UNION") for (const member of definition.Types) add(Name, Types.get(member));
  if (Kind !== "OBJECT" && Kind !== "INPUT_OBJECT" && Kind !== "INTERFACE") return;
  for (const each of definition.Interfaces) add(each, definition);
  if (Kind !== "INTERFACE") add(Name, definition);
}

function addDirective({ Directives }: Schema, directive: DirectiveDefinition): void {
  if (Directives.has(directive.Name) && !builtinDirectives.has(directive.Name))
    fail(directive, `Cannot redeclare directive ${directive.Name}.`);
  Directives.set(directive.Name, directive);
}

function addRoots(schema: Schema, document: SchemaDocument): void {
  const second = document.Schema[1];
  if (second !== undefined)
    fail(second, "Cannot have multiple schema entry points, consider schema extensions instead.");
  for (const definition of [...document.Schema, ...document.SchemaExtension]) addRootsOf(schema, definition);
}

function addRootsOf(schema: Schema, { OperationTypes, Directives }: SchemaDefinition): void {
  for (const root of OperationTypes) {
    const type = schema.Types.get(root.Type);
    if (type === undefined)
      fail(root, `Schema root ${root.Operation} refers to a type ${root.Type} that does not exist.`);
    if (root.Operation === "query") schema.Query = type;
    else if (root.Operation === "mutation") schema.Mutation = type;
    else if (root.Operation === "subscription") schema.Subscription = type;
  }
  checkDirectives(schema, Directives, "SCHEMA", { once: true });
}

function inferRoots(schema: Schema): void {
  schema.Query ??= schema.Types.get("Query");
  schema.Mutation ??= schema.Types.get("Mutation");
  schema.Subscription ??= schema.Types.get("Subscription");
}

function introspectionFields(): Definition["Fields"] {
  const plain = { Description: "", Directives: [], Arguments: [] };
  const name = { Description: "", Name: "name", Type: typeNamed("String", true), Directives: [] };
  return [
    { ...plain, Name: "__schema", Type: typeNamed("__Schema", true) },
    { ...plain, Name: "__type", Type: typeNamed("__Type", false), Arguments: [name] },
  ];
}

/** A named type out of no document. */
export function typeNamed(NamedType: string, NonNull: boolean): Type {
  return { NamedType, NonNull };
}
