import { type Argument, type ArgumentDefinition, named, textOfType } from "../ast.ts";
import { similar, suggestion } from "../suggestions.ts";
import type { Context, Rule } from "../walk.ts";

export const knownArgumentNames: Rule = ({ report }) => ({
  field({ Name, Position, Arguments, Definition, ObjectDefinition }) {
    if (Definition === undefined || ObjectDefinition === undefined) return;
    for (const { argument, hint } of unknownArguments(Arguments, Definition.Arguments))
      report(`Unknown argument "${argument}" on field "${ObjectDefinition.Name}.${Name}".${hint}`, Position);
  },
  directive({ Name, Position, Arguments, Definition }) {
    if (Definition === undefined) return;
    for (const { argument, hint } of unknownArguments(Arguments, Definition.Arguments))
      report(`Unknown argument "${argument}" on directive "@${Name}".${hint}`, Position);
  },
});

function unknownArguments(
  items: readonly Argument[],
  known: readonly ArgumentDefinition[],
): { argument: string; hint: string }[] {
  const names = known.map(({ Name }) => Name);
  return items
    .filter(({ Name }) => !names.includes(Name))
    .map(({ Name }) => ({ argument: Name, hint: suggestion("Did you mean", similar(Name, names)) }));
}

export const providedRequiredArguments: Rule = ({ report }) => ({
  field({ Name, Position, Arguments, Definition }) {
    for (const demand of missing(Arguments, Definition?.Arguments)) report(`Field "${Name}" ${demand}`, Position);
  },
  directive({ Position, Arguments, Definition }) {
    for (const demand of missing(Arguments, Definition?.Arguments))
      report(`Directive "@${Definition?.Name}" ${demand}`, Position);
  },
});

function missing(items: readonly Argument[], known: readonly ArgumentDefinition[] = []): string[] {
  return known
    .filter(({ Name, Type, DefaultValue }) => Type.NonNull && DefaultValue === undefined && !named(items, Name))
    .map(({ Name, Type }) => `argument "${Name}" of type "${textOfType(Type)}" is required, but it was not provided.`);
}

export const uniqueArgumentNames: Rule = (context) => ({
  field: ({ Arguments }) => checkUnique(Arguments, context),
  directive: ({ Arguments }) => checkUnique(Arguments, context),
});

/** Complains once of each name. */
function checkUnique(items: readonly Argument[], { report }: Context): void {
  const seen = new Map<string, number>();
  for (const { Name, Position } of items) {
    const count = seen.get(Name) ?? 0;
    if (count === 1) report(`There can be only one argument named "${Name}".`, Position);
    seen.set(Name, count + 1);
  }
}
