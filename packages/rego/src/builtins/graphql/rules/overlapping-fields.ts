import {
  type Argument,
  type Field,
  type FragmentSpread,
  isLeaf,
  type Position,
  type Selection,
  type Type,
  textOfType,
} from "../ast.ts";
import { GraphqlError } from "../errors.ts";
import type { Schema } from "../schema.ts";
import type { Context, Rule } from "../walk.ts";

/** Comparisons of two fields in one document. Crafted queries ask for a number that grows exponentially with their size. */
const mostComparisons = 1_000_000;

/** Fields of one response name must be mergeable. https://spec.graphql.org/October2021/#FieldsInSetCanMerge() */
export const overlappingFieldsCanBeMerged: Rule = (context) => {
  const comparer = new Comparer(context.schema);
  const check = ({ SelectionSet }: { readonly SelectionSet: Selection[] }) => {
    for (const conflict of comparer.conflictsWithin(SelectionSet)) reportConflict(conflict, context);
  };
  return {
    operation: check,
    // Fields of fragments are seen where an operation spreads them.
    field: (field) => {
      if (context.operation !== undefined) check(field);
    },
    inlineFragment: check,
    fragment: check,
  };
};

interface Conflict {
  readonly responseName: string;
  readonly reason: string;
  readonly inner: readonly Conflict[];
  readonly position: Position | undefined;
}

function reportConflict(conflict: Conflict, { report }: Context): void {
  const advice = "Use different aliases on the fields to fetch both if this was intentional.";
  report(`Fields "${conflict.responseName}" conflict because ${reasonText(conflict)}. ${advice}`, conflict.position);
}

function reasonText({ reason, inner }: Conflict): string {
  if (inner.length === 0) return reason;
  return inner.map((each) => `subfields "${each.responseName}" conflict because ${reasonText(each)}`).join(" and ");
}

/** What a selection set selects itself and through inline fragments, and the fragments that it spreads. */
interface Collected {
  readonly fields: ReadonlyMap<string, readonly Field[]>;
  readonly spreads: readonly FragmentSpread[];
}

/**
 * Compares within each selection set, and then between it and the fragments that it spreads, so that each pair of
 * fields is compared once. What was compared is remembered exactly as gqlparser does: so its faults are reported as often.
 */
class Comparer {
  readonly #schema: Schema;
  /** Pairs of fragments by their names; true if they were compared as mutually exclusive only. */
  readonly #pairs = new Map<string, boolean>();
  #comparedFragments = new Set<string>();
  #comparisons = 0;

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  conflictsWithin(selections: readonly Selection[]): readonly Conflict[] {
    if (selections.length === 0) return [];
    const collected = collect(selections);
    const conflicts: Conflict[] = [];
    for (const fields of collected.fields.values()) this.#compareEach(conflicts, fields);
    this.#comparedFragments = new Set();
    for (const [i, spread] of collected.spreads.entries()) {
      this.#compareWithFragment(conflicts, false, collected, spread);
      for (const other of collected.spreads.slice(i + 1)) this.#compareFragments(conflicts, false, spread, other);
    }
    return conflicts;
  }

  #compareEach(conflicts: Conflict[], fields: readonly Field[]): void {
    for (const [i, field] of fields.entries())
      for (const other of fields.slice(i + 1)) this.#compare(conflicts, false, field, other);
  }

  #compareWithFragment(conflicts: Conflict[], exclusive: boolean, base: Collected, spread: FragmentSpread): void {
    if (this.#comparedFragments.has(spread.Name)) return;
    this.#comparedFragments.add(spread.Name);
    if (spread.Definition === undefined) return;
    const fragment = collect(spread.Definition.SelectionSet);
    if (haveSameFields(base, fragment)) return;
    this.#compareBetween(conflicts, exclusive, base, fragment);
    for (const each of fragment.spreads)
      if (each.Name !== spread.Name) this.#compareWithFragment(conflicts, exclusive, base, each);
  }

  #compareFragments(conflicts: Conflict[], exclusive: boolean, a: FragmentSpread, b: FragmentSpread): void {
    if (a.Name === b.Name || this.#wereCompared(a, b, exclusive)) return;
    this.#pairs.set(`${a.Name} ${b.Name}`, exclusive);
    this.#pairs.set(`${b.Name} ${a.Name}`, exclusive);
    if (a.Definition === undefined || b.Definition === undefined) return;
    const [left, right] = [collect(a.Definition.SelectionSet), collect(b.Definition.SelectionSet)];
    this.#compareBetween(conflicts, exclusive, left, right);
    for (const spread of right.spreads) this.#compareFragments(conflicts, exclusive, a, spread);
    for (const spread of left.spreads) this.#compareFragments(conflicts, exclusive, spread, b);
  }

  /** Not to be exclusive asks more than to be. */
  #wereCompared(a: FragmentSpread, b: FragmentSpread, exclusive: boolean): boolean {
    const known = this.#pairs.get(`${a.Name} ${b.Name}`);
    return known !== undefined && (exclusive || !known);
  }

  #compareBetween(conflicts: Conflict[], exclusive: boolean, a: Collected, b: Collected): void {
    for (const [name, fields] of a.fields)
      for (const field of fields)
        for (const other of b.fields.get(name) ?? []) this.#compare(conflicts, exclusive, field, other);
  }

  #compare(conflicts: Conflict[], parentsExclusive: boolean, a: Field, b: Field): void {
    if (++this.#comparisons > mostComparisons)
      throw new GraphqlError(`more than ${mostComparisons} fields to compare`, b.Position);
    if (a.ObjectDefinition === undefined || b.ObjectDefinition === undefined) return;
    const exclusive = parentsExclusive || areExclusive(a, b);
    const conflict = { responseName: responseName(a), position: b.Position, inner: [] };
    const reason = this.#reason(exclusive, a, b);
    if (reason !== undefined) {
      conflicts.push({ ...conflict, reason });
      return;
    }
    const inner = this.#compareSelections(exclusive, collect(a.SelectionSet), collect(b.SelectionSet));
    if (inner.length > 0) conflicts.push({ ...conflict, reason: "", inner });
  }

  #reason(exclusive: boolean, a: Field, b: Field): string | undefined {
    if (!exclusive && a.Name !== b.Name) return `"${a.Name}" and "${b.Name}" are different fields`;
    if (!exclusive && !sameArguments(a.Arguments, b.Arguments)) return "they have differing arguments";
    if (a.Definition === undefined || b.Definition === undefined) return undefined;
    const [left, right] = [a.Definition.Type, b.Definition.Type];
    if (!this.#doTypesConflict(left, right)) return undefined;
    return `they return conflicting types "${textOfType(left)}" and "${textOfType(right)}"`;
  }

  #compareSelections(exclusive: boolean, a: Collected, b: Collected): Conflict[] {
    const conflicts: Conflict[] = [];
    this.#compareBetween(conflicts, exclusive, a, b);
    for (const [fields, { spreads }] of [
      [a, b],
      [b, a],
    ] as const) {
      for (const spread of spreads) {
        this.#comparedFragments = new Set();
        this.#compareWithFragment(conflicts, exclusive, fields, spread);
      }
    }
    for (const spread of a.spreads)
      for (const other of b.spreads) this.#compareFragments(conflicts, exclusive, spread, other);
    return conflicts;
  }

  #doTypesConflict(a: Type, b: Type): boolean {
    if (a.Elem !== undefined || b.Elem !== undefined)
      return a.Elem === undefined || b.Elem === undefined || this.#doTypesConflict(a.Elem, b.Elem);
    if (a.NonNull !== b.NonNull) return true;
    const [left, right] = [this.#schema.Types.get(a.NamedType), this.#schema.Types.get(b.NamedType)];
    return left !== undefined && right !== undefined && isLeaf(left) && isLeaf(right) && left.Name !== right.Name;
  }
}

function collect(selections: readonly Selection[]): Collected {
  const fields = new Map<string, Field[]>();
  const spreads: FragmentSpread[] = [];
  const add = (set: readonly Selection[]): void => {
    for (const selection of set) {
      if (selection.kind === "inline") add(selection.SelectionSet);
      else if (selection.kind === "spread") spreads.push(selection);
      else {
        const name = responseName(selection);
        const known = fields.get(name);
        if (known === undefined) fields.set(name, [selection]);
        else known.push(selection);
      }
    }
  };
  add(selections);
  return { fields, spreads };
}

function responseName({ Alias, Name }: Field): string {
  return Alias === "" ? Name : Alias;
}

/** Two sets without fields are the same. */
function haveSameFields(a: Collected, b: Collected): boolean {
  const [left, right] = [[...a.fields.values()].flat(), [...b.fields.values()].flat()];
  return left.length === right.length && left.every((field, i) => field === right[i]);
}

/** Objects of two types are never one object. */
function areExclusive(a: Field, b: Field): boolean {
  if (a.Definition === undefined || b.Definition === undefined) return false;
  const [left, right] = [a.ObjectDefinition, b.ObjectDefinition];
  return left?.Kind === "OBJECT" && right?.Kind === "OBJECT" && left.Name !== right.Name;
}

/** Composite values are the same if they are of one kind, as gqlparser has it. */
function sameArguments(a: readonly Argument[], b: readonly Argument[]): boolean {
  if (a.length !== b.length) return false;
  return a.every(({ Name, Value }) =>
    b.some((other) => other.Name === Name && other.Value.Kind === Value.Kind && other.Value.Raw === Value.Raw),
  );
}
