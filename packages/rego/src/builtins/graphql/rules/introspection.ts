import type { Field, Selection } from "../ast.ts";
import type { Rule } from "../walk.ts";

/** Lists of introspection within each other, at which a query would answer too much. */
const mostLists = 3;
const listFields = new Set(["fields", "interfaces", "possibleTypes", "inputFields"]);

export const maxIntrospectionDepth: Rule = ({ report }) => ({
  field(field) {
    if (field.Name !== "__schema" && field.Name !== "__type") return;
    if (isTooDeep(field, new Set(), 0)) report("Maximum introspection depth exceeded", field.Position);
  },
});

function isTooDeep({ Name, SelectionSet }: Field, entered: Set<string>, above: number): boolean {
  const lists = above + (listFields.has(Name) ? 1 : 0);
  return lists >= mostLists || someTooDeep(SelectionSet, entered, lists);
}

function someTooDeep(selections: readonly Selection[], entered: Set<string>, lists: number): boolean {
  return selections.some((selection) => {
    if (selection.kind === "field") return isTooDeep(selection, entered, lists);
    if (selection.kind === "inline") return someTooDeep(selection.SelectionSet, entered, lists);
    const { Name, Definition } = selection;
    if (Definition === undefined || entered.has(Name)) return false;
    entered.add(Name);
    const tooDeep = someTooDeep(Definition.SelectionSet, entered, lists);
    entered.delete(Name);
    return tooDeep;
  });
}
