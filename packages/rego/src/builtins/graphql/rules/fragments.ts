import {
  type Definition,
  type FragmentDefinition,
  type FragmentSpread,
  isComposite,
  named,
  type Selection,
} from "../ast.ts";
import type { Schema } from "../schema.ts";
import type { Rule } from "../walk.ts";

export const fragmentsOnCompositeTypes: Rule = ({ schema, report }) => ({
  inlineFragment({ TypeCondition, Position }) {
    const type = schema.Types.get(TypeCondition);
    if (type === undefined || isComposite(type)) return;
    report(`Fragment cannot condition on non composite type "${TypeCondition}".`, Position);
  },
  fragment({ Name, TypeCondition, Definition, Position }) {
    if (Definition === undefined || TypeCondition === "" || isComposite(Definition)) return;
    report(`Fragment "${Name}" cannot condition on non composite type "${TypeCondition}".`, Position);
  },
});

export const knownFragmentNames: Rule = ({ report }) => ({
  fragmentSpread({ Name, Definition, Position }) {
    if (Definition === undefined) report(`Unknown fragment "${Name}".`, Position);
  },
});

/** Spreads within the first fragment count as uses, as in gqlparser. */
export const noUnusedFragments: Rule = ({ report }) => {
  const used = new Set<string>();
  let inFragments = false;
  return {
    fragmentSpread({ Name }) {
      if (!inFragments) used.add(Name);
    },
    fragment({ Name, Position }) {
      inFragments = true;
      if (!used.has(Name)) report(`Fragment "${Name}" is never used.`, Position);
    },
  };
};

export const uniqueFragmentNames: Rule = ({ report }) => {
  const seen = new Set<string>();
  return {
    fragment({ Name, Position }) {
      if (seen.has(Name)) report(`There can be only one fragment named "${Name}".`, Position);
      seen.add(Name);
    },
  };
};

export const noFragmentCycles: Rule = ({ document, report }) => {
  const visited = new Set<string>();
  return {
    fragment(start) {
      const path: FragmentSpread[] = [];
      const pathIndex = new Map<string, number>();
      const visit = (fragment: FragmentDefinition): void => {
        if (visited.has(fragment.Name)) return;
        visited.add(fragment.Name);
        pathIndex.set(fragment.Name, path.length);
        for (const spread of spreadsIn(fragment.SelectionSet)) {
          const from = pathIndex.get(spread.Name);
          if (from === undefined) {
            path.push(spread);
            const next = named(document.Fragments, spread.Name);
            if (next !== undefined) visit(next);
            path.pop();
          } else {
            const names = path.slice(from).map(({ Name }) => `"${Name}"`);
            const via = names.length === 0 ? "" : ` via ${names.join(", ")}`;
            report(`Cannot spread fragment "${spread.Name}" within itself${via}.`, spread.Position);
          }
        }
        pathIndex.delete(fragment.Name);
      };
      visit(start);
    },
  };
};

/** Inner selections last, the last of them first. */
function spreadsIn(selections: readonly Selection[]): FragmentSpread[] {
  const spreads: FragmentSpread[] = [];
  const pending = [selections];
  for (let set = pending.pop(); set !== undefined; set = pending.pop()) {
    for (const selection of set) {
      if (selection.kind === "spread") spreads.push(selection);
      else pending.push(selection.SelectionSet);
    }
  }
  return spreads;
}

export const possibleFragmentSpreads: Rule = ({ schema, report }) => ({
  inlineFragment({ TypeCondition, ObjectDefinition, Position }) {
    if (ObjectDefinition === undefined || canBe(schema, ObjectDefinition, TypeCondition)) return;
    report(`Fragment cannot be spread here as ${never(ObjectDefinition, TypeCondition)}`, Position);
  },
  fragmentSpread({ Name, Definition, ObjectDefinition, Position }) {
    if (Definition === undefined || ObjectDefinition === undefined) return;
    if (canBe(schema, ObjectDefinition, Definition.TypeCondition)) return;
    report(
      `Fragment "${Name}" cannot be spread here as ${never(ObjectDefinition, Definition.TypeCondition)}`,
      Position,
    );
  },
});

function never({ Name }: Definition, type: string): string {
  return `objects of type "${Name}" can never be of type "${type}".`;
}

/** True also where other rules complain. */
function canBe({ Types, PossibleTypes }: Schema, parent: Definition, typeName: string): boolean {
  const type = Types.get(typeName);
  if (!isComposite(parent) || type === undefined || !isComposite(type)) return true;
  const parents = parent.Kind === "OBJECT" ? [parent] : (PossibleTypes.get(parent.Name) ?? []);
  const possible = PossibleTypes.get(type.Name) ?? [];
  return possible.some(({ Name }) => named(parents, Name) !== undefined);
}
