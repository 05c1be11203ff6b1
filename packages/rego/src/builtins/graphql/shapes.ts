// What each node looks like as JSON: gqlparser's fields and their Go types. Positions are left out.

/** A Go type of a field. Structs are named, so that they may hold each other. */
export type Shape = "string" | "bool" | "int" | ShapeName | readonly [Shape];

export type ShapeName = keyof typeof structs;

export interface Struct {
  readonly fields: { readonly [field: string]: Shape };
  /** Fields that its own decoder reads, by their exact names; all, and in any case, unless given. */
  readonly decoded?: readonly string[];
  /** Structs that nothing can be said without: Go would panic. */
  readonly required?: readonly string[];
}

const comments = {
  BeforeDescriptionComment: "CommentGroup",
  AfterDescriptionComment: "CommentGroup",
} as const;

const argumentDefinition = {
  Description: "string",
  Name: "string",
  DefaultValue: "Value",
  Type: "Type",
  Directives: ["Directive"],
  ...comments,
} as const;

export const structs = {
  Comment: { fields: { Value: "string" } },
  CommentGroup: { fields: { List: ["Comment"] } },
  Value: {
    fields: {
      Raw: "string",
      Children: ["ChildValue"],
      Kind: "int",
      Comment: "CommentGroup",
      Definition: "Definition",
      VariableDefinition: "VariableDefinition",
      ExpectedType: "Type",
      ExpectedTypeHasDefault: "bool",
    },
  },
  ChildValue: { fields: { Name: "string", Value: "Value", Comment: "CommentGroup" }, required: ["Value"] },
  Type: { fields: { NamedType: "string", Elem: "Type", NonNull: "bool" } },
  Argument: { fields: { Name: "string", Value: "Value", Comment: "CommentGroup" }, required: ["Value"] },
  Directive: {
    fields: {
      Name: "string",
      Arguments: ["Argument"],
      ParentDefinition: "Definition",
      Definition: "DirectiveDefinition",
      Location: "string",
    },
  },
  Field: {
    fields: {
      Alias: "string",
      Name: "string",
      Arguments: ["Argument"],
      Directives: ["Directive"],
      SelectionSet: ["Selection"],
      Comment: "CommentGroup",
      Definition: "FieldDefinition",
      ObjectDefinition: "Definition",
    },
    decoded: ["Alias", "Name", "Arguments", "Directives", "SelectionSet", "Definition", "ObjectDefinition"],
  },
  FragmentSpread: {
    fields: {
      Name: "string",
      Directives: ["Directive"],
      ObjectDefinition: "Definition",
      Definition: "FragmentDefinition",
      Comment: "CommentGroup",
    },
  },
  InlineFragment: {
    fields: {
      TypeCondition: "string",
      Directives: ["Directive"],
      SelectionSet: ["Selection"],
      ObjectDefinition: "Definition",
      Comment: "CommentGroup",
    },
    decoded: ["TypeCondition", "Directives", "SelectionSet", "ObjectDefinition"],
  },
  /** Any of the last three. */
  Selection: { fields: {} },
  FragmentDefinition: {
    fields: {
      Name: "string",
      VariableDefinition: ["VariableDefinition"],
      TypeCondition: "string",
      Directives: ["Directive"],
      SelectionSet: ["Selection"],
      Definition: "Definition",
      Comment: "CommentGroup",
    },
    decoded: ["Name", "VariableDefinition", "TypeCondition", "Directives", "SelectionSet", "Definition"],
  },
  VariableDefinition: {
    fields: {
      Variable: "string",
      Type: "Type",
      DefaultValue: "Value",
      Directives: ["Directive"],
      Comment: "CommentGroup",
      Definition: "Definition",
      Used: "bool",
    },
    required: ["Type"],
  },
  OperationDefinition: {
    fields: {
      Operation: "string",
      Name: "string",
      VariableDefinitions: ["VariableDefinition"],
      Directives: ["Directive"],
      SelectionSet: ["Selection"],
      Comment: "CommentGroup",
    },
    decoded: ["Operation", "Name", "VariableDefinitions", "Directives", "SelectionSet"],
  },
  QueryDocument: {
    fields: { Operations: ["OperationDefinition"], Fragments: ["FragmentDefinition"], Comment: "CommentGroup" },
  },
  ArgumentDefinition: { fields: argumentDefinition, required: ["Type"] },
  FieldDefinition: { fields: { ...argumentDefinition, Arguments: ["ArgumentDefinition"] }, required: ["Type"] },
  EnumValueDefinition: {
    fields: { Description: "string", Name: "string", Directives: ["Directive"], ...comments },
  },
  Definition: {
    fields: {
      Kind: "string",
      Description: "string",
      Name: "string",
      Directives: ["Directive"],
      Interfaces: ["string"],
      Fields: ["FieldDefinition"],
      Types: ["string"],
      EnumValues: ["EnumValueDefinition"],
      BuiltIn: "bool",
      ...comments,
      EndOfDefinitionComment: "CommentGroup",
    },
  },
  DirectiveDefinition: {
    fields: {
      Description: "string",
      Name: "string",
      Arguments: ["ArgumentDefinition"],
      Locations: ["string"],
      IsRepeatable: "bool",
      ...comments,
    },
  },
  OperationTypeDefinition: { fields: { Operation: "string", Type: "string", Comment: "CommentGroup" } },
  SchemaDefinition: {
    fields: {
      Description: "string",
      Directives: ["Directive"],
      OperationTypes: ["OperationTypeDefinition"],
      ...comments,
      EndOfDefinitionComment: "CommentGroup",
    },
  },
  SchemaDocument: {
    fields: {
      Schema: ["SchemaDefinition"],
      SchemaExtension: ["SchemaDefinition"],
      Directives: ["DirectiveDefinition"],
      Definitions: ["Definition"],
      Extensions: ["Definition"],
      Comment: "CommentGroup",
    },
  },
} as const satisfies {
  readonly [name: string]: {
    fields: { [field: string]: unknown };
    decoded?: readonly string[];
    required?: readonly string[];
  };
};

export function structOf(name: ShapeName): Struct {
  return structs[name] as Struct;
}
