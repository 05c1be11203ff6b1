import { lookup } from "../value/access.ts";
import { canonicalText, equal, RegoObject, RegoSet } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import type { Bindings, Bound } from "./bindings.ts";
import { cacheKey } from "./caches.ts";
import { groundValue } from "./comprehension.ts";
import { objectConflictAt } from "./errors.ts";
import type { Frame, Next, Stop } from "./frame.ts";
import { objectOf, setOf } from "./lower.ts";
import { type Known, known, type Node, refNode, type WalkedRule } from "./node.ts";
import { childFor, noteAnswer, ruleNode } from "./rule-frame.ts";
import { partialOf, saveUnify } from "./saving.ts";
import { selectTerm } from "./select.ts";
import { savePartialRule } from "./support.ts";
import { isUnknown } from "./unknown.ts";
import type { Virtual } from "./virtual.ts";

/** Rules that make a set or an object together: `deny contains msg`, `role[user] := r`. */
export function evaluatePartial(virtual: Virtual, next: Next): Stop | undefined {
  const { frame, ref, at, bindings, candidates } = virtual;
  const own = ref.slice(0, at + 1);
  const unknown = isUnknown(frame, refNode(own), bindings);
  if (ref.length === at + 1) return unknown ? saveSupport(virtual, next) : evaluateAll(virtual, next);
  const inlining = frame.machine.partial?.inlining;
  if ((unknown && inlining?.isShallow === true) || inlining?.isDisabled(own, false) === true)
    return saveSupport(virtual, next);
  if (candidates.rules.length === 0 && candidates.defaultRule === undefined) return undefined;
  return evaluateEach(virtual, unknown, next);
}

/** Whether the rules make a set; those with vars in their refs make an object, of sets perhaps. */
function makesSet({ node, frame }: Virtual): boolean {
  const index = node.index(frame.machine.tree);
  return index.isSet && index.onlyGroundRefs;
}

function emptyOf(virtual: Virtual): RegoSet | RegoObject {
  return makesSet(virtual) ? new RegoSet() : new RegoObject();
}

function select({ frame, ref, bindings, result }: Virtual, at: number, base: Bound, next: Next): Stop | undefined {
  return selectTerm({ frame, ref, at, bindings, base, result }, next);
}

/** The whole document. */
function evaluateAll(virtual: Virtual, next: Next): Stop | undefined {
  const { frame, plugged, at, bindings, result } = virtual;
  const key = cacheKey(plugged.slice(0, at + 1));
  const cached = frame.machine.cache.get(key)?.value;
  frame.machine.countCached(cached !== undefined);
  const value = cached ?? collectAll(virtual);
  if (cached === undefined) frame.machine.cache.put(key, value);
  return frame.biunify(value, result.node, bindings, result.bindings, next);
}

function collectAll(virtual: Virtual): Known {
  const { frame, at, candidates } = virtual;
  const reduction = new Reduction(emptyOf(virtual), at);
  for (const rule of candidates.rules) {
    const child = childFor(frame, rule);
    const node = ruleNode(rule);
    child.trace("Enter", node);
    child.evaluate(() => {
      child.trace("Exit", node);
      noteAnswer(frame, rule);
      reduction.add(rule, child);
      child.trace("Redo", node);
      return undefined;
    });
  }
  return known(reduction.document);
}

/** One part of the document: rules are asked only for what the ref wants of them. */
function evaluateEach(virtual: Virtual, unknown: boolean, next: Next): Stop | undefined {
  const { frame, ref, at, bindings, candidates } = virtual;
  if (frame.machine.partial !== undefined) {
    const end = longestRef(candidates.rules, ref.length);
    if (ref.slice(at + 1, end).some((each) => isUnknown(frame, each, bindings))) return postUnifyAll(virtual, next);
  }
  const hint = unknown ? undefined : new CacheHint(virtual);
  const hit = hint?.lookup();
  if (hint !== undefined) frame.machine.countCached(hit !== undefined);
  if (hit !== undefined) return select(virtual, hit.at, { node: hit.value, bindings }, next);
  if (hint?.isFull === true) {
    const value = collectAll(virtual);
    frame.machine.cache.put(hint.key, value);
    return select(virtual, at + 1, { node: value, bindings }, next);
  }
  const reduction = new Reduction(emptyOf(virtual), at);
  for (const rule of candidates.rules) {
    const stop = preUnify(virtual, rule, unknown ? undefined : reduction, next);
    if (stop !== undefined) return stop;
  }
  if (unknown) return undefined;
  const value = known(reduction.document);
  hint?.keep(value.value);
  return select(virtual, at + 1, { node: value, bindings }, next);
}

/** Terms of the longest rule's ref, its key included, but not more than the ref's. */
function longestRef(rules: readonly WalkedRule[], ceiling: number): number {
  return Math.min(ceiling, Math.max(0, ...rules.map(({ ref, isSet }) => ref.length + (isSet ? 1 : 0))));
}

/** What the ref wants is put into the rule's head before the body is evaluated. */
function preUnify(virtual: Virtual, rule: WalkedRule, reduction: Reduction | undefined, next: Next): Stop | undefined {
  const { frame, at } = virtual;
  const child = childFor(frame, rule);
  const node = ruleNode(rule);
  child.trace("Enter", node);
  let isDefined = false;
  const stop = unifyHead(virtual, child, rule, child, () => {
    isDefined = true;
    return child.evaluate(() => {
      child.trace("Exit", node);
      if (reduction === undefined) {
        const inner = select(virtual, at + 1, headDocument(virtual, rule, child.bindings), next);
        if (inner !== undefined) return inner;
      } else if (!reduction.add(rule, child)) {
        child.trace("Duplicate", node);
        return undefined;
      }
      child.trace("Redo", node);
      return undefined;
    });
  });
  if (stop === undefined && !isDefined) child.trace("Fail", node);
  return stop;
}

/** What the ref wants is unknown: bodies are evaluated first, so that heads are known where they can be. */
function postUnifyAll(virtual: Virtual, next: Next): Stop | undefined {
  for (const rule of virtual.candidates.rules) {
    const child = childFor(virtual.frame, rule);
    const node = ruleNode(rule);
    child.trace("Enter", node);
    let isDefined = false;
    const stop = child.evaluate(() => {
      isDefined = true;
      return unifyHead(virtual, virtual.frame, rule, child, () => {
        child.trace("Exit", node);
        const inner = select(virtual, virtual.at + 1, headDocument(virtual, rule, child.bindings), next);
        if (inner === undefined) child.trace("Redo", node);
        return inner;
      });
    });
    if (stop !== undefined) return stop;
    if (!isDefined) child.trace("Fail", node);
  }
  return undefined;
}

/** Makes the keys of the ref and those of the rule's head equal. */
function unifyHead(virtual: Virtual, frame: Frame, rule: WalkedRule, child: Frame, next: Next): Stop | undefined {
  const { ref, at, bindings } = virtual;
  const unifyFrom = (position: number): Stop | undefined => {
    const [wanted, own] = [ref[position], rule.ref[position]];
    if (wanted !== undefined && own !== undefined)
      return frame.biunify(wanted, own, bindings, child.bindings, () => unifyFrom(position + 1));
    if (wanted === undefined || !rule.isSet || rule.key === undefined) return next();
    return frame.biunify(wanted, rule.key, bindings, child.bindings, next);
  };
  return unifyFrom(at + 1);
}

/** The part of the document that one way through a rule makes. */
function headDocument({ at }: Virtual, rule: WalkedRule, bindings: Bindings): Bound {
  const { node, bindings: own } = bindings.apply((rule.value ?? rule.key) as Node);
  const leaf = rule.isSet ? setOf([node]) : node;
  const keys = rule.ref.slice(at + 1);
  return { node: keys.reduceRight<Node>((inner, key) => objectOf([[key, inner]]), leaf), bindings: own };
}

function saveSupport(virtual: Virtual, next: Next): Stop | undefined {
  const { frame, ref, plugged, at, bindings, result, candidates } = virtual;
  const { support } = partialOf(frame);
  let isDefined = support.exists(frame.namespaced(plugged.slice(0, at + 1)), frame.loc);
  if (!isDefined) for (const rule of candidates.rules) if (savePartialRule(frame, rule)) isDefined = true;
  if (!isDefined && ref.length !== at + 1) return undefined;
  const term = isDefined ? refNode(frame.namespaced(ref)) : known(emptyOf(virtual));
  return saveUnify(frame, term, result.node, bindings, result.bindings, next);
}

/** Collects what rules make into one document. */
class Reduction {
  readonly document: RegoSet | RegoObject;
  readonly #at: number;
  /** Keys at which something was put. */
  readonly #paths: (readonly Value[])[] = [];

  constructor(document: RegoSet | RegoObject, at: number) {
    this.document = document;
    this.#at = at;
  }

  /** False when the same was there before. */
  add(rule: WalkedRule, child: Frame): boolean {
    if (this.document instanceof RegoSet) return addMember(this.document, groundValue(child, rule.key as Node));
    const { loc } = rule.source.head;
    const path = rule.ref.slice(this.#at + 1).map((each) => groundValue(child, each));
    if (this.#paths.some((other) => other.length < path.length && isPrefix(other, path))) throw objectConflictAt(loc);
    this.#paths.push(path);
    const object = this.#nested(path.slice(0, -1), rule);
    const key = path.at(-1) as Value;
    const existing = object.get(key);
    if (rule.isSet) {
      if (existing !== undefined && !(existing instanceof RegoSet)) throw objectConflictAt(loc);
      const set = existing ?? new RegoSet();
      if (existing === undefined) object.set(key, set);
      return addMember(set, groundValue(child, rule.key as Node));
    }
    const value = groundValue(child, rule.value as Node);
    if (existing === undefined) object.set(key, value);
    else if (!equal(existing, value)) throw objectConflictAt(loc);
    return existing === undefined;
  }

  #nested(path: readonly Value[], { source }: WalkedRule): RegoObject {
    let object = this.document as RegoObject;
    for (const key of path) {
      const inner = object.get(key) ?? new RegoObject();
      if (!(inner instanceof RegoObject)) throw objectConflictAt(source.head.loc);
      object.set(key, inner);
      object = inner;
    }
    return object;
  }
}

function addMember(set: RegoSet, value: Value): boolean {
  const before = set.size;
  set.add(value);
  return set.size > before;
}

function isPrefix(prefix: readonly Value[], path: readonly Value[]): boolean {
  return prefix.every((each, i) => equal(each, path[i] as Value));
}

/** Where a part of the document is kept: at the keys that are known, qualified by those behind the first that is not. */
class CacheHint {
  readonly isFull: boolean;
  readonly #virtual: Virtual;
  readonly #base: string | undefined;
  #keys: Value[] = [];
  #scope: string[] = [];

  constructor(virtual: Virtual) {
    const { plugged, at, ref, bindings } = virtual;
    this.#virtual = virtual;
    this.#base = cacheKey(plugged.slice(0, at + 1));
    this.isFull = bindings.plug(ref[at + 1] as Node).kind === "var";
  }

  get key(): string | undefined {
    if (this.isFull) return this.#base;
    if (this.#keys.length === 0 || this.#base === undefined) return undefined;
    return this.#keyText();
  }

  #keyText(): string {
    const end = this.#scope.findLastIndex((each) => each !== "_") + 1;
    const scope = end === 0 ? "" : `<${this.#scope.slice(0, end).join()}>`;
    return [this.#base, ...this.#keys.map(canonicalText)].join() + scope;
  }

  lookup(): { readonly value: Known; readonly at: number } | undefined {
    const { frame, ref, at, bindings, candidates } = this.#virtual;
    const { cache } = frame.machine;
    const whole = cache.get(this.#base)?.value;
    if (whole !== undefined) return { value: whole, at: at + 1 };
    if (this.isFull) return undefined;
    const end = longestRef(candidates.rules, ref.length);
    for (let i = at + 1; i < end; i++) {
      const key = bindings.plug(ref[i] as Node);
      if (key.kind === "known" && this.#scope.length === 0) this.#keys.push(key.value);
      else if (this.#keys.length === 0) break;
      else this.#scope.push(key.kind === "known" ? canonicalText(key.value) : "_");
      const cached = cache.get(this.key)?.value;
      if (cached !== undefined) return { value: cached, at: at + 1 + this.#keys.length };
    }
    return undefined;
  }

  keep(document: Value): void {
    if (this.#keys.length === 0) return;
    let value: Value | undefined = document;
    for (const key of this.#keys) value = value === undefined ? undefined : lookup(value, key);
    if (value !== undefined) this.#virtual.frame.machine.cache.put(this.key, known(value));
  }
}
