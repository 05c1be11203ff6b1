import type { Module, Ref, Rule, Term } from "../syntax/ast.ts";
import type { CompiledRule, RuleChildren, RuleNode } from "./compiled.ts";
import { type Edit, PersistentMap } from "./persistent-map.ts";
import { remembered } from "./remembered.ts";
import { functionName } from "./text.ts";

/** The constant path of a whole ref below `data`, and the terms after it. */
export function pathOf(ref: Ref): { readonly path: readonly string[]; readonly suffix: readonly Term[] } {
  const path: string[] = [];
  const terms = ref.terms.slice(1);
  for (const term of terms) {
    if (term.kind !== "string") break;
    path.push(term.value);
  }
  return { path, suffix: terms.slice(path.length) };
}

/** A module with its rules. */
export interface Planted {
  readonly module: Module;
  readonly rules: readonly Rule[];
}

/** What a tree is to lose and to gain. */
export interface TreeChange {
  readonly removed: readonly Planted[];
  readonly added: readonly Planted[];
}

/** OPA's stage SetRuleTree: all rules by path. Only the places on the way to what changes are made anew. */
export function changeTree(root: RuleNode, { removed, added }: TreeChange, edit: Edit): RuleNode {
  if (root.packages.length + root.children.size === 0 && removed.length === 0) return plantTree(added);
  const steps = [...removed.flatMap((each) => stepsOf(each, false)), ...added.flatMap((each) => stepsOf(each, true))];
  return steps.length === 0 ? root : (changeNode(root, [], steps, edit) ?? emptyTree());
}

/** A place that is still being filled. */
interface Sprout {
  readonly path: readonly string[];
  readonly rules: CompiledRule[];
  readonly packages: Module[];
  readonly below: Map<string, Sprout>;
}

function sproutOf(path: readonly string[]): Sprout {
  return { path, rules: [], packages: [], below: new Map() };
}

/** A tree of modules in their order, from nothing. */
function plantTree(added: readonly Planted[]): RuleNode {
  const root = sproutOf([]);
  for (const { module, rules } of added) {
    const inside = sproutAt(root, pathOf(module.package.path).path);
    inside.packages.push(module);
    for (let index = 0; index < rules.length; index++) {
      const rule = rules[index] as Rule;
      const { path, suffix, kind } = placeOf(rule);
      sproutAt(inside, path).rules.push({ rule, module, index, path, suffix, kind });
    }
  }
  return planted(root);
}

/** The place at a path which begins as that of `from` does. */
function sproutAt(from: Sprout, path: readonly string[]): Sprout {
  let at = from;
  for (let i = from.path.length; i < path.length; i++) {
    const key = path[i] as string;
    const next = at.below.get(key) ?? sproutOf(path.slice(0, i + 1));
    at.below.set(key, next);
    at = next;
  }
  return at;
}

function planted({ path, rules, packages, below }: Sprout): RuleNode {
  const edit: Edit = {};
  let children = new Children();
  for (const [key, each] of below) children = children.with(key, planted(each), edit);
  return new PlantedNode(path, rules.sort(compareDepth), packages, children);
}

export function emptyTree(): RuleNode {
  return new PlantedNode([], [], []);
}

/** A rule, or without one the package of a module, that comes to a path or goes from it. */
interface Step {
  readonly path: readonly string[];
  readonly module: Module;
  readonly rule: CompiledRule | undefined;
  readonly isAdded: boolean;
}

function stepsOf({ module, rules }: Planted, isAdded: boolean): readonly Step[] {
  const ofPackage: Step = { path: pathOf(module.package.path).path, module, rule: undefined, isAdded };
  return [
    ofPackage,
    ...rules.map((rule, index): Step => {
      const place = placeOf(rule);
      return { path: place.path, module, rule: { rule, module, index, ...place }, isAdded };
    }),
  ];
}

function changeNode(
  node: RuleNode | undefined,
  path: readonly string[],
  steps: readonly Step[],
  edit: Edit,
): RuleNode | undefined {
  const here = steps.filter((step) => step.path.length === path.length);
  const below = Map.groupBy(
    steps.filter((step) => step.path.length > path.length),
    (step) => step.path[path.length] as string,
  );
  let children = (node as PlantedNode | undefined)?.children ?? new Children();
  for (const [key, inner] of below)
    children = children.with(key, changeNode(children.get(key), [...path, key], inner, edit), edit);
  const rules = changeRules(node?.rules ?? [], here);
  const packages = changePackages(
    node?.packages ?? [],
    here.filter(({ rule }) => rule === undefined),
  );
  const isEmpty = rules.length + packages.length + children.size === 0;
  return isEmpty ? undefined : new PlantedNode(path, rules, packages, children);
}

function changeRules(rules: readonly CompiledRule[], steps: readonly Step[]): readonly CompiledRule[] {
  const gone = new Set(steps.filter(({ isAdded }) => !isAdded).map(({ module }) => module));
  const kept = gone.size === 0 ? rules : rules.filter(({ module }) => !gone.has(module));
  const added = steps.flatMap(({ rule, isAdded }) => (isAdded && rule !== undefined ? [rule] : []));
  return added.length === 0 ? kept : [...kept, ...added].sort(compareFirst).sort(compareDepth);
}

function changePackages(modules: readonly Module[], steps: readonly Step[]): readonly Module[] {
  const gone = new Set(steps.filter(({ isAdded }) => !isAdded).map(({ module }) => module));
  const added = steps.filter(({ isAdded }) => isAdded).map(({ module }) => module);
  return [...modules.filter((module) => !gone.has(module)), ...added].sort(compareFiles);
}

/** Children by key; their order is found when somebody asks for it. */
class Children implements RuleChildren {
  readonly size: number;
  readonly #byKey: PersistentMap<RuleNode>;
  #inOrder: ReadonlyMap<string, RuleNode> | undefined;

  constructor(byKey: PersistentMap<RuleNode> = new PersistentMap(), size: number = 0) {
    this.#byKey = byKey;
    this.size = size;
  }

  get(key: string): RuleNode | undefined {
    return this.#byKey.get(key);
  }

  with(key: string, node: RuleNode | undefined, edit: Edit): Children {
    const growth = Number(node !== undefined) - Number(this.#byKey.get(key) !== undefined);
    return new Children(this.#byKey.with(key, node, edit), this.size + growth);
  }

  keys(): MapIterator<string> {
    return this.#ordered().keys();
  }

  values(): MapIterator<RuleNode> {
    return this.#ordered().values();
  }

  [Symbol.iterator](): MapIterator<[string, RuleNode]> {
    return this.#ordered()[Symbol.iterator]();
  }

  /** In no order. */
  *all(): Iterable<RuleNode> {
    for (const [, node] of this.#byKey.entries()) yield node;
  }

  #ordered(): ReadonlyMap<string, RuleNode> {
    this.#inOrder ??= new Map([...this.#byKey.entries()].sort(([, a], [, b]) => compareNodes(a, b)));
    return this.#inOrder;
  }
}

/** A node whose facts about what lies below are found when somebody asks for them: most are never asked. */
class PlantedNode implements RuleNode {
  readonly path: readonly string[];
  readonly rules: readonly CompiledRule[];
  readonly packages: readonly Module[];
  readonly children: Children;
  #height: number | undefined;
  #first: { readonly place: Place | undefined } | undefined;
  #hasRules: boolean | undefined;

  constructor(
    path: readonly string[],
    rules: readonly CompiledRule[],
    packages: readonly Module[],
    children: Children = new Children(),
  ) {
    this.path = path;
    this.rules = rules;
    this.packages = packages;
    this.children = children;
  }

  get isDocument(): boolean {
    return this.packages.length > 0 || this.children.size > 0 || this.rules.some((each) => !isFunction(each));
  }

  get height(): number {
    this.#height ??= this.rules.length > 0 ? 0 : this.#heightBelow();
    return this.#height;
  }

  get hasRules(): boolean {
    this.#hasRules ??= this.rules.length > 0 || this.#hasRulesBelow();
    return this.#hasRules;
  }

  get first(): Place | undefined {
    this.#first ??= { place: this.#firstPlace() };
    return this.#first.place;
  }

  #heightBelow(): number {
    let height = 0;
    for (const child of this.children.all()) height = Math.max(height, child.height + 1);
    return height;
  }

  #hasRulesBelow(): boolean {
    for (const child of this.children.all()) if (child.hasRules) return true;
    return false;
  }

  #firstPlace(): Place | undefined {
    const { hasRules } = this;
    const [module] = this.packages;
    let first: Place | undefined = hasRules ? this.rules[0] : module && { module, index: 0 };
    for (const child of this.children.all()) if (child.hasRules === hasRules) first = firstOf(first, child.first);
    return first;
  }
}

type Place = NonNullable<RuleNode["first"]>;

function firstOf(a: Place | undefined, b: Place | undefined): Place | undefined {
  return a === undefined || (b !== undefined && compareFirst(b, a) < 0) ? b : a;
}

function compareNodes(a: RuleNode, b: RuleNode): number {
  if (a.hasRules !== b.hasRules) return a.hasRules ? -1 : 1;
  return compareFirst(a.first as Place, b.first as Place);
}

function compareFirst(a: Place, b: Place): number {
  return a.module === b.module ? a.index - b.index : compareFiles(a.module, b.module);
}

/** Rules of one path: OPA has those of shorter packages first. */
function compareDepth(a: CompiledRule, b: CompiledRule): number {
  return a.module === b.module ? 0 : a.module.package.path.terms.length - b.module.package.path.terms.length;
}

/** The order of modules. */
export function compareFiles(a: Module, b: Module): number {
  return a.file < b.file ? -1 : a.file > b.file ? 1 : 0;
}

/** True for a function with arguments; one without, `f() = 1`, is also a rule with a value. */
export function isFunction({ rule }: CompiledRule): boolean {
  return rule.head.args !== undefined && rule.head.args.length > 0;
}

function groundRef(ref: Ref): Ref {
  const open = ref.terms.findIndex(({ kind }, i) => i > 0 && kind === "var");
  return open < 0 ? ref : { ...ref, terms: ref.terms.slice(0, open) };
}

const placeOf = remembered((rule: Rule) => {
  const { path, suffix } = pathOf(rule.head.ref);
  const { args, key, value } = rule.head;
  const kind = args !== undefined ? "function" : key !== undefined && value === undefined ? "set" : "complete";
  return { path, suffix, kind } as const;
});

/** Its function's name, `data.pkg.f`, up to a variable in its head, and its constant path as one text. */
export const namesOf: (rule: Rule) => { readonly name: string; readonly key: string } = remembered((rule: Rule) => ({
  name: functionName(groundRef(rule.head.ref)),
  key: placeOf(rule).path.join("\0"),
}));
