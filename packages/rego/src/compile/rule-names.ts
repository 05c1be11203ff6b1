import type { Rule, Term } from "../syntax/ast.ts";
import { isSubset } from "./name-sets.ts";
import { type Edit, PersistentMap } from "./persistent-map.ts";
import { namesOf } from "./rule-tree.ts";
import { rootDocuments } from "./safety.ts";
import { varsOfTerm } from "./vars.ts";
import { walkTerm } from "./walk.ts";

/** How many rules have a name or a path: functions by their number of arguments, and others. */
interface Counts {
  readonly values: number;
  readonly functions: ReadonlyMap<number, number>;
  /** Of the values, defaults and sets, which make their path defined, and constants, which do so alone. */
  readonly always: number;
  readonly constants: number;
}

const none: Counts = { values: 0, functions: new Map(), always: 0, constants: 0 };

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

  /** True where a path has a value whatever the documents are, as OPA sees it: a default, a set, or one constant. */
  isAlwaysDefined(path: string): boolean {
    const counts = this.#byPath.get(path);
    if (counts === undefined || counts.functions.size > 0) return false;
    return counts.always > 0 || (counts.values === 1 && counts.constants === 1);
  }

  #counted(rules: readonly Rule[], by: number, edit: Edit): RuleNames {
    let [byName, byPath] = [this.#byName, this.#byPath];
    for (const rule of rules) {
      const { name, key } = namesOf(rule);
      byName = byName.with(name, counted(byName.get(name) ?? none, rule, by), edit);
      byPath = byPath.with(key, counted(byPath.get(key) ?? none, rule, by), edit);
    }
    return new RuleNames(byName, byPath);
  }
}

function counted(counts: Counts, rule: Rule, by: number): Counts | undefined {
  const { head } = rule;
  if (head.args !== undefined) return orNone({ ...counts, functions: counter(counts.functions, head.args.length, by) });
  const isAlways = rule.default || head.value === undefined;
  return orNone({
    ...counts,
    values: counts.values + by,
    always: counts.always + (isAlways ? by : 0),
    constants: counts.constants + (isConstant(rule) ? by : 0),
  });
}

function orNone(counts: Counts): Counts | undefined {
  return counts.values === 0 && counts.functions.size === 0 ? undefined : counts;
}

/** True for a rule without a body, or with `true` for one, whose value is written out; OPA takes refs for that too. */
function isConstant({ head: { value }, body }: Rule): boolean {
  const [first, ...more] = body;
  if (first?.terms.kind !== "term" || more.length > 0) return false;
  const { term } = first.terms;
  return term.kind === "boolean" && term.value && value !== undefined && constants.has(value.kind) && isGround(value);
}

const constants: ReadonlySet<Term["kind"]> = new Set(["null", "boolean", "number", "string", "array", "object", "set"]);

/** True for a term without variables, but for the heads of refs. */
function isGround(value: Term): boolean {
  const vars = varsOfTerm(value, { skipRefHead: true, skipCallOperators: true });
  if (!isSubset(vars, rootDocuments)) return false;
  let hasTemplate = false;
  walkTerm(value, ({ kind }) => {
    hasTemplate ||= kind === "templatestring";
    return !hasTemplate;
  });
  return !hasTemplate;
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
