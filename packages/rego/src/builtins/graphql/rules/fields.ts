import { type Definition, isLeaf, named, nameOfType, textOfType } from "../ast.ts";
import type { Schema } from "../schema.ts";
import { similar, suggestion } from "../suggestions.ts";
import type { Rule } from "../walk.ts";

export const fieldsOnCorrectType: Rule = ({ schema, report }) => ({
  field({ Name, Position, Definition, ObjectDefinition }) {
    if (ObjectDefinition === undefined || Definition !== undefined) return;
    const types = typesWithField(schema, ObjectDefinition, Name);
    const hint =
      types.length > 0
        ? suggestion("Did you mean to use an inline fragment on", types)
        : suggestion("Did you mean", fieldsLike(ObjectDefinition, Name));
    report(`Cannot query field "${Name}" on type "${ObjectDefinition.Name}".${hint}`, Position);
  },
});

/** Of what an abstract type may be, what has the field: most used interfaces first. */
function typesWithField(schema: Schema, parent: Definition, name: string): string[] {
  if (parent.Kind !== "INTERFACE" && parent.Kind !== "UNION") return [];
  const having = (schema.PossibleTypes.get(parent.Name) ?? []).filter(({ Fields }) => named(Fields, name));
  const uses = new Map<string, number>();
  for (const each of having.flatMap(({ Interfaces }) => Interfaces)) {
    if (named(schema.Types.get(each)?.Fields ?? [], name)) uses.set(each, (uses.get(each) ?? 0) + 1);
  }
  const names = [...uses.keys(), ...having.map(({ Name }) => Name)];
  return names.sort((a, b) => (uses.get(b) ?? 0) - (uses.get(a) ?? 0) || (a < b ? -1 : a > b ? 1 : 0));
}

function fieldsLike({ Kind, Fields }: Definition, name: string): string[] {
  if (Kind !== "OBJECT" && Kind !== "INTERFACE") return [];
  return similar(
    name,
    Fields.map(({ Name }) => Name),
  );
}

export const scalarLeafs: Rule = ({ schema, report }) => ({
  field({ Name, Position, Definition, SelectionSet }) {
    const type = Definition && schema.Types.get(nameOfType(Definition.Type));
    if (Definition === undefined || type === undefined) return;
    if (isLeaf(type)) {
      if (SelectionSet.length > 0)
        report(`Field "${Name}" must not have a selection since type "${type.Name}" has no subfields.`, Position);
    } else if (SelectionSet.length === 0) {
      const subject = `Field "${Name}" of type "${textOfType(Definition.Type)}"`;
      report(`${subject} must have a selection of subfields. Did you mean "${Name} { ... }"?`, Position);
    }
  },
});
