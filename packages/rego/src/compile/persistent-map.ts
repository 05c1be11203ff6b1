/** Who may change nodes in place: those that it has made itself and that nobody else has seen yet. */
export type Edit = object;

interface Branch<V> {
  readonly edit: Edit;
  /** Which of the 32 places are taken. */
  taken: number;
  readonly slots: Slot<V>[];
}

interface Leaf<V> {
  readonly hash: number;
  readonly key: string;
  readonly value: V;
  /** Another key of the same hash. */
  readonly next: Leaf<V> | undefined;
}

type Slot<V> = Branch<V> | Leaf<V>;

/**
 * A map of strings that shares with what it was made of all that has not changed: a hash array mapped trie. Within one edit, what the edit
 * has made is changed in place. What begins empty is a plain map until another edit changes it: most are never changed, and making a trie
 * costs several times as much. Its keys come in no order that means anything.
 */
export class PersistentMap<V> {
  #root: Branch<V> | undefined;
  /** All there is, instead of the trie, and who may change it. */
  readonly #plain: Map<string, V> | undefined;
  readonly #edit: Edit | undefined;

  constructor(root?: Branch<V>, plain?: Map<string, V>, edit?: Edit) {
    this.#root = root;
    this.#plain = plain;
    this.#edit = edit;
  }

  get isEmpty(): boolean {
    return this.#plain === undefined ? this.#root === undefined : this.#plain.size === 0;
  }

  get(key: string): V | undefined {
    if (this.#plain !== undefined) return this.#plain.get(key);
    const hash = hashOf(key);
    let slot: Slot<V> | undefined = this.#root;
    for (let shift = 0; slot !== undefined && "slots" in slot; shift += bits) {
      const bit = bitAt(hash, shift);
      slot = (slot.taken & bit) === 0 ? undefined : slot.slots[indexOf(slot.taken, bit)];
    }
    for (let leaf = slot as Leaf<V> | undefined; leaf !== undefined; leaf = leaf.next)
      if (leaf.key === key) return leaf.value;
    return undefined;
  }

  /** With another value at the key; undefined takes the key away. */
  with(key: string, value: V | undefined, edit: Edit): PersistentMap<V> {
    if (this.isEmpty) return value === undefined ? this : new PersistentMap(undefined, new Map([[key, value]]), edit);
    if (this.#plain !== undefined && this.#edit === edit) {
      if (value === undefined) this.#plain.delete(key);
      else this.#plain.set(key, value);
      return this;
    }
    const before = this.#trie();
    const root = changed(before, { hash: hashOf(key), key, value }, 0, edit) as Branch<V> | undefined;
    return root === before ? this : new PersistentMap(root);
  }

  *entries(): Iterable<readonly [string, V]> {
    if (this.#plain !== undefined) {
      yield* this.#plain;
      return;
    }
    const open: Slot<V>[] = this.#root === undefined ? [] : [this.#root];
    for (let slot = open.pop(); slot !== undefined; slot = open.pop()) {
      if ("slots" in slot) open.push(...slot.slots);
      else
        for (let leaf: Leaf<V> | undefined = slot; leaf !== undefined; leaf = leaf.next) yield [leaf.key, leaf.value];
    }
  }

  *keys(): Iterable<string> {
    for (const [key] of this.entries()) yield key;
  }

  /** The trie of a plain map is made once. */
  #trie(): Branch<V> | undefined {
    if (this.#root !== undefined || this.#plain === undefined) return this.#root;
    const edit: Edit = {};
    for (const [key, value] of this.#plain)
      this.#root = changed(this.#root, { hash: hashOf(key), key, value }, 0, edit) as Branch<V>;
    return this.#root;
  }
}

interface Change<V> {
  readonly hash: number;
  readonly key: string;
  readonly value: V | undefined;
}

const bits = 5;

/** All of a hash is used up below this: leaves of the same hash hang together. */
const maxShift = 30;

function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function bitAt(hash: number, shift: number): number {
  return 1 << ((hash >>> shift) & 31);
}

/** How many places before this one are taken. */
function indexOf(taken: number, bit: number): number {
  let below = taken & (bit - 1);
  below -= (below >>> 1) & 0x55555555;
  below = (below & 0x33333333) + ((below >>> 2) & 0x33333333);
  return Math.imul((below + (below >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function changed<V>(slot: Slot<V> | undefined, change: Change<V>, shift: number, edit: Edit): Slot<V> | undefined {
  if (slot !== undefined && "slots" in slot) return changedBranch(slot, change, shift, edit);
  if (slot === undefined && (shift > 0 || change.value === undefined))
    return change.value === undefined ? undefined : leafOf(change, change.value, undefined);
  if (slot !== undefined && slot.hash === change.hash) return changedLeaves(slot, change);
  if (change.value === undefined) return slot;
  // The root is a branch, and so is a place that two hashes share.
  let branch: Branch<V> = { edit, taken: 0, slots: [] };
  if (slot !== undefined) branch = { edit, taken: bitAt(slot.hash, shift), slots: [slot] };
  return changedBranch(branch, change, shift, edit);
}

function changedBranch<V>(branch: Branch<V>, change: Change<V>, shift: number, edit: Edit): Branch<V> | undefined {
  const bit = bitAt(change.hash, shift);
  const at = indexOf(branch.taken, bit);
  const old = (branch.taken & bit) === 0 ? undefined : branch.slots[at];
  const made = changed(old, change, Math.min(shift + bits, maxShift), edit);
  if (made === old) return branch;
  if (made === undefined && branch.slots.length === 1) return undefined;
  const own = branch.edit === edit ? branch : { edit, taken: branch.taken, slots: [...branch.slots] };
  if (made === undefined) own.slots.splice(at, 1);
  else if (old === undefined) own.slots.splice(at, 0, made);
  else own.slots[at] = made;
  own.taken = made === undefined ? own.taken & ~bit : own.taken | bit;
  return own;
}

function changedLeaves<V>(first: Leaf<V>, { hash, key, value }: Change<V>): Leaf<V> | undefined {
  const others: Leaf<V>[] = [];
  for (let leaf: Leaf<V> | undefined = first; leaf !== undefined; leaf = leaf.next) {
    if (leaf.key !== key) others.push(leaf);
    else if (leaf.value === value) return first;
  }
  if (value === undefined && others.length > 0 && others.length === countOf(first)) return first;
  const rest = others.reduceRight<Leaf<V> | undefined>((next, leaf) => leafOf(leaf, leaf.value, next), undefined);
  return value === undefined ? rest : leafOf({ hash, key }, value, rest);
}

function leafOf<V>({ hash, key }: Pick<Leaf<V>, "hash" | "key">, value: V, next: Leaf<V> | undefined): Leaf<V> {
  return { hash, key, value, next };
}

function countOf<V>(first: Leaf<V>): number {
  let count = 0;
  for (let leaf: Leaf<V> | undefined = first; leaf !== undefined; leaf = leaf.next) count++;
  return count;
}
