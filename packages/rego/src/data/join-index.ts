import type { Join } from "../run/ir.ts";
import { lookup } from "../value/access.ts";
import { compare, type Key, keyOf } from "../value/collection.ts";
import { Decimal } from "../value/decimal.ts";
import type { JsonObject, Value } from "../value/value.ts";
import { type DataPath, indexFromText, isAtOrBelow } from "./path.ts";

/** The keys of the loops of one round, outermost first. */
export type Binding = readonly Value[];

/** What the calls of a join make of a value: undefined where they are, `unknown` where that can only be seen by running the round. */
export type ComputeKey = (value: Value) => Value | "unknown" | undefined;

/** Bindings under one key; most keys have only one. Sorted when it is first asked for. */
class Bucket {
  readonly bindings: Binding[];
  #isSorted = false;

  constructor(bindings: Binding[]) {
    this.bindings = bindings;
  }

  add(binding: Binding): void {
    this.bindings.push(binding);
    this.#isSorted = false;
  }

  remove(binding: Binding): void {
    const at = this.bindings.findIndex((each) => compareBindings(each, binding) === 0);
    if (at >= 0) this.bindings.splice(at, 1);
  }

  sorted(): readonly Binding[] {
    if (!this.#isSorted) this.bindings.sort(compareBindings);
    this.#isSorted = true;
    return this.bindings;
  }
}

/**
 * The inverted index of one join: from what its rounds find to the bindings of these rounds, in the order of the loops. It belongs to
 * one version of the document; a later version's is made of it by what has changed.
 */
export class JoinIndex {
  readonly #join: Join;
  readonly #compute: ComputeKey;
  readonly #maxBindings: number;
  readonly #byKey = new Map<Key, Binding | Bucket>();
  /** Of rounds whose value is not known: they matter always. */
  readonly #unknown = new Bucket([]);
  #root: Value | undefined;
  #size = 0;
  /** Commits that it followed since it was last asked. */
  idleCommits = 0;

  /** Throws `TooLarge`. */
  constructor(join: Join, root: Value, compute: ComputeKey, maxBindings: number) {
    this.#join = join;
    this.#compute = compute;
    this.#maxBindings = maxBindings;
    this.#root = root;
    this.#forEach(root, [], (binding, key) => this.#add(binding, key));
  }

  /** The document it belongs to, the very object. */
  get root(): Value | undefined {
    return this.#root;
  }

  /** How many bindings it holds. */
  get size(): number {
    return this.#size;
  }

  /** Where its document lies below `data`. */
  get prefix(): DataPath {
    return this.#join.prefix;
  }

  /** The rounds that may find one of the values, in order. */
  find(values: readonly Value[]): readonly Binding[] {
    this.idleCommits = 0;
    if (values.length === 1 && this.#unknown.bindings.length === 0) return this.#findKey(keyOf(values[0] as Value));
    const found = [this.#unknown.sorted(), ...[...new Set(values.map(keyOf))].map((key) => this.#findKey(key))];
    const some = found.filter(({ length }) => length > 0);
    return some.length === 1 ? (some[0] as readonly Binding[]) : some.flat().sort(compareBindings);
  }

  #findKey(key: Key): readonly Binding[] {
    const found = this.#byKey.get(key);
    if (found === undefined) return [];
    return found instanceof Bucket ? found.sorted() : [found];
  }

  /** Goes over to another version, which differs at some paths below the document. Throws `TooLarge`. */
  follow(root: Value, paths: readonly DataPath[]): void {
    this.idleCommits++;
    for (const path of outermost(paths)) {
      this.#forEach(this.#root as Value, path, (binding, key) => this.#remove(binding, key));
      this.#forEach(root, path, (binding, key) => this.#add(binding, key));
    }
    this.#root = root;
  }

  #add(binding: Binding, key: Key | typeof unknown): void {
    if (++this.#size > this.#maxBindings) throw new TooLarge();
    if (key === unknown) {
      this.#unknown.add(binding);
      return;
    }
    const known = this.#byKey.get(key);
    if (known === undefined) this.#byKey.set(key, binding);
    else if (known instanceof Bucket) known.add(binding);
    else this.#byKey.set(key, new Bucket([known, binding]));
  }

  #remove(binding: Binding, key: Key | typeof unknown): void {
    this.#size--;
    const known = key === unknown ? this.#unknown : this.#byKey.get(key);
    if (!(known instanceof Bucket)) {
      this.#byKey.delete(key as Key);
      return;
    }
    known.remove(binding);
    if (known !== this.#unknown && known.bindings.length === 0) this.#byKey.delete(key as Key);
  }

  /** Every round whose way through the document goes along a path, with the key of what it finds. */
  #forEach(root: Value, path: DataPath, visit: (binding: Binding, key: Key | typeof unknown) => void): void {
    const { steps, isKey, calls } = this.#join;
    const binding: Value[] = [];
    const arrive = (value: Value) => {
      const found = isKey ? (binding.at(-1) as Value) : value;
      const computed = calls.length === 0 ? found : this.#compute(found);
      if (computed === undefined) return;
      visit([...binding], calls.length > 0 && computed === "unknown" ? unknown : keyOf(computed));
    };
    const go = (value: Value, at: number): void => {
      if (at === steps.length) {
        arrive(value);
        return;
      }
      const step = steps[at] as string | number | null;
      const wanted = path[at];
      if (step !== null) {
        if (wanted !== undefined && wanted !== String(step)) return;
        const below = lookup(value, step);
        if (below !== undefined) go(below, at + 1);
        return;
      }
      forEachEntry(value, wanted, (key, below) => {
        binding.push(key);
        go(below, at + 1);
        binding.pop();
      });
    };
    go(root, 0);
  }
}

const unknown: unique symbol = Symbol("unknown");

/** An index would hold more than it may. */
export class TooLarge extends Error {}

function forEachEntry(value: Value, wanted: string | undefined, visit: (key: Value, below: Value) => void): void {
  if (value === null || typeof value !== "object" || value instanceof Decimal) return;
  if (Array.isArray(value)) {
    const items = value as readonly Value[];
    if (wanted === undefined) items.forEach((item, i) => void visit(i, item));
    else {
      const at = indexFromText(wanted);
      if (at !== undefined && at < items.length) visit(at, items[at] as Value);
    }
    return;
  }
  const object = value as JsonObject;
  if (wanted !== undefined) {
    if (Object.hasOwn(object, wanted)) visit(wanted, object[wanted] as Value);
    return;
  }
  for (const key of Object.keys(object)) visit(key, object[key] as Value);
}

/** The paths that lie below no other. */
function outermost(paths: readonly DataPath[]): readonly DataPath[] {
  if (paths.length === 1) return paths;
  const kept: DataPath[] = [];
  for (const path of paths.toSorted(comparePaths))
    if (kept.length === 0 || !isAtOrBelow(path, kept.at(-1) as DataPath)) kept.push(path);
  return kept;
}

/** A path comes directly before those below it. */
function comparePaths(a: DataPath, b: DataPath): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [left, right] = [a[i] as string, b[i] as string];
    if (left !== right) return left < right ? -1 : 1;
  }
  return a.length - b.length;
}

function compareBindings(a: Binding, b: Binding): number {
  for (let i = 0; i < a.length; i++) {
    const order = compare(a[i] as Value, b[i] as Value);
    if (order !== 0) return order;
  }
  return 0;
}

/** One loop of a narrowed join: the keys that matter, and for each the bindings that begin with it. */
export interface Groups {
  readonly keys: readonly Value[];
  readonly bindings: readonly (readonly Binding[])[];
}

/** Bindings that are the same up to a level, by their keys at that level; in order, as the bindings are. */
export function groupsOf(bindings: readonly Binding[], level: number): Groups {
  const [only] = bindings;
  if (bindings.length === 1) return { keys: [(only as Binding)[level] as Value], bindings: [bindings] };
  const keys: Value[] = [];
  const groups: Binding[][] = [];
  for (const binding of bindings) {
    const key = binding[level] as Value;
    if (keys.length > 0 && keys.at(-1) === key) groups.at(-1)?.push(binding);
    else {
      keys.push(key);
      groups.push([binding]);
    }
  }
  return { keys, bindings: groups };
}
