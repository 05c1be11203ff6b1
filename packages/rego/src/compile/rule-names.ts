import type { Rule } from "../syntax/ast.ts";
import { type Edit, PersistentMap } from "./persistent-map.ts";
import { namesOf } from "./rule-tree.ts";

/** How many rules have a name or a path: functions by their number of arguments, and others. */
interface Counts {
  readonly values: number;
  readonly functions: ReadonlyMap<number, number>;
}

const none: Counts = { values: 0, functions: new Map() };

/** What rules there are by their names, `data.pkg.f`, and by their constant paths. Of heads as they are behind the first stages. */
export class RuleNames {
  readonly #byName: PersistentMap<Counts>;
  readonly #byPath: PersistentMap<Counts>;

  constructor(
    byName: PersistentMap<Counts> = new PersistentMap(),
    byPath: PersistentMap<Counts> = new PersistentMap(),
  ) {
    this.#byName = byName;
    this.#byPath = byPath;
  }

  with(rules: readonly Rule[], edit: Edit): RuleNames {
    return this.#counted(rules, 1, edit);
  }

  without(rules: readonly Rule[], edit: Edit): RuleNames {
    return this.#counted(rules, -1, edit);
  }

  /**
   * Arguments of the function of a name: a rule that is none can be called without. Undefined when there is no such rule, `"several"` when
   * its definitions do not agree.
   */
  arity(name: string): number | "several" | undefined {
    const counts = this.#byName.get(name);
    if (counts === undefined) return undefined;
    const [first, second] = counts.functions.keys();
    return second !== undefined ? "several" : (first ?? 0);
  }

  /** Arguments of the function of a name, where its definitions agree. */
  functionArity(name: string): number | undefined {
    return this.#byName.get(name)?.functions.keys().next().value;
  }

  /** What kind of rules lies at a path. */
  kind(path: string): "function" | "value" | undefined {
    const counts = this.#byPath.get(path);
    return counts && (counts.functions.size > 0 ? "function" : "value");
  }

  #counted(rules: readonly Rule[], by: number, edit: Edit): RuleNames {
    let [byName, byPath] = [this.#byName, this.#byPath];
    for (const rule of rules) {
      const { name, key } = namesOf(rule);
      const args = rule.head.args?.length;
      byName = byName.with(name, counted(byName.get(name) ?? none, args, by), edit);
      byPath = byPath.with(key, counted(byPath.get(key) ?? none, args, by), edit);
    }
    return new RuleNames(byName, byPath);
  }
}

function counted({ values, functions }: Counts, args: number | undefined, by: number): Counts | undefined {
  const made =
    args === undefined ? { values: values + by, functions } : { values, functions: counter(functions, args, by) };
  return made.values === 0 && made.functions.size === 0 ? undefined : made;
}

/** A count more or less of a key; of none it is gone. */
export function counter<K>(counts: ReadonlyMap<K, number>, key: K, by: number): ReadonlyMap<K, number> {
  const made = new Map(counts);
  const count = (made.get(key) ?? 0) + by;
  if (count === 0) made.delete(key);
  else made.set(key, count);
  return made;
}

/** Arguments of a function whose definitions do not agree: the first one counts. */
export function firstArity(rules: Iterable<Rule>, name: string): number {
  for (const rule of rules)
    if (rule.head.args !== undefined && namesOf(rule).name === name) return rule.head.args.length;
  return 0;
}
