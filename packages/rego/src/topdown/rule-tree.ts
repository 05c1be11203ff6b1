import type { Compiled, CompiledRule, RuleNode } from "../compile/compiled.ts";
import { remembered } from "../compile/remembered.ts";
import { compare, type Key, keyOf } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import { lowerRule } from "./lower.ts";
import type { Node, WalkedRule } from "./node.ts";
import { RuleIndex } from "./rule-index.ts";

/** A place below `data`, by constant keys: OPA's rule tree. */
export class RuleTreeNode {
  readonly key: Value;
  readonly rules: WalkedRule[] = [];
  readonly #children = new Map<Key, RuleTreeNode>();
  #sorted: readonly RuleTreeNode[] | undefined;
  #index: RuleIndex | undefined;

  constructor(key: Value) {
    this.key = key;
  }

  child(key: Value): RuleTreeNode | undefined {
    return this.#children.get(keyOf(key));
  }

  /** In Rego's order of their keys. */
  get children(): readonly RuleTreeNode[] {
    this.#sorted ??= [...this.#children.values()].sort((a, b) => compare(a.key, b.key));
    return this.#sorted;
  }

  /** The child, made when there is none. */
  grow(key: Value): RuleTreeNode {
    const existing = this.child(key);
    if (existing !== undefined) return existing;
    const made = new RuleTreeNode(key);
    this.#children.set(keyOf(key), made);
    this.#sorted = undefined;
    return made;
  }

  /** All rules here and below. */
  *all(): Iterable<WalkedRule> {
    yield* this.rules;
    for (const child of this.#children.values()) yield* child.all();
  }

  /** Rules with vars in their refs answer together with those below them. */
  index(root: RuleTreeNode): RuleIndex {
    this.#index ??= new RuleIndex(this.rules.some(hasOpenRef) ? [...this.all()] : this.rules, (ref) =>
      isVirtual(root, ref),
    );
    return this.#index;
  }
}

function hasOpenRef({ ref }: WalkedRule): boolean {
  return ref.slice(1).some(({ kind }) => kind !== "known");
}

/** The tree of all rules; its root is `data`. Made once for each compilation. */
export const ruleTreeOf: (compiled: Compiled) => RuleTreeNode = remembered(buildRuleTree);

function buildRuleTree({ modules, root }: Compiled): RuleTreeNode {
  const tree = new RuleTreeNode("data");
  for (const module of modules)
    module.package.path.terms
      .slice(1)
      .reduce((node, term) => node.grow(term.kind === "string" ? term.value : ""), tree);
  addRules(tree, root);
  return tree;
}

function addRules(tree: RuleTreeNode, { rules, children }: RuleNode): void {
  for (const rule of rules) addRule(tree, rule);
  for (const child of children.values()) addRules(tree, child);
}

function addRule(tree: RuleTreeNode, compiled: CompiledRule): void {
  const rule = lowerRule(compiled);
  let node = tree;
  for (const key of rule.ref.slice(1)) {
    if (key.kind !== "known") break;
    node = node.grow(key.value);
  }
  node.rules.push(rule);
}

/** The node of a ref's constant keys below `data`. */
export function nodeAt(tree: RuleTreeNode, ref: readonly Node[]): RuleTreeNode | undefined {
  let node: RuleTreeNode | undefined = tree;
  for (const key of ref.slice(1)) node = key.kind === "known" ? node?.child(key.value) : undefined;
  return node;
}

/** True when rules lie on the way to a document, at it or below. */
function isVirtual(tree: RuleTreeNode, ref: readonly Node[]): boolean {
  let node = tree;
  for (const key of ref.slice(1)) {
    if (key.kind !== "known") return true;
    const child = node.child(key.value);
    if (child === undefined) return false;
    if (child.rules.length > 0) return true;
    node = child;
  }
  return true;
}

/** The rules that a ref may mean: on its way, at it and below. */
export function rulesOf(tree: RuleTreeNode, ref: readonly Node[]): readonly WalkedRule[] {
  const [head] = ref;
  if (head?.kind !== "var" || head.name !== "data") return [];
  const found: WalkedRule[] = [];
  collect(tree, ref, 1, found);
  return found;
}

function collect(node: RuleTreeNode, ref: readonly Node[], at: number, into: WalkedRule[]): void {
  const key = ref[at];
  if (key === undefined) {
    for (const child of node.children) into.push(...child.all());
    return;
  }
  const children = key.kind === "known" ? [node.child(key.value)] : node.children;
  for (const child of children) {
    if (child === undefined) continue;
    into.push(...child.rules);
    collect(child, ref, at + 1, into);
  }
}
