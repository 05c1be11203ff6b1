import type { Module, Ref, Rule, Term } from "../syntax/ast.ts";
import type { CompiledRule, RuleNode } from "./compiled.ts";
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

export const emptyTree: RuleNode = nodeOf([], [], new Map(), []);

/** OPA's stage SetRuleTree: all rules by path. Only the places on the way to what changes are made anew. */
export function changeTree(root: RuleNode, { removed, added }: TreeChange): RuleNode {
  const steps = [...removed.flatMap((each) => stepsOf(each, false)), ...added.flatMap((each) => stepsOf(each, true))];
  return steps.length === 0 ? root : (changeNode(root, [], steps) ?? emptyTree);
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

function changeNode(node: RuleNode | undefined, path: readonly string[], steps: readonly Step[]): RuleNode | undefined {
  const here = steps.filter((step) => step.path.length === path.length);
  const below = Map.groupBy(
    steps.filter((step) => step.path.length > path.length),
    (step) => step.path[path.length] as string,
  );
  const made = nodeOf(path, changeRules(node?.rules ?? [], here), changeChildren(node, path, below), [
    ...changeAll(
      node?.packages ?? [],
      here.filter(({ rule }) => rule === undefined),
    ),
  ]);
  return made.first === undefined ? undefined : made;
}

function changeRules(rules: readonly CompiledRule[], steps: readonly Step[]): readonly CompiledRule[] {
  const gone = new Set(steps.filter(({ isAdded }) => !isAdded).map(({ module }) => module));
  const kept = gone.size === 0 ? rules : rules.filter(({ module }) => !gone.has(module));
  const added = steps.flatMap(({ rule, isAdded }) => (isAdded && rule !== undefined ? [rule] : []));
  return added.length === 0 ? kept : [...kept, ...added].sort(compareFirst);
}

function changeAll(modules: readonly Module[], steps: readonly Step[]): readonly Module[] {
  const gone = new Set(steps.filter(({ isAdded }) => !isAdded).map(({ module }) => module));
  const added = steps.filter(({ isAdded }) => isAdded).map(({ module }) => module);
  return [...modules.filter((module) => !gone.has(module)), ...added].sort(compareFiles);
}

function changeChildren(
  node: RuleNode | undefined,
  path: readonly string[],
  below: ReadonlyMap<string, readonly Step[]>,
): ReadonlyMap<string, RuleNode> {
  if (below.size === 0) return node?.children ?? new Map();
  const children = new Map(node?.children);
  let isInOrder = true;
  for (const [key, steps] of below) {
    const old = children.get(key);
    const made = changeNode(old, [...path, key], steps);
    isInOrder &&= old !== undefined && made !== undefined && compareNodes(old, made) === 0;
    if (made === undefined) children.delete(key);
    else children.set(key, made);
  }
  return isInOrder ? children : new Map([...children].sort(([, a], [, b]) => compareNodes(a, b)));
}

function nodeOf(
  path: readonly string[],
  rules: readonly CompiledRule[],
  children: ReadonlyMap<string, RuleNode>,
  packages: readonly Module[],
): RuleNode {
  let [height, firstBelow] = [0, undefined as RuleNode | undefined];
  for (const child of children.values()) {
    height = Math.max(height, child.height + 1);
    firstBelow ??= child;
  }
  const hasRulesBelow = firstBelow?.hasRules === true;
  const ruleBelow = hasRulesBelow ? firstBelow?.first : undefined;
  const ofPackage = packages[0] && { module: packages[0], index: 0 };
  const isDocument = packages.length > 0 || children.size > 0 || rules.some((each) => !isFunction(each));
  return {
    path,
    rules,
    children,
    packages,
    isDocument,
    height: rules.length > 0 ? 0 : height,
    first: firstOf(rules[0], ruleBelow) ?? firstOf(ofPackage, firstBelow?.first),
    hasRules: rules.length > 0 || hasRulesBelow,
  };
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

/** The order of modules. */
export function compareFiles(a: Module, b: Module): number {
  return a.file < b.file ? -1 : a.file > b.file ? 1 : 0;
}

/** True for a function with arguments; one without, `f() = 1`, is also a rule with a value. */
export function isFunction({ rule }: CompiledRule): boolean {
  return rule.head.args !== undefined && rule.head.args.length > 0;
}

const placeOf = remembered((rule: Rule) => {
  const { path, suffix } = pathOf(rule.head.ref);
  const { args, key, value } = rule.head;
  const kind = args !== undefined ? "function" : key !== undefined && value === undefined ? "set" : "complete";
  return { path, suffix, kind } as const;
});

/** Its function's name, `data.pkg.f`, and its constant path as one text. */
export const namesOf: (rule: Rule) => { readonly name: string; readonly key: string } = remembered((rule: Rule) => ({
  name: functionName(rule.head.ref),
  key: placeOf(rule).path.join("\0"),
}));
