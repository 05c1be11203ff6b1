import type { Location, Module, Rule, Term } from "../syntax/ast.ts";
import { compareTerms, hasPrefix } from "../syntax/term-order.ts";
import { packageKey } from "./globals.ts";
import { remembered } from "./remembered.ts";
import { type CompileOptions, compileFault, type Report, typeFault } from "./stage.ts";
import { refText, termText } from "./text.ts";

/** A rule of a module after its head was made whole, and the names of its variables. */
export interface PlacedRule {
  readonly rule: Rule;
  readonly module: Module;
  readonly original: (name: string) => string;
}

/** Rules by the constant prefix of their refs, keys as text. */
interface Node {
  readonly rules: PlacedRule[];
  readonly children: Map<string, Node>;
}

/** OPA's stage CheckRuleConflicts: what shares a path must be of one kind, and a value has no rules inside. */
export function checkRuleConflicts(placed: readonly PlacedRule[], options: CompileOptions, report: Report): void {
  const root = createNode();
  for (const each of placed) insert(root, each);
  checkNode(root, report);
  if (options.pathExists !== undefined) checkBaseData(placed, options.pathExists, report);
  checkPackages(placed, report);
}

/** True when base data lies where a rule does: the only conflict that modules alone do not tell. */
export function liesOnBaseData(rule: Rule, { pathExists }: CompileOptions): boolean {
  return pathExists !== undefined && isGround(rule) && pathExists(placeOf(rule).path);
}

function createNode(): Node {
  return { rules: [], children: new Map() };
}

/** The terms of a head's ref below `data`, up to the first variable. */
function groundPrefix(rule: Rule): readonly Term[] {
  const terms = rule.head.ref.terms.slice(1);
  const open = terms.findIndex(({ kind }) => kind === "var");
  return open < 0 ? terms : terms.slice(0, open);
}

/** Where a rule lies, as far as that is constant. */
interface Place {
  /** Of its ground prefix: texts of the terms, and the keys that they are. */
  readonly texts: readonly string[];
  readonly path: readonly string[];
  /** As `packageKey` spells it. */
  readonly key: string;
  readonly isGround: boolean;
}

export const placeOf: (rule: Rule) => Place = remembered((rule: Rule): Place => {
  const prefix = groundPrefix(rule);
  const path = prefix.map((term) => (term.kind === "string" ? term.value : termText(term)));
  const isWhole = prefix.length === rule.head.ref.terms.length - 1;
  return { texts: prefix.map(termText), path, key: ["", ...path].join("\0"), isGround: isWhole };
});

function isGround(rule: Rule): boolean {
  return placeOf(rule).isGround;
}

function insert(root: Node, placed: PlacedRule): void {
  let node = root;
  for (const key of placeOf(placed.rule).texts) {
    const next = node.children.get(key) ?? createNode();
    node.children.set(key, next);
    node = next;
  }
  node.rules.push(placed);
}

function checkNode(node: Node, report: Report): void {
  if (node.rules.length > 0) checkRules(node, report);
  for (const child of node.children.values()) checkNode(child, report);
}

function checkRules(node: Node, report: Report): void {
  // A rule alone at its path, with nothing below, is the usual case, and agrees with itself.
  if (node.rules.length === 1 && node.children.size === 0) return;
  const rules = node.rules.map(({ rule }) => rule);
  const [first] = node.rules as [PlacedRule];
  const name = headText(node.rules.at(-1) as PlacedRule);
  const { loc } = first.rule;
  const inside = topmost(conflictingBelow(node));
  if (inside.length > 0) {
    const below = inside.map((each) => `\n  rule ${headText(each)} at ${placeText(each.rule.loc)}`);
    report(typeFault(loc, `rule ${name} conflicts with:${below.join("")}`));
  } else if (isMixed(rules)) report(typeFault(loc, `conflicting rules ${name} found`));
  else checkDefaults(first, rules, name, report);
}

/** A value, a set and a function have no rules inside; what is made of parts has no functions there. */
function conflictingBelow(node: Node): readonly PlacedRule[] {
  const below = rulesBelow(node);
  if (node.rules.some(({ rule }) => isGround(rule))) return below;
  return below.filter(({ rule }) => rule.head.args !== undefined);
}

/** Sets beside values, different numbers of args, or a whole value or set beside parts of it. */
function isMixed(rules: readonly Rule[]): boolean {
  const kinds = new Set(rules.map(isMultiValue));
  const arities = new Set(rules.map(({ head }) => head.args?.length ?? 0));
  const whole = new Set(rules.map(isGround));
  return kinds.size > 1 || arities.size > 1 || whole.size > 1;
}

/** True for rules that make a set. */
export function isMultiValue({ head }: Rule): boolean {
  return head.key !== undefined && head.value === undefined;
}

function checkDefaults({ module }: PlacedRule, rules: readonly Rule[], name: string, report: Report): void {
  const defaults = rules.filter((rule) => rule.default).map(({ loc }) => placeText(loc));
  if (defaults.length < 2) return;
  report(typeFault(module.package.loc, `multiple default rules ${name} found at ${defaults.join(", ")}`));
}

function rulesBelow(node: Node): readonly PlacedRule[] {
  return [...node.children.values()].flatMap((child) => [...child.rules, ...rulesBelow(child)]);
}

/** Without rules that lie below others, or where another does; sorted. */
function topmost(rules: readonly PlacedRule[]): readonly PlacedRule[] {
  const kept: PlacedRule[] = [];
  for (const each of rules.toSorted((a, b) => compareTerms(a.rule.head.ref, b.rule.head.ref)))
    if (!kept.some(({ rule }) => hasPrefix(each.rule.head.ref, rule.head.ref))) kept.push(each);
  return kept;
}

function headText({ rule, original }: PlacedRule): string {
  const terms = rule.head.ref.terms.map((term) =>
    term.kind === "var" ? { ...term, name: original(term.name) } : term,
  );
  return refText({ ...rule.head.ref, terms });
}

function placeText({ file, row, col }: Location): string {
  return file === "" ? `${row}:${col}` : `${file}:${row}`;
}

/** Base data and rules may not have the same path. */
function checkBaseData(
  placed: readonly PlacedRule[],
  exists: NonNullable<CompileOptions["pathExists"]>,
  report: Report,
): void {
  const seen = new Set<string>();
  for (const { rule } of placed) {
    const { path } = placeOf(rule);
    const text = path.join("/");
    if (seen.has(text) || !isGround(rule)) continue;
    seen.add(text);
    if (exists(path)) report(compileFault(rule.loc, `conflicting rule for data path ${text} found`));
  }
}

/** A package may not lie where another module has a rule. */
function checkPackages(placed: readonly PlacedRule[], report: Report): void {
  const packages = new Map<string, Module[]>();
  for (const module of new Set(placed.map((each) => each.module))) {
    const modules = packages.get(packageKey(module)) ?? [];
    packages.set(packageKey(module), modules);
    modules.push(module);
  }
  for (const { rule, module } of placed) {
    if (!isGround(rule)) continue;
    for (const other of packages.get(placeOf(rule).key) ?? []) {
      if (other === module) continue;
      const { terms } = other.package.path;
      const name = refText({ ...other.package.path, terms: terms.slice(1) }).replace(/^"(.*)"/, "$1");
      const local = refText({ ...rule.head.ref, terms: rule.head.ref.terms.slice(module.package.path.terms.length) });
      const message = `package ${name} conflicts with rule ${local.replace(/^"(.*?)"/, "$1")} defined at ${placeText(rule.loc)}`;
      report(typeFault(module.package.loc, message));
    }
  }
}
