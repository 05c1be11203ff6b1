import { isInput, named, textOfType, type Value, valueKinds } from "../ast.ts";
import { isCompatible } from "../schema-interfaces.ts";
import type { Context, Rule } from "../walk.ts";

export const noUndefinedVariables: Rule = (context) => ({
  value({ Kind, Raw, Position, VariableDefinition }) {
    const { operation, report } = context;
    if (operation === undefined || Kind !== valueKinds.variable || VariableDefinition !== undefined) return;
    const where = operation.Name === "" ? "" : ` by operation "${operation.Name}"`;
    report(`Variable "$${Raw}" is not defined${where}.`, Position);
  },
});

export const noUnusedVariables: Rule = ({ report }) => ({
  operation({ Name, VariableDefinitions }) {
    const where = Name === "" ? "" : ` in operation "${Name}"`;
    for (const { Used, Variable, Position } of VariableDefinitions) {
      if (!Used) report(`Variable "$${Variable}" is never used${where}.`, Position);
    }
  },
});

export const uniqueVariableNames: Rule = ({ report }) => ({
  operation({ VariableDefinitions }) {
    const seen = new Map<string, number>();
    for (const { Variable, Position } of VariableDefinitions) {
      const count = seen.get(Variable) ?? 0;
      if (count === 1) report(`There can be only one variable named "$${Variable}".`, Position);
      seen.set(Variable, count + 1);
    }
  },
});

export const variablesAreInputTypes: Rule = ({ report }) => ({
  operation({ VariableDefinitions }) {
    for (const { Variable, Type, Definition, Position } of VariableDefinitions) {
      if (Definition === undefined || isInput(Definition)) continue;
      report(`Variable "$${Variable}" cannot be non-input type "${textOfType(Type)}".`, Position);
    }
  },
});

export const variablesInAllowedPosition: Rule = (context) => ({
  value(value) {
    if (value.Kind === valueKinds.variable) checkPosition(value, context);
    else if (value.Kind === valueKinds.object) checkOneOf(value, context);
  },
});

function checkPosition(value: Value, { operation, report }: Context): void {
  const { ExpectedType, VariableDefinition, ExpectedTypeHasDefault, Raw, Position } = value;
  if (ExpectedType === undefined || VariableDefinition === undefined || operation === undefined) return;
  const { DefaultValue, Type } = VariableDefinition;
  const hasDefault = ExpectedTypeHasDefault || (DefaultValue !== undefined && DefaultValue.Kind !== valueKinds.null);
  if (isCompatible(Type, { ...ExpectedType, NonNull: ExpectedType.NonNull && !hasDefault })) return;
  const subject = `Variable "$${Raw}" of type "${textOfType(Type)}"`;
  report(`${subject} used in position expecting type "${textOfType(ExpectedType)}".`, Position);
}

function checkOneOf({ Definition, Children }: Value, { report }: Context): void {
  if (Definition === undefined || named(Definition.Directives, "oneOf") === undefined) return;
  for (const { Value } of Children) {
    const variable = Value.Kind === valueKinds.variable ? Value.VariableDefinition : undefined;
    if (variable === undefined || variable.Type.NonNull) continue;
    const subject = `Variable "$${Value.Raw}" is of type "${textOfType(variable.Type)}"`;
    report(
      `${subject} but must be non-nullable to be used for OneOf Input Object "${Definition.Name}".`,
      variable.Position ?? Value.Position,
    );
  }
}
