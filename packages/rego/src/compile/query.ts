import type { Body, Expr, Import, Module, Ref, Term } from "../syntax/ast.ts";
import type { Diagnostic } from "../syntax/diagnostic.ts";
import { checkDeprecatedBuiltins, checkUnsafeBuiltins, ruleOfBody } from "./builtin-checks.ts";
import { type Compiled, type CompiledQuery, findNode } from "./compiled.ts";
import { indexComprehensionsInBody } from "./comprehension-indices.ts";
import { rewriteComprehensionTermsInBody } from "./comprehension-terms.ts";
import { TermHoister } from "./dynamic-terms.ts";
import { rewriteEqualsInBody } from "./equals.ts";
import { CallHoister } from "./expr-terms.ts";
import { type Globals, importName, isLanguageImport } from "./globals.ts";
import { checkQueryOverrides } from "./keyword-overrides.ts";
import { LocalNames } from "./local-names.ts";
import { rewriteQueryVars } from "./local-vars.ts";
import { rewriteLogicInBody } from "./logic.ts";
import { eqExpr, termExpr, varTerm } from "./make.ts";
import { isGenerated, isWildcard, nameOfRef } from "./names.ts";
import { isComprehension } from "./parts.ts";
import { erasePrints, rewritePrints } from "./print-calls.ts";
import { resolveQuery } from "./resolve-refs.ts";
import { orderBody, rootDocuments } from "./safety.ts";
import { type CompileOptions, compileFault, type StageContext } from "./stage.ts";
import { stateOf } from "./state.ts";
import { rewriteBody } from "./template-strings.ts";
import { functionName } from "./text.ts";
import { checkQueryTypes } from "./types/check-rules.ts";
import { checkUndefinedFunctions } from "./undefined-functions.ts";
import { varsOfBody } from "./vars.ts";
import { checkVoidCallsInBody } from "./void-calls.ts";
import { walkBody } from "./walk.ts";
import { WithRewriter } from "./with-values.ts";

export interface QueryOptions {
  /** Names of the query's surroundings: as in a module of this package, with these imports. */
  readonly package?: Module["package"]["path"];
  readonly imports?: readonly Import[];
  readonly regoVersion?: Module["regoVersion"];
  /** Keep the value of each expression in a variable: what `opa eval` prints. */
  readonly captureValues?: boolean;
  /** Leave `==` what it is, as OPA does where nothing is evaluated partially: for what is printed of the compiled query. */
  readonly keepEquals?: boolean;
  readonly unsafeBuiltins?: ReadonlySet<string>;
  /** Runs each stage, for timings. */
  readonly timed?: QueryTimer | undefined;
}

/** `name` is that of OPA's timer: `query_compile_stage_check_types`. */
export type QueryTimer = <T>(name: QueryTimerName, run: () => T) => T;

type QueryTimerName = `query_compile_stage_${string}` | "compile_stage_rewrite_template_strings";

/** What becomes of a query, one after another. */
interface QueryStage {
  /** Of OPA's timer; none where OPA has no such stage. */
  readonly timer?: QueryTimerName;
  readonly run: (body: Body) => Body;
}

export interface QueryResult {
  readonly query: CompiledQuery | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Runs OPA's query stages over a query against compiled modules. The faults of the first stage that finds any are reported. */
export function compileQuery(body: Body, compiled: Compiled, options: QueryOptions = {}): QueryResult {
  const diagnostics: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic) => void diagnostics.push(diagnostic);
  const names = LocalNames.forQuery(body);
  const context = contextOf(compiled, options, report);
  const capture: (string | undefined)[] = [];
  const written = new Set<string>();
  let current = body;
  for (const { timer, run } of queryStages(names, context, compiled, options, capture, written)) {
    const before = current;
    current =
      timer === undefined || options.timed === undefined ? run(before) : options.timed(timer, () => run(before));
    if (diagnostics.length > 0) return { query: undefined, diagnostics: limited(diagnostics) };
  }
  const variables = [...written]
    .map((local) => ({ local, name: names.original(local) }))
    .filter(({ name }) => !rootDocuments.has(name) && !isWildcard(name) && !isGenerated(name));
  return { query: { body: current, variables, captures: capture, written: names.written }, diagnostics };
}

/** As many faults of a query are told. */
const maxErrors = 10;

function limited(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  if (diagnostics.length < maxErrors) return diagnostics;
  return [...diagnostics.slice(0, maxErrors), compileFault(undefined, "error limit reached")];
}

/** The query compiler's stages, in OPA's order. */
function queryStages(
  names: LocalNames,
  context: StageContext,
  compiled: Compiled,
  options: QueryOptions,
  capture: (string | undefined)[],
  written: Set<string>,
): readonly QueryStage[] {
  const { report } = context;
  const safety = { ...context, names };
  const check = (run: (body: Body) => void) => (body: Body) => {
    run(body);
    return body;
  };
  const naming = (run: (body: Body) => Body) => (body: Body) => {
    names.restart(body);
    return run(body);
  };
  const of = (stage: string, run: QueryStage["run"]): QueryStage => ({ timer: `query_compile_stage_${stage}`, run });
  const capturing =
    options.captureValues === true
      ? [of("rewrite_to_capture_value", (body) => captureValues(body, context, capture))]
      : [];
  // OPA has no such stage where the values of expressions are told, and so no timer of it.
  const equalsStage =
    options.captureValues === true ? { run: rewriteEqualsInBody } : of("rewrite_equals", rewriteEqualsInBody);
  const equals = options.keepEquals === true ? [] : [equalsStage];
  return [
    of(
      "check_keyword_overrides",
      check((body) => options.regoVersion !== "v0" && checkQueryOverrides(body, report)),
    ),
    of("resolve_refs", (body) => resolveQuery(body, globalsOfQuery(compiled, options))),
    of("rewrite_local_vars", (body) =>
      rewriteQueryVars(rewriteLogicInBody(body, report), { names, report, strict: false, isBuiltin: () => false }),
    ),
    // Called so in OPA, for queries as for modules.
    { timer: "compile_stage_rewrite_template_strings", run: naming((body) => rewriteBody(body, new Set(), safety)) },
    of(
      "check_void_calls",
      check((body) => checkVoidCallsInBody(body, context)),
    ),
    of(
      "rewrite_print_calls",
      naming((body) => (context.options.print === true ? rewritePrints(body, new Set(), safety) : erasePrints(body))),
    ),
    { run: check((body) => collectVariables(body, written)) },
    ...capturing,
    of(
      "rewrite_expr_terms",
      naming((body) => new CallHoister(names).body(body)),
    ),
    of(
      "rewrite_comprehension_terms",
      naming((body) => rewriteComprehensionTermsInBody(body, names)),
    ),
    of(
      "rewrite_with_values",
      naming((body) => new WithRewriter(names, context).body(body)),
    ),
    of(
      "check_undefined_funcs",
      check((body) => checkUndefinedFunctions(ruleOfBody(body), names, context)),
    ),
    of("check_safety", (body) => orderBody(body, rootDocuments, safety, () => "")),
    ...equals,
    of(
      "rewrite_dynamic_terms",
      naming((body) => new TermHoister(names).body(body)),
    ),
    of(
      "check_types",
      check((body) => checkQueryTypes(body, stateOf(compiled)?.types, context, names)),
    ),
    of(
      "check_unsafe_builtins",
      check((body) => checkUnsafeBuiltins(ruleOfBody(body), context)),
    ),
    of(
      "check_deprecated_builtins",
      check((body) => options.regoVersion !== "v0" && checkDeprecatedBuiltins(ruleOfBody(body), context)),
    ),
    of("build_comprehension_index", (body) => indexComprehensionsInBody(body, context.arity)),
  ];
}

function contextOf(compiled: Compiled, query: QueryOptions, report: StageContext["report"]): StageContext {
  const options: CompileOptions = {
    ...stateOf(compiled)?.options,
    ...(query.unsafeBuiltins === undefined ? {} : { unsafeBuiltins: query.unsafeBuiltins }),
  };
  const { builtin } = compiled;
  const nodeAt = (ref: Ref) => {
    const keys = ref.terms.slice(1).map((term) => (term.kind === "string" ? term.value : undefined));
    return keys.every((key) => key !== undefined) ? findNode(compiled.root, keys) : undefined;
  };
  return {
    options,
    report,
    builtin,
    arity: (operator) => {
      const head = operator.terms[0];
      if (head?.kind !== "var" || head.name !== "data") return builtin(nameOfRef(operator) ?? "")?.args.length;
      const isRule = nodeAt(operator)?.rules.some(({ suffix }) => suffix.length === 0) === true;
      return compiled.arities.get(functionName(operator)) ?? (isRule ? 0 : undefined);
    },
    ruleKind: (path) => {
      const rules = findNode(compiled.root, path)?.rules ?? [];
      if (rules.length === 0) return undefined;
      return rules.some(({ kind }) => kind === "function") ? "function" : "value";
    },
    isAlwaysDefined: (path) => stateOf(compiled)?.names.isAlwaysDefined(path.join("\0")) === true,
    metadataChain: () => [],
  };
}

/** The package's rules and the imports. */
function globalsOfQuery(compiled: Compiled, options: QueryOptions): Globals {
  const globals = new Map<string, { path: Ref; import: Import | undefined }>();
  const { package: path } = options;
  if (path !== undefined) {
    const keys = path.terms.slice(1).map((term) => (term.kind === "string" ? term.value : ""));
    for (const [name, { hasRules }] of findNode(compiled.root, keys)?.children ?? []) {
      if (!hasRules) continue;
      const key: Term = { kind: "string", loc: path.loc, value: name };
      globals.set(name, { path: { ...path, terms: [...path.terms, key] }, import: undefined });
    }
  }
  for (const each of options.imports ?? []) {
    const name = isLanguageImport(each) ? undefined : importName(each);
    if (name !== undefined) globals.set(name, { path: each.path, import: each });
  }
  return globals;
}

/** The variables of a query's own expressions, which make up its bindings. */
function collectVariables(body: Body, into: Set<string>): void {
  for (const name of varsOfBody(body, { skipClosures: true, skipCallOperators: true })) into.add(name);
}

/**
 * OPA's extra stage of `rego.Rego`: each expression's value gets a variable, `input.x > 1` being `gt(input.x, 1, $term1)`. What was an
 * expression must still hold, unless it is alone and has one value at most.
 */
function captureValues(body: Body, context: StageContext, capture: (string | undefined)[]): Body {
  const mustHold = body.length > 1 || isIterating(body, context);
  const checks: Expr[] = [];
  let count = 0;
  const captured = body.map((expr) => {
    const local = varTerm(expr.loc, `$term${count + 1}`);
    const made = expr.negated ? undefined : capturing(expr, local, context);
    capture.push(made === undefined ? undefined : local.name);
    if (made === undefined) return expr;
    count++;
    if (mustHold) checks.push(termExpr(expr.loc, local));
    return made;
  });
  return [...captured, ...checks];
}

/** True when a body can hold in several ways: a ref has vars as keys, or a relation is called. */
function isIterating(body: Body, { builtin }: StageContext): boolean {
  let found = false;
  walkBody(body, (term) => {
    if (isComprehension(term)) return false;
    if (term.kind === "ref")
      found ||=
        term.terms.some(({ kind }, i) => i > 0 && kind === "var") || builtin(nameOfRef(term) ?? "")?.relation === true;
    return !found;
  });
  return found;
}

function capturing(expr: Expr, local: Term, { arity, builtin }: StageContext): Expr | undefined {
  const { terms } = expr;
  if (terms.kind === "term") return { ...expr, terms: eqExpr(expr.loc, terms.term, local).terms };
  if (terms.kind !== "call") return undefined;
  const name = nameOfRef(terms.operator) ?? "";
  const signature = builtin(name);
  if (name === "eq" || name === "assign" || (signature !== undefined && signature.result === undefined))
    return undefined;
  if (arity(terms.operator) !== terms.args.length) return undefined;
  return { ...expr, terms: { ...terms, args: [...terms.args, local] } };
}
