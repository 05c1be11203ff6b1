import type { Effects } from "../builtins/builtin.ts";
import { compileModules, compileQuery } from "../compile/compile.ts";
import type { Compiled } from "../compile/compiled.ts";
import { eqExpr, plainRule, varTerm } from "../compile/make.ts";
import { ruleChain } from "../compile/parts.ts";
import { allRules, buildGraph, collectRules, dataRefs } from "../compile/recursion.ts";
import { pathOf } from "../compile/rule-tree.ts";
import type { CompileOptions } from "../compile/stage.ts";
import { refText } from "../compile/text.ts";
import { walkBody, walkExprs } from "../compile/walk.ts";
import type { Body, Head, Module, Ref, Rule, Term } from "../syntax/ast.ts";
import { RegoError } from "../syntax/diagnostic.ts";
import { compareTerms, hasPrefix } from "../syntax/term-order.ts";
import type { Value } from "../value/value.ts";
import { nowhere } from "./frame.ts";
import { evaluatePartially, moduleOf } from "./partial.ts";
import { writtenPath } from "./written-path.ts";

export interface OptimizeOptions {
  /** Base data of the bundle: known, as far as `roots` reach. */
  readonly data?: Value;
  /** The bundle's roots, `a/b`; default all of `data`. What lies outside is unknown. */
  readonly roots?: readonly string[];
  /** 1 inlines only what is known; 2 and more inline all they can. */
  readonly level: number;
  readonly effects: Effects;
  readonly compile?: CompileOptions;
  /** Support rules that belong to no rule lie in `data.<namespace>`; default `partial`. */
  readonly namespace?: string;
}

/** Entry points that cannot be optimized, in OPA's words. */
export class OptimizeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "OptimizeError";
  }
}

const defaultNamespace = "partial";
const resultName = "$__result__";

/**
 * What `opa build --optimize` does: modules in which the entry points, one after the other, are partially evaluated. Rules that the
 * optimized ones replace are gone from the modules given; a module's `file` is its place in the bundle. Throws `OptimizeError`, `RegoError`
 * for what does not compile, and `EvaluationError`.
 */
export function optimize(
  modules: readonly Module[],
  entrypoints: readonly Ref[],
  options: OptimizeOptions,
): readonly Module[] {
  let current = modules;
  let unknowns: readonly Ref[] | undefined;
  const names = new FileNames(options.namespace ?? defaultNamespace);
  for (const [i, entrypoint] of entrypoints.entries()) {
    checkEntrypoint(entrypoint);
    const compiled = compileAll(current, options);
    unknowns ??= findUnknowns(compiled, options.roots ?? [""]);
    const made = optimizeOne(compiled, entrypoint, unknowns, options);
    const named = made.map((module, j) => ({ ...withoutPlaces(module), file: names.nameOf(module, i, j) }));
    current = merge(current, named);
  }
  return current.toSorted((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
}

/** Heads that were made stand nowhere: their bodies are laid out apart from them. */
function withoutPlaces(module: Module): Module {
  return { ...module, rules: module.rules.map((rule) => ({ ...rule, head: { ...rule.head, loc: nowhere } })) };
}

function checkEntrypoint(entrypoint: Ref): void {
  if (entrypoint.terms.length > 2) return;
  const why =
    "to create optimized support module, the entrypoint ref must have at least two components in addition to the 'data' root";
  throw new OptimizeError(`invalid entrypoint ${refText(entrypoint)}: ${why}`);
}

function compileAll(modules: readonly Module[], { compile }: OptimizeOptions): Compiled {
  const { compiled, diagnostics } = compileModules(modules, compile ?? {});
  if (compiled === undefined) throw new RegoError(diagnostics);
  return compiled;
}

function optimizeOne(
  compiled: Compiled,
  entrypoint: Ref,
  unknowns: readonly Ref[],
  { effects, data, level, namespace }: OptimizeOptions,
): readonly Module[] {
  const body: Body = [eqExpr(nowhere, varTerm(nowhere, resultName), entrypoint)];
  const { query, diagnostics } = compileQuery(body, compiled);
  if (query === undefined) throw new RegoError(diagnostics);
  const { queries, support } = evaluatePartially(query, compiled, {
    effects,
    unknowns,
    data: data ?? {},
    disableInlining: requiredDocuments(compiled, entrypoint),
    shallowInlining: level <= 1,
    namespace: namespace ?? defaultNamespace,
    skipNamespace: true,
  });
  if (queries.length === 0) throw new OptimizeError(`undefined entrypoint ${refText(entrypoint)}`);
  const own = entrypointModule(queries, entrypoint, compiled);
  return own === undefined ? support : [...support, own];
}

/** What the modules read outside of the roots, and `input`. */
function findUnknowns(compiled: Compiled, roots: readonly string[]): readonly Ref[] {
  const known = roots.map((root) => dataRef(root.split("/").filter((part) => part !== "")));
  const unknowns = [refOf([varTerm(nowhere, "input")])];
  for (const rule of allRules(compiled.root))
    for (const ref of [...dataRefs(rule), ...calledFunctions(rule)]) {
      const prefix = constantPrefix(ref);
      if (!known.some((root) => hasPrefix(prefix, root))) addPrefix(unknowns, prefix);
    }
  return unknowns.sort(compareTerms);
}

function addPrefix(refs: Ref[], ref: Ref): void {
  if (refs.some((other) => hasPrefix(ref, other))) return;
  const kept = refs.filter((other) => !hasPrefix(other, ref));
  refs.splice(0, refs.length, ...kept, ref);
}

function calledFunctions({ body }: Rule): readonly Ref[] {
  const refs: Ref[] = [];
  walkExprs(body, ({ terms }) => {
    if (terms.kind === "call" && refText(terms.operator).startsWith("data.")) refs.push(terms.operator);
    return true;
  });
  return refs;
}

/** What `with` replaces in rules that depend on the entry point: it must stay a rule of its own. */
function requiredDocuments(compiled: Compiled, entrypoint: Ref): readonly Ref[] {
  const required = new Map<string, Ref>();
  for (const rule of dependentsOf(compiled, entrypoint))
    walkExprs(rule.body, (expr) => {
      for (const { target } of expr.with)
        if (target.kind === "ref" && isData(target)) required.set(refText(target), target);
      return true;
    });
  return [...required].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ref]) => ref);
}

function dependentsOf(compiled: Compiled, entrypoint: Ref): ReadonlySet<Rule> {
  const graph = buildGraph(compiled.root, dataRefs);
  const found = new Set<Rule>();
  let border = new Set<Rule>();
  collectRules(compiled.root, entrypoint.terms.slice(1), border);
  while (border.size > 0) {
    const next = new Set<Rule>();
    for (const [rule, needed] of graph)
      if (!found.has(rule) && [...needed].some((each) => border.has(each))) next.add(rule);
    for (const rule of next) found.add(rule);
    border = next;
  }
  return found;
}

/** The queries as rules of the entry point's name; none when they refer to it, as it would need its own value. */
function entrypointModule(queries: readonly Body[], entrypoint: Ref, compiled: Compiled): Module | undefined {
  if (queries.some((query) => mentions(query, entrypoint))) return undefined;
  const name = entrypoint.terms.at(-1) as Term;
  const ref = refOf([varTerm(nowhere, name.kind === "string" ? name.value : "")]);
  const value = varTerm(nowhere, resultName);
  const head: Head = {
    loc: nowhere,
    ref,
    args: undefined,
    key: undefined,
    value,
    assign: false,
    generatedValue: false,
  };
  const path = refOf(entrypoint.terms.slice(0, -1));
  const rules = queries.map((body) => plainRule(nowhere, head, body));
  return moduleOf({ path, rules }, compiled);
}

function mentions(query: Body, ref: Ref): boolean {
  let found = false;
  walkBody(query, (term) => {
    if (term.kind === "ref" && hasPrefix(term, ref)) found = true;
    return !found;
  });
  return found;
}

/** The new modules, and what of the old ones they do not replace. */
function merge(old: readonly Module[], made: readonly Module[]): readonly Module[] {
  const replaced = new Map<string, Ref>();
  for (const module of made)
    for (const rule of module.rules) {
      const path = constantPrefix(writtenPath(module, rule));
      replaced.set(refText(path), path);
    }
  const paths = [...replaced.values()];
  const kept = old.flatMap((module) => {
    const rest = withoutReplaced(module, paths);
    return rest === undefined ? [] : [rest];
  });
  return [...made, ...kept];
}

/** Of its comments only those of annotations stay: others would stand nowhere. */
function withoutReplaced(module: Module, paths: readonly Ref[]): Module | undefined {
  const gone = new Set<Rule>();
  for (const rule of module.rules) {
    const path = constantPrefix(writtenPath(module, rule));
    if (paths.some((other) => hasPrefix(other, path) || hasPrefix(path, other))) gone.add(rule);
  }
  const rules = module.rules.filter((rule) => !gone.has(rule));
  if (rules.length === 0) return undefined;
  const pruned = [...gone].flatMap((rule) => [...ruleChain(rule)].flatMap(({ annotations }) => annotations));
  const annotations = module.annotations.filter((each) => !pruned.includes(each));
  const comments = module.comments.filter(({ loc }) => annotations.some((each) => isInside(loc.offset, each.loc)));
  return { ...module, rules, annotations, comments };
}

function isInside(offset: number, { offset: start, end }: { readonly offset: number; readonly end: number }): boolean {
  return offset >= start && offset < end;
}

/** The ref of an entry point, `a/b/c`. */
export function entrypointRef(path: string): Ref {
  return dataRef(path.split("/").filter((key) => key !== ""));
}

function refOf(terms: readonly Term[]): Ref {
  return { kind: "ref", loc: nowhere, terms };
}

function dataRef(keys: readonly string[]): Ref {
  return refOf([varTerm(nowhere, "data"), ...keys.map((value): Term => ({ kind: "string", loc: nowhere, value }))]);
}

function isData({ terms: [head] }: Ref): boolean {
  return head?.kind === "var" && head.name === "data";
}

function constantPrefix(ref: Ref): Ref {
  const { path } = pathOf(ref);
  return { ...ref, terms: ref.terms.slice(0, path.length + 1) };
}

/** Places of the new modules in the bundle: `optimized/a/b.rego`, with a number where the name is taken. */
class FileNames {
  readonly #namespace: string;
  readonly #used = new Map<string, number>();

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  nameOf({ package: { path } }: Module, entrypoint: number, support: number): string {
    const keys = path.terms.slice(1).map((term) => (term.kind === "string" ? term.value : undefined));
    const pointer = keys.map((key) => (key === undefined ? "" : encodeURIComponent(key))).join("/");
    if (keys.includes(undefined) || !/^[\w/-]+$/.test(pointer))
      return `optimized/${this.#namespace}/${entrypoint}/${support}.rego`;
    const name = `optimized/${pointer}`;
    const count = this.#used.get(name);
    this.#used.set(name, (count ?? 0) + 1);
    return count === undefined ? `${name}.rego` : `${name}.${count}.rego`;
  }
}
