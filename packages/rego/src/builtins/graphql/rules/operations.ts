import { goQuote } from "../../go-quote.ts";
import type { Field, Selection } from "../ast.ts";
import { type Rule, rootOf } from "../walk.ts";

export const knownRootType: Rule = ({ schema, report }) => ({
  operation(operation) {
    if (rootOf(schema, operation) === undefined)
      report(`Schema does not support operation type "${operation.Operation}"`, operation.Position);
  },
});

export const loneAnonymousOperation: Rule = ({ document, report }) => ({
  operation({ Name, Position }) {
    if (Name === "" && document.Operations.length > 1)
      report("This anonymous operation must be the only defined operation.", Position);
  },
});

export const uniqueOperationNames: Rule = ({ report }) => {
  const seen = new Set<string>();
  return {
    operation({ Name, Position }) {
      if (seen.has(Name)) report(`There can be only one operation named "${Name}".`, Position);
      seen.add(Name);
    },
  };
};

export const singleFieldSubscriptions: Rule = ({ schema, report }) => ({
  operation({ Operation, Name, SelectionSet }) {
    if (schema.Subscription === undefined || Operation !== "subscription") return;
    const subject = Name === "" ? "Anonymous Subscription" : `Subscription ${goQuote(Name)}`;
    const fields = topFields(SelectionSet);
    const second = fields[1];
    if (second !== undefined) report(`${subject} must select only one top level field.`, second.Position);
    for (const field of fields) {
      if (field.Name.startsWith("__"))
        report(`${subject} must not select an introspection top level field.`, field.Position);
    }
  },
});

/** The first field of each name. Behind an unknown fragment nothing is looked at, as in gqlparser. */
function topFields(selections: readonly Selection[]): Field[] {
  const fields = new Map<string, Field>();
  const entered = new Set<string>();
  const collect = (set: readonly Selection[]): void => {
    for (const selection of set) {
      if (selection.kind === "field") {
        if (!fields.has(selection.Name)) fields.set(selection.Name, selection);
      } else if (selection.kind === "inline") collect(selection.SelectionSet);
      else if (selection.Definition === undefined) return;
      else if (!entered.has(selection.Definition.Name)) {
        entered.add(selection.Definition.Name);
        collect(selection.Definition.SelectionSet);
      }
    }
  };
  collect(selections);
  return [...fields.values()];
}
