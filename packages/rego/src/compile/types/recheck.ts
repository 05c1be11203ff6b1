import type { Ref, Rule, Term } from "../../syntax/ast.ts";
import { ruleChain } from "../parts.ts";
import type { Readers } from "../readers.ts";
import { components, dataRefs } from "../recursion.ts";
import { remembered } from "../remembered.ts";
import { pathOf } from "../rule-tree.ts";
import { isOtherConstant, maxStringOnly } from "./check-refs.ts";
import {
  type CheckedRules,
  type Contribution,
  groundPath,
  RuleChecker,
  type RuleTypes,
  type TypeCheck,
  type TypedUnit,
  usesSchemas,
} from "./check-rules.ts";
import { scalarKey } from "./literal.ts";
import type { TypeNode } from "./type-tree.ts";

/** A module whose rules have been checked. */
export interface CheckedUnit extends TypedUnit {
  readonly contributions: ReadonlyMap<Rule, Contribution>;
}

export interface Recheck extends TypeCheck {
  readonly previous: RuleTypes;
  /** Modules that are gone, or have come with other rules. */
  readonly gone: readonly CheckedUnit[];
  readonly fresh: readonly TypedUnit[];
  /** Which files read what, those that are gone excepted. */
  readonly readers: Readers;
  readonly kept: (file: string) => CheckedUnit | undefined;
}

/** What came of it, and the modules that have rules which were looked at. */
export interface Rechecked extends CheckedRules {
  readonly units: readonly TypedUnit[];
}

/**
 * Checks the rules that are new, and those whose types follow from something that has changed. Undefined where only checking all rules
 * tells what is right: with schemas, and when there are faults, as messages name rules that happen to be known by then.
 */
export function recheckTypes(recheck: Recheck): Rechecked | undefined {
  if (usesSchemas(recheck.options)) return undefined;
  const touched = [...recheck.gone, ...recheck.fresh].flatMap(({ rules }) =>
    rules.flatMap((rule) => [...ruleChain(rule)]),
  );
  const dependents = dependentsOf(touched, recheck);
  const units = [...recheck.fresh, ...dependents];
  const rules = units.flatMap((unit) => unit.rules.flatMap((rule) => [...ruleChain(rule)]));
  return new Rechecking(recheck, dependents).run(rules);
}

/** The modules that are kept and read, through others or not, what some rules give. */
function dependentsOf(touched: readonly Rule[], { fresh, readers, kept }: Recheck): readonly CheckedUnit[] {
  const isFresh = new Set(fresh.map(({ module }) => module.file));
  const found = new Map<string, CheckedUnit>();
  const seen = new Set<string>();
  const waiting = [...touched];
  for (let rule = waiting.pop(); rule !== undefined; rule = waiting.pop()) {
    const path = groundPath(rule).map(String);
    const key = path.join("\0");
    if (seen.has(key)) continue;
    seen.add(key);
    for (const file of readers.of(path)) {
      const unit = isFresh.has(file) || found.has(file) ? undefined : kept(file);
      if (unit === undefined) continue;
      found.set(file, unit);
      for (const each of unit.rules) waiting.push(...ruleChain(each));
    }
  }
  return [...found.values()];
}

/**
 * Places where the types of a module depend on the order of rules that do not need each other, if any rule lies there. A ref with a
 * constant other than a string where packages and names are is refused by what happens to be known by then; a rule with such a key
 * itself adds to the keys that loops find.
 */
export function orderedPlaces(rules: readonly Rule[]): readonly (readonly string[])[] {
  return rules.flatMap(placesOf);
}

const placesOf = remembered((main: Rule): readonly (readonly string[])[] =>
  [...ruleChain(main)].flatMap((rule) => {
    const ofRefs = dataRefs(rule).flatMap((ref) => {
      const { path, suffix } = pathOf(ref);
      return path.length < maxStringOnly && suffix[0] !== undefined && isOtherConstant(suffix[0]) ? [path] : [];
    });
    return groundPath(rule).some((key) => typeof key !== "string") ? [[], ...ofRefs] : ofRefs;
  }),
);

class Rechecking {
  readonly #recheck: Recheck;
  readonly #data: TypeNode;
  readonly #checker: RuleChecker;
  readonly #dependents = new Map<Rule, CheckedUnit>();
  readonly #changed = new Set<CheckedUnit>();

  constructor(recheck: Recheck, dependents: readonly CheckedUnit[]) {
    this.#recheck = recheck;
    this.#data = recheck.previous.data.own(recheck.edit);
    this.#checker = new RuleChecker(recheck, this.#data);
    for (const unit of [...recheck.fresh, ...dependents]) this.#checker.add(unit);
    for (const unit of dependents)
      for (const rule of unit.rules) for (const each of ruleChain(rule)) this.#dependents.set(each, unit);
  }

  run(rules: readonly Rule[]): Rechecked | undefined {
    const { gone, fresh, needed } = this.#recheck;
    for (const { contributions } of gone) for (const each of contributions.values()) this.#take(each);
    const inside = new Set(rules);
    const neededInside = (rule: Rule) => [...needed(rule)].filter((each) => inside.has(each));
    for (const component of components(rules, neededInside)) for (const rule of component) this.#check(rule);
    const result = this.#checker.result();
    return result.diagnostics.length > 0 ? undefined : { ...result, units: [...fresh, ...this.#changed] };
  }

  #check(rule: Rule): void {
    const unit = this.#dependents.get(rule);
    if (unit !== undefined) {
      if (dataRefs(rule).every((ref) => this.#isSame(ref))) return;
      this.#take(unit.contributions.get(rule) as Contribution);
      this.#changed.add(unit);
    }
    this.#checker.infer(rule);
  }

  #take({ path, type }: Contribution): void {
    if (type !== undefined) this.#data.give(path, type, -1, this.#recheck.edit);
  }

  /** True when a ref finds the types that it found before. */
  #isSame(ref: Ref): boolean {
    return isSameBelow(this.#recheck.previous.data, this.#data, ref.terms.slice(1));
  }
}

function isSameBelow(a: TypeNode | undefined, b: TypeNode | undefined, operands: readonly Term[]): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  const [operand, ...rest] = operands;
  if (operand === undefined || a.hasType || b.hasType) return a.isSame(b);
  const key = scalarKey(operand);
  // Base documents may lie beside rules: what a loop finds there may be anything, by any text.
  return key === undefined || isSameBelow(a.children.get(key), b.children.get(key), rest);
}
