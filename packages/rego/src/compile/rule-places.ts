import type { Module, Rule } from "../syntax/ast.ts";
import { packageKey } from "./globals.ts";
import { type Edit, PersistentMap } from "./persistent-map.ts";
import { isMultiValue, placeOf } from "./rule-conflicts.ts";
import { counter } from "./rule-names.ts";

/** How many rules lie at a place, by what they must agree in, and how many below. */
interface Place {
  readonly shapes: ReadonlyMap<string, number>;
  readonly defaults: number;
  /** Of which no rule may lie below. */
  readonly closed: number;
  readonly below: number;
}

const empty: Place = { shapes: new Map(), defaults: 0, closed: 0, below: 0 };

/** Rules whose whole path is constant, and modules with rules whose package it is. */
interface Owners {
  readonly rules: number;
  readonly packages: number;
}

const nobody: Owners = { rules: 0, packages: 0 };

/**
 * Counts that tell whether rules conflict, without a look at those that have not changed. What the conflicts are is told by
 * `checkRuleConflicts`.
 */
export class RulePlaces {
  readonly #places: PersistentMap<Place>;
  readonly #owners: PersistentMap<Owners>;
  /** How many places and owners are in conflict. */
  readonly #conflicts: number;

  constructor(
    places: PersistentMap<Place> = new PersistentMap(),
    owners: PersistentMap<Owners> = new PersistentMap(),
    conflicts = 0,
  ) {
    this.#places = places;
    this.#owners = owners;
    this.#conflicts = conflicts;
  }

  get haveConflicts(): boolean {
    return this.#conflicts > 0;
  }

  with(module: Module, rules: readonly Rule[], edit: Edit): RulePlaces {
    return new Counting(this.#places, this.#owners, this.#conflicts, edit).count(module, rules, 1);
  }

  without(module: Module, rules: readonly Rule[], edit: Edit): RulePlaces {
    return new Counting(this.#places, this.#owners, this.#conflicts, edit).count(module, rules, -1);
  }
}

class Counting {
  #places: PersistentMap<Place>;
  #owners: PersistentMap<Owners>;
  #conflicts: number;
  readonly #edit: Edit;

  constructor(places: PersistentMap<Place>, owners: PersistentMap<Owners>, conflicts: number, edit: Edit) {
    this.#places = places;
    this.#owners = owners;
    this.#conflicts = conflicts;
    this.#edit = edit;
  }

  count(module: Module, rules: readonly Rule[], by: number): RulePlaces {
    if (rules.length > 0) this.#own(packageKey(module), "packages", by);
    // Most rules lie below the same places: these are changed once.
    const below = new Map<string, number>();
    for (const rule of rules) {
      const { texts, key, isGround } = placeOf(rule);
      if (isGround) this.#own(key, "rules", by);
      let place = "";
      for (const [i, text] of texts.entries()) {
        below.set(place, (below.get(place) ?? 0) + by);
        place = i === 0 ? text : `${place}\0${text}`;
      }
      this.#at(place, (old) => counted(old, rule, isGround, by));
    }
    for (const [place, more] of below) this.#at(place, (old) => ({ ...old, below: old.below + more }));
    return new RulePlaces(this.#places, this.#owners, this.#conflicts);
  }

  #at(key: string, change: (place: Place) => Place): void {
    const old = this.#places.get(key) ?? empty;
    const made = change(old);
    this.#conflicts += Number(isConflict(made)) - Number(isConflict(old));
    this.#places = this.#places.with(key, made.shapes.size + made.below === 0 ? undefined : made, this.#edit);
  }

  #own(key: string, what: keyof Owners, by: number): void {
    const old = this.#owners.get(key) ?? nobody;
    const made = { ...old, [what]: old[what] + by };
    this.#conflicts += Number(isShared(made)) - Number(isShared(old));
    this.#owners = this.#owners.with(key, made.rules + made.packages === 0 ? undefined : made, this.#edit);
  }
}

function counted(place: Place, rule: Rule, isGround: boolean, by: number): Place {
  const { args } = rule.head;
  const shape = `${isMultiValue(rule)} ${args?.length ?? 0} ${isGround}`;
  return {
    ...place,
    shapes: counter(place.shapes, shape, by),
    defaults: place.defaults + (rule.default ? by : 0),
    closed: place.closed + (isGround || args !== undefined ? by : 0),
  };
}

function isConflict({ shapes, defaults, closed, below }: Place): boolean {
  return shapes.size > 1 || defaults > 1 || (closed > 0 && below > 0);
}

function isShared({ rules, packages }: Owners): boolean {
  return rules > 0 && packages > 0;
}
