import { type Compiled, type CompiledRule, findNode, type RuleNode } from "../compile/compiled.ts";
import { isGroup } from "./tree.ts";

interface Seen {
  readonly path: readonly string[];
  node: RuleNode | undefined;
}

/** What a plan was made of: while it is as it was, the plan is too, whatever else has changed. */
export class PlanNeeds {
  readonly #nodes = new Map<string, Seen>();
  /** Places without rules that a ref goes through: whether they exist. */
  readonly #ways = new Map<string, { readonly path: readonly string[]; readonly exists: boolean }>();
  readonly #arities = new Map<string, number | undefined>();

  /** The planner has looked at a place in the tree of rules. */
  addNode(path: readonly string[], node: RuleNode | undefined): void {
    this.#nodes.set(path.join("\0"), { path, node });
  }

  /** The planner has gone through a place without rules. */
  addWay(path: readonly string[], node: RuleNode | undefined): void {
    this.#ways.set(path.join("\0"), { path, exists: node !== undefined });
  }

  /** The planner has asked for a function. */
  addArity(name: string, arity: number | undefined): void {
    this.#arities.set(name, arity);
  }

  /** Keeps no more of an older tree than these rules share with it: what was asked about is asked about the newer one from now on. */
  areMetBy({ arities, root }: Compiled): boolean {
    for (const [name, arity] of this.#arities) if (arities.get(name) !== arity) return false;
    for (const { path, exists } of this.#ways.values()) if (!isSameWay(exists, findNode(root, path))) return false;
    for (const seen of this.#nodes.values()) {
      const node = findNode(root, seen.path);
      if (!isSame(seen.node, node)) return false;
      seen.node = node;
    }
    return true;
  }

  /** True when a rule that the plan was made of, or one whose value it may need, passes a test. */
  someRule(test: (rule: CompiledRule) => boolean): boolean {
    return [...this.#nodes.values()].some(({ node }) => node !== undefined && someRuleOf(node, test));
  }
}

function someRuleOf(node: RuleNode, test: (rule: CompiledRule) => boolean): boolean {
  return node.rules.some(test) || (isGroup(node) && [...node.children].some(([, child]) => someRuleOf(child, test)));
}

function isSameWay(exists: boolean, node: RuleNode | undefined): boolean {
  return exists === (node !== undefined) && (node === undefined || node.rules.length === 0);
}

/** Rules by identity: the compiler takes over those of modules that are the same and were told the same. */
function isSame(a: RuleNode | undefined, b: RuleNode | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  if (!isSameOutside(a, b) || a.rules.length !== b.rules.length) return false;
  if (!a.rules.every(({ rule }, i) => rule === b.rules[i]?.rule)) return false;
  const keys = [...b.children.keys()];
  // A group's value is planned with all that lies below it; else what matters below was looked at itself.
  const isSameChild = isGroup(a) ? isSame : isSameOutside;
  return (
    a.children.size === b.children.size &&
    [...a.children].every(([key, child], i) => key === keys[i] && isSameChild(child, b.children.get(key) as RuleNode))
  );
}

function isSameOutside(a: RuleNode, b: RuleNode): boolean {
  return a === b || (a.isDocument === b.isDocument && a.height === b.height);
}
