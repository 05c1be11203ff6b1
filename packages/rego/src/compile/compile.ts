import { findSignature } from "../builtins/capabilities.ts";
import type { Body, Module, Ref, Rule, Term } from "../syntax/ast.ts";
import type { Diagnostic } from "../syntax/diagnostic.ts";
import { checkCalls, checkConflicts } from "./checks.ts";
import type { Compiled, CompiledQuery, CompiledRule, RuleNode } from "./compiled.ts";
import { Expander } from "./expand.ts";
import { globalsOf, NameResolver } from "./names.ts";
import { checkRecursion } from "./recursion.ts";
import { orderBody, orderRule } from "./safety.ts";
import { LocalNames } from "./scope.ts";
import { isWildcard } from "./walk.ts";

export interface CompileOptions {
  readonly strict?: boolean;
}

export interface CompileResult {
  readonly compiled: Compiled | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** More are never read by a person, and follow from the first ones. OPA's default. */
const maxDiagnostics = 10;

/** Runs all stages over a set of modules. All or nothing: with any diagnostic there is no result. */
export function compileModules(modules: readonly Module[], options: CompileOptions = {}): CompileResult {
  const diagnostics: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic) => void diagnostics.push(diagnostic);
  const names = new LocalNames();
  const ruleNames = namesByPackage(modules);
  const resolved = modules.map((module) => {
    const globals = globalsOf(module, ruleNames.get(packageKey(module)) ?? []);
    const resolver = new NameResolver({ globals, names, strict: options.strict === true, report });
    return { module, rules: module.rules.map((rule) => resolver.rule(rule)) };
  });
  const arities = aritiesOf(resolved.flatMap(({ rules }) => rules));
  const arity = arityLookup(arities);
  const expander = new Expander(names);
  const root: RuleNode = createNode([]);
  for (const { module, rules } of resolved) {
    for (const rule of rules) {
      checkCalls(rule, arity, report);
      const ordered = orderRule(expander.rule(rule), { names, report, arity });
      insert(root, compiledRule(module, ordered));
    }
  }
  checkConflicts(root, report);
  if (diagnostics.length === 0) checkRecursion(root, report);
  const compiled = diagnostics.length === 0 ? { modules, root, arities, written: new Map() } : undefined;
  return { compiled, diagnostics: diagnostics.slice(0, maxDiagnostics) };
}

/** Runs all stages over a query against compiled modules. `imports` as in a module: alias to path. */
export function compileQuery(
  body: Body,
  compiled: Compiled,
): { query: CompiledQuery | undefined; diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic) => void diagnostics.push(diagnostic);
  const names = new LocalNames();
  const resolver = new NameResolver({ globals: { paths: new Map() }, names, strict: false, report });
  const resolved = resolver.query(body);
  const expanded = new Expander(names).body(resolved);
  const arity = arityLookup(compiled.arities);
  checkCalls(expanded, arity, report);
  const { body: ordered, bound } = orderBody(expanded, new Set(["input", "data"]), { names, report, arity });
  if (ordered === undefined || diagnostics.length > 0) return { query: undefined, diagnostics };
  const variables = [...bound]
    .map((local) => ({ local, name: names.original(local) }))
    .filter(({ name }) => name !== "input" && name !== "data" && !isWildcard(name) && !/^__local\d+__$/.test(name));
  return { query: { body: ordered, variables, captures: [] }, diagnostics };
}

function arityLookup(arities: ReadonlyMap<string, number>): (name: string) => number | undefined {
  return (name) => arities.get(name) ?? findSignature(name)?.args.length;
}

function packageKey(module: Module): string {
  return pathOf(module.package.path).path.join("\0");
}

function namesByPackage(modules: readonly Module[]): ReadonlyMap<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  for (const module of modules) {
    const key = packageKey(module);
    const set = names.get(key) ?? new Set();
    names.set(key, set);
    for (const rule of module.rules) {
      const first = rule.head.ref.terms[0];
      if (first?.kind === "var") set.add(first.name);
    }
  }
  return names;
}

function aritiesOf(rules: readonly Rule[]): ReadonlyMap<string, number> {
  const arities = new Map<string, number>();
  for (const { head } of rules) {
    if (head.args !== undefined) arities.set(`data.${pathOf(head.ref).path.join(".")}`, head.args.length);
  }
  return arities;
}

/** The constant path of a full reference below `data`, and the terms after it. */
export function pathOf(ref: Ref): { readonly path: readonly string[]; readonly suffix: readonly Term[] } {
  const path: string[] = [];
  const terms = ref.terms.slice(1);
  for (const term of terms) {
    if (term.kind !== "string") break;
    path.push(term.value);
  }
  return { path, suffix: terms.slice(path.length) };
}

function compiledRule(module: Module, rule: Rule): CompiledRule {
  const { path, suffix } = pathOf(rule.head.ref);
  const kind =
    rule.head.args !== undefined
      ? "function"
      : rule.head.key !== undefined && rule.head.value === undefined
        ? "set"
        : "complete";
  return { rule, module, path, suffix, kind };
}

function createNode(path: readonly string[]): RuleNode {
  return { path, rules: [], children: new Map() };
}

function insert(root: RuleNode, rule: CompiledRule): void {
  let node = root;
  for (const [i, key] of rule.path.entries()) {
    const next = node.children.get(key) ?? createNode(rule.path.slice(0, i + 1));
    node.children.set(key, next);
    node = next;
  }
  node.rules.push(rule);
}
