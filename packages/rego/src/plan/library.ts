import { type Compiled, findNode, type RuleNode } from "../compile/compiled.ts";
import type { Term, With } from "../syntax/ast.ts";
import { PolicyBuilder } from "./builder.ts";
import { type Context, isHidden, plainContext } from "./context.ts";
import { Failures } from "./failures.ts";
import { PlanNeeds } from "./needs.ts";

/** Keys of a document that are wanted, level by level; undefined for all keys of a level. Numbers are keys of partial rules. */
export type Pattern = readonly (string | number | undefined)[];

/** A function that something calls and that is still to be planned. */
export type Job = { readonly name: string; readonly node: RuleNode; readonly context: Context } & (
  | { readonly kind: "rules" }
  /** One member or entry of a partial rule, by its key. */
  | { readonly kind: "key" }
  /** `isWhole`: all of `data`, whose hidden part is left out. */
  | { readonly kind: "document"; readonly pattern: Pattern; readonly isWhole: boolean }
  /** The document one level down, at a key that is known when it runs. */
  | { readonly kind: "child"; readonly pattern: Pattern }
);

/** Of partial rules, which lie at the end of a path, entries are looked up by one key. */
const keyLevels = 1;

/** All functions of one policy: names for those that are called, and jobs to plan them. */
export class Library {
  readonly compiled: Compiled;
  readonly builder: PolicyBuilder = new PolicyBuilder();
  readonly needs: PlanNeeds = new PlanNeeds();
  readonly failures: Failures = new Failures(this);
  readonly #named = new Set<string>();
  readonly #jobs: Job[] = [];
  readonly #contexts = new Map<string, number>([[plainContext.key, 0]]);
  readonly #slots = new Map<With, string>();
  readonly #indexes = new Map<Term, Map<string, string | undefined>>();
  #indexNames = 0;

  /** Whether entries, definitions and comprehensions may be looked up by functions that OPA's planner does not make. */
  readonly hasLookups: boolean;

  constructor(compiled: Compiled, hasLookups: boolean) {
    this.compiled = compiled;
    this.hasLookups = hasLookups;
  }

  /** The next function to plan, if any is left. */
  nextJob(): Job | undefined {
    return this.#jobs.shift();
  }

  /**
   * A name for the value that a `with` has instead of a function, unique in the policy. It has one wherever it is planned: what comes back
   * to it, as a rule that looks up its own package, is then planned once, and the innermost value counts.
   */
  slot(of: With): string {
    const known = this.#slots.get(of) ?? String(this.#slots.size);
    this.#slots.set(of, known);
    return known;
  }

  /** The function of a comprehension's index, planned once for each `key` (context and variables); undefined when there can be none. */
  index(term: Term, key: string, plan: () => string | undefined): string | undefined {
    const known = this.#indexes.get(term) ?? new Map<string, string | undefined>();
    this.#indexes.set(term, known);
    if (!known.has(key)) known.set(key, plan());
    return known.get(key);
  }

  indexName(): string {
    return `index${this.#indexNames++}`;
  }

  /** The rules and packages at or below a path, as this context sees them. */
  node(path: readonly string[], context: Context): RuleNode | undefined {
    if (isHidden(context, path)) return undefined;
    const node = findNode(this.compiled.root, path);
    this.needs.addNode(path, node);
    return node;
  }

  /** The same for a ref that goes on: with a constant key, what lies beside it does not matter while no rule is here. */
  nodeOnWay(path: readonly string[], isConstant: boolean, context: Context): RuleNode | undefined {
    if (!isConstant || isHidden(context, path)) return this.node(path, context);
    const node = findNode(this.compiled.root, path);
    if (node !== undefined && node.rules.length > 0) return this.node(path, context);
    this.needs.addWay(path, node);
    return node;
  }

  /**
   * Where the keys of a ref to data lead, up to the first that is no constant text: to the first node with rules, else to the package at which
   * they end. Undefined where they lead out of all packages: only base data can be there.
   */
  reach(keys: readonly (string | undefined)[], context: Context): RuleNode | undefined {
    const path: string[] = [];
    for (const key of keys) {
      if (key === undefined) break;
      path.push(key);
      const node = this.nodeOnWay(path, true, context);
      if (node === undefined || node.rules.length > 0) return node;
    }
    return this.node(path, context);
  }

  /** Arguments of a function with rules. */
  arity(name: string): number | undefined {
    const arity = this.compiled.arities.get(name);
    this.needs.addArity(name, arity);
    return arity;
  }

  /** The function of a node's rules. */
  ruleFunction(node: RuleNode, context: Context): string {
    return this.#request("", { kind: "rules", node, context });
  }

  /** The function of a partial rule's one entry; its argument is the key. */
  keyFunction(node: RuleNode, context: Context): string {
    return this.#request("[key]", { kind: "key", node, context });
  }

  /** The function of the document at a node: the base document over the values of its rules. */
  documentFunction(node: RuleNode, pattern: Pattern, context: Context): string {
    const relevant = trim(pattern.slice(0, node.height + keyLevels));
    const wanted = { kind: "document", node, context, pattern: relevant, isWhole: false } as const;
    return this.#request(`[*]${patternText(relevant)}`, wanted);
  }

  /** The function of all of `data`, of which `data.system` is no part. */
  rootFunction(root: RuleNode, context: Context): string {
    return this.#request("", { kind: "document", node: root, context, pattern: [], isWhole: true });
  }

  /** The function of the document at a key below a node; its argument is the key. */
  childFunction(node: RuleNode, pattern: Pattern, context: Context): string {
    const relevant = trim(pattern.slice(0, node.height - 1 + keyLevels));
    return this.#request(`[child]${patternText(relevant)}`, { kind: "child", node, context, pattern: relevant });
  }

  #request(mark: string, wanted: Unnamed<Job>): string {
    const { node, context } = wanted;
    const name = `g${this.#contextId(context)}.data${node.path.map(partText).join("")}${mark}`;
    if (!this.#named.has(name)) {
      this.#named.add(name);
      this.#jobs.push({ ...wanted, name } as Job);
    }
    return name;
  }

  #contextId(context: Context): number {
    const known = this.#contexts.get(context.key);
    if (known !== undefined) return known;
    this.#contexts.set(context.key, this.#contexts.size);
    return this.#contexts.size - 1;
  }
}

type Unnamed<T> = T extends Job ? Omit<T, "name"> : never;

/** Trailing levels of which all is wanted say nothing. */
function trim(pattern: Pattern): Pattern {
  return pattern.slice(0, pattern.findLastIndex((key) => key !== undefined) + 1);
}

function patternText(pattern: Pattern): string {
  return pattern.map((key) => (typeof key === "string" ? partText(key) : `[${key ?? "*"}]`)).join("");
}

/** As OPA writes it; keys that would make a name ambiguous are quoted. */
function partText(part: string): string {
  return /[.[\]"]/.test(part) ? `[${JSON.stringify(part)}]` : `.${part}`;
}
