// GraphQL's syntax tree, with the names that gqlparser gives its nodes: policies read them in the answers of
// `graphql.parse_query` and `graphql.parse_schema`. A field that is undefined is a nil pointer there.

/** Where a token begins. Line and column count from 1; columns are characters. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Comments that stand directly before something, each with its `#`. */
export interface CommentGroup {
  List: { Value: string }[];
}

/** What `Value.Kind` is: gqlparser numbers them. */
export const valueKinds = {
  variable: 0,
  int: 1,
  float: 2,
  string: 3,
  block: 4,
  boolean: 5,
  null: 6,
  enum: 7,
  list: 8,
  object: 9,
} as const;

interface Node {
  Position?: Position | undefined;
  Comment?: CommentGroup | undefined;
}

export interface Value extends Node {
  Raw: string;
  Children: ChildValue[];
  Kind: number;
  Definition?: Definition | undefined;
  VariableDefinition?: VariableDefinition | undefined;
  ExpectedType?: Type | undefined;
  ExpectedTypeHasDefault: boolean;
}

/** An item of a list (its name is empty) or a field of an object. */
export interface ChildValue extends Node {
  Name: string;
  Value: Value;
}

/** A named type, or a list of `Elem`. */
export interface Type extends Node {
  NamedType: string;
  Elem?: Type | undefined;
  NonNull: boolean;
}

export interface Argument extends Node {
  Name: string;
  Value: Value;
}

export interface Directive extends Node {
  Name: string;
  Arguments: Argument[];
  ParentDefinition?: Definition | undefined;
  Definition?: DirectiveDefinition | undefined;
  Location: string;
}

export interface Field extends Node {
  kind: "field";
  Alias: string;
  Name: string;
  Arguments: Argument[];
  Directives: Directive[];
  SelectionSet: Selection[];
  Definition?: FieldDefinition | undefined;
  ObjectDefinition?: Definition | undefined;
}

export interface FragmentSpread extends Node {
  kind: "spread";
  Name: string;
  Directives: Directive[];
  ObjectDefinition?: Definition | undefined;
  Definition?: FragmentDefinition | undefined;
}

export interface InlineFragment extends Node {
  kind: "inline";
  TypeCondition: string;
  Directives: Directive[];
  SelectionSet: Selection[];
  ObjectDefinition?: Definition | undefined;
}

export type Selection = Field | FragmentSpread | InlineFragment;

export interface FragmentDefinition extends Node {
  Name: string;
  VariableDefinition: VariableDefinition[];
  TypeCondition: string;
  Directives: Directive[];
  SelectionSet: Selection[];
  Definition?: Definition | undefined;
}

export interface VariableDefinition extends Node {
  Variable: string;
  Type: Type;
  DefaultValue?: Value | undefined;
  Directives: Directive[];
  Definition?: Definition | undefined;
  Used: boolean;
}

export interface OperationDefinition extends Node {
  /** `query`, `mutation` or `subscription`. */
  Operation: string;
  Name: string;
  VariableDefinitions: VariableDefinition[];
  Directives: Directive[];
  SelectionSet: Selection[];
}

export interface QueryDocument extends Node {
  Operations: OperationDefinition[];
  Fragments: FragmentDefinition[];
}

/** Comments around a definition of a schema. */
interface Commented extends Node {
  BeforeDescriptionComment?: CommentGroup | undefined;
  AfterDescriptionComment?: CommentGroup | undefined;
  EndOfDefinitionComment?: CommentGroup | undefined;
}

export interface ArgumentDefinition extends Commented {
  Description: string;
  Name: string;
  DefaultValue?: Value | undefined;
  Type: Type;
  Directives: Directive[];
}

/** A field of an object, an interface or (without arguments, with a default) an input object. */
export interface FieldDefinition extends ArgumentDefinition {
  Arguments: ArgumentDefinition[];
}

export interface EnumValueDefinition extends Commented {
  Description: string;
  Name: string;
  Directives: Directive[];
}

export type DefinitionKind = "SCALAR" | "OBJECT" | "INTERFACE" | "UNION" | "ENUM" | "INPUT_OBJECT";

/** Any type of a schema, or an extension of one. */
export interface Definition extends Commented {
  Kind: DefinitionKind;
  Description: string;
  Name: string;
  Directives: Directive[];
  Interfaces: string[];
  Fields: FieldDefinition[];
  /** Members of a union. */
  Types: string[];
  TypePositions: Position[];
  EnumValues: EnumValueDefinition[];
  BuiltIn: boolean;
}

export interface DirectiveDefinition extends Commented {
  Description: string;
  Name: string;
  Arguments: ArgumentDefinition[];
  Locations: string[];
  IsRepeatable: boolean;
}

export interface OperationTypeDefinition extends Node {
  Operation: string;
  Type: string;
}

export interface SchemaDefinition extends Commented {
  Description: string;
  Directives: Directive[];
  OperationTypes: OperationTypeDefinition[];
}

export interface SchemaDocument extends Node {
  Schema: SchemaDefinition[];
  SchemaExtension: SchemaDefinition[];
  Directives: DirectiveDefinition[];
  Definitions: Definition[];
  Extensions: Definition[];
}

/** The innermost name. */
export function nameOfType(type: Type): string {
  return type.NamedType !== "" || type.Elem === undefined ? type.NamedType : nameOfType(type.Elem);
}

/** `[Name!]!`. */
export function textOfType(type: Type): string {
  const bang = type.NonNull ? "!" : "";
  if (type.NamedType !== "" || type.Elem === undefined) return type.NamedType + bang;
  return `[${textOfType(type.Elem)}]${bang}`;
}

export function named<Item extends { readonly Name: string }>(items: readonly Item[], name: string): Item | undefined {
  return items.find((item) => item.Name === name);
}

export function isLeaf({ Kind }: Definition): boolean {
  return Kind === "ENUM" || Kind === "SCALAR";
}

export function isComposite({ Kind }: Definition): boolean {
  return Kind === "OBJECT" || Kind === "INTERFACE" || Kind === "UNION";
}

export function isInput({ Kind }: Definition): boolean {
  return Kind === "SCALAR" || Kind === "ENUM" || Kind === "INPUT_OBJECT";
}
