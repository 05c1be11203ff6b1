import {
  type Argument,
  type ArgumentDefinition,
  type Definition,
  type Directive,
  type Field,
  type FieldDefinition,
  type FragmentDefinition,
  type FragmentSpread,
  type InlineFragment,
  named,
  nameOfType,
  type OperationDefinition,
  type Position,
  type QueryDocument,
  type Selection,
  type Value,
  type VariableDefinition,
  valueKinds,
} from "./ast.ts";
import { type Schema, typeNamed } from "./schema.ts";

/** What a rule hears of, each after its parts. */
export interface Visitor {
  readonly operation?: (operation: OperationDefinition) => void;
  readonly variable?: (variable: VariableDefinition) => void;
  readonly fragment?: (fragment: FragmentDefinition) => void;
  readonly field?: (field: Field) => void;
  readonly inlineFragment?: (fragment: InlineFragment) => void;
  readonly fragmentSpread?: (spread: FragmentSpread) => void;
  readonly directive?: (directive: Directive) => void;
  /** All directives of one place. */
  readonly directives?: (directives: readonly Directive[]) => void;
  readonly value?: (value: Value) => void;
}

/** What a rule knows, and where it puts what it finds. */
export interface Context {
  readonly schema: Schema;
  readonly document: QueryDocument;
  /** Undefined within definitions of fragments that are walked for themselves. */
  readonly operation: OperationDefinition | undefined;
  readonly report: (message: string, position: Position | undefined) => void;
}

/** A rule of validation. https://spec.graphql.org/October2021/#sec-Validation */
export type Rule = (context: Context) => Visitor;

/** Writes the definitions that a document's nodes mean into them, and lets visitors hear of each node. */
export class Walker implements Context {
  readonly schema: Schema;
  readonly document: QueryDocument;
  readonly report: Context["report"];
  operation: OperationDefinition | undefined;
  readonly #visitors: readonly Visitor[];
  /** Fragments that were walked since the operation or fragment began. */
  #walked = new Set<string>();

  constructor(schema: Schema, document: QueryDocument, rules: readonly Rule[], report: Context["report"]) {
    this.schema = schema;
    this.document = document;
    this.report = report;
    this.#visitors = rules.map((rule) => rule(this));
  }

  walk(): void {
    for (const operation of this.document.Operations) {
      this.#walked = new Set();
      this.operation = operation;
      this.#walkOperation(operation);
      this.operation = undefined;
    }
    for (const fragment of this.document.Fragments) {
      this.#walked = new Set();
      this.#walkFragment(fragment);
    }
  }

  #walkOperation(operation: OperationDefinition): void {
    const { Types } = this.schema;
    for (const variable of operation.VariableDefinitions) {
      variable.Definition = Types.get(nameOfType(variable.Type));
      for (const visitor of this.#visitors) visitor.variable?.(variable);
      if (variable.DefaultValue === undefined) continue;
      variable.DefaultValue.ExpectedType = variable.Type;
      variable.DefaultValue.Definition = variable.Definition;
    }
    for (const { DefaultValue, Definition, Directives } of operation.VariableDefinitions) {
      if (DefaultValue !== undefined) this.#walkValue(DefaultValue);
      this.#walkDirectives(Definition, Directives, "VARIABLE_DEFINITION");
    }
    const root = rootOf(this.schema, operation);
    this.#walkDirectives(root, operation.Directives, (operation.Operation || "query").toUpperCase());
    this.#walkSelections(root, operation.SelectionSet);
    for (const visitor of this.#visitors) visitor.operation?.(operation);
  }

  #walkFragment(fragment: FragmentDefinition): void {
    fragment.Definition = this.schema.Types.get(fragment.TypeCondition);
    this.#walkDirectives(fragment.Definition, fragment.Directives, "FRAGMENT_DEFINITION");
    this.#walkSelections(fragment.Definition, fragment.SelectionSet);
    for (const visitor of this.#visitors) visitor.fragment?.(fragment);
  }

  #walkDirectives(parent: Definition | undefined, directives: readonly Directive[], location: string): void {
    for (const directive of directives) {
      directive.Definition = this.schema.Directives.get(directive.Name);
      directive.ParentDefinition = parent;
      directive.Location = location;
      this.#walkArguments(directive.Arguments, directive.Definition?.Arguments);
      for (const visitor of this.#visitors) visitor.directive?.(directive);
    }
    for (const visitor of this.#visitors) visitor.directives?.(directives);
  }

  #walkArguments(items: readonly Argument[], definitions: readonly ArgumentDefinition[] = []): void {
    for (const { Name, Value } of items) {
      const definition = named(definitions, Name);
      if (definition !== undefined) this.#expect(Value, definition);
      this.#walkValue(Value);
    }
  }

  #expect(value: Value, { Type, DefaultValue }: ArgumentDefinition): void {
    value.ExpectedType = Type;
    value.ExpectedTypeHasDefault = DefaultValue !== undefined && DefaultValue.Kind !== valueKinds.null;
    value.Definition = this.schema.Types.get(nameOfType(Type));
  }

  #walkValue(value: Value): void {
    if (value.Kind === valueKinds.variable) this.#useVariable(value);
    for (const { Name, Value: child } of value.Children) {
      if (value.Kind === valueKinds.object) {
        const field = named(value.Definition?.Fields ?? [], Name);
        if (field !== undefined) this.#expect(child, field);
        this.#walkValue(child);
      } else if (value.Kind === valueKinds.list) {
        if (value.ExpectedType?.Elem !== undefined) {
          child.ExpectedType = value.ExpectedType.Elem;
          child.Definition = value.Definition;
        }
        this.#walkValue(child);
      }
    }
    for (const visitor of this.#visitors) visitor.value?.(value);
  }

  #useVariable(value: Value): void {
    if (this.operation === undefined) return;
    value.VariableDefinition = this.operation.VariableDefinitions.find(({ Variable }) => Variable === value.Raw);
    if (value.VariableDefinition !== undefined) value.VariableDefinition.Used = true;
  }

  #walkSelections(parent: Definition | undefined, selections: readonly Selection[]): void {
    for (const selection of selections) {
      if (selection.kind === "field") this.#walkField(parent, selection);
      else if (selection.kind === "inline") this.#walkInlineFragment(parent, selection);
      else this.#walkSpread(parent, selection);
    }
  }

  #walkField(parent: Definition | undefined, field: Field): void {
    field.Definition = field.Name === "__typename" ? typenameField : named(parent?.Fields ?? [], field.Name);
    field.ObjectDefinition = parent;
    const inner = field.Definition && this.schema.Types.get(nameOfType(field.Definition.Type));
    this.#walkArguments(field.Arguments, field.Definition?.Arguments);
    this.#walkDirectives(inner, field.Directives, "FIELD");
    this.#walkSelections(inner, field.SelectionSet);
    for (const visitor of this.#visitors) visitor.field?.(field);
  }

  #walkInlineFragment(parent: Definition | undefined, fragment: InlineFragment): void {
    fragment.ObjectDefinition = parent;
    const inner = fragment.TypeCondition === "" ? parent : this.schema.Types.get(fragment.TypeCondition);
    this.#walkDirectives(inner, fragment.Directives, "INLINE_FRAGMENT");
    this.#walkSelections(inner, fragment.SelectionSet);
    for (const visitor of this.#visitors) visitor.inlineFragment?.(fragment);
  }

  #walkSpread(parent: Definition | undefined, spread: FragmentSpread): void {
    const fragment = named(this.document.Fragments, spread.Name);
    spread.Definition = fragment;
    spread.ObjectDefinition = parent;
    const inner = fragment && this.schema.Types.get(fragment.TypeCondition);
    this.#walkDirectives(inner, spread.Directives, "FRAGMENT_SPREAD");
    if (fragment !== undefined && !this.#walked.has(fragment.Name)) {
      this.#walked.add(fragment.Name);
      this.#walkDirectives(inner, fragment.Directives, "FRAGMENT_DEFINITION");
      this.#walkSelections(inner, fragment.SelectionSet);
    }
    for (const visitor of this.#visitors) visitor.fragmentSpread?.(spread);
  }
}

const typenameField: FieldDefinition = Object.freeze({
  Description: "",
  Name: "__typename",
  Type: typeNamed("String", false),
  Arguments: [],
  Directives: [],
});

/** The type that an operation starts from. */
export function rootOf(schema: Schema, { Operation }: OperationDefinition): Definition | undefined {
  if (Operation === "query" || Operation === "") return schema.Query;
  if (Operation === "mutation") return schema.Mutation;
  return Operation === "subscription" ? schema.Subscription : undefined;
}
