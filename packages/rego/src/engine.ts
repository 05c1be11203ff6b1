import { builtinsWith } from "./builtins/all.ts";
import type { Builtin, Effects } from "./builtins/builtin.ts";
import { type Capabilities, findSignature, signaturesOf, withAllowedHosts } from "./builtins/capabilities.ts";
import { compileModules, compileQuery, recompileModules } from "./compile/compile.ts";
import type { Compiled, CompiledQuery } from "./compile/compiled.ts";
import { withHint } from "./compile/hints.ts";
import type { QueryOptions } from "./compile/query.ts";
import { type RuleLabels, ruleLabelsOf } from "./compile/rule-labels.ts";
import type { CompileOptions } from "./compile/stage.ts";
import { findJoins } from "./plan/joins/find.ts";
import type { PlanNeeds } from "./plan/needs.ts";
import { planJson } from "./plan/plan-json.ts";
import { planPolicy, planWithNeeds, type Wanted } from "./plan/planner.ts";
import { PreparedQuery } from "./prepared-query.ts";
import { evaluateAsynchronously } from "./run/asynchronous.ts";
import { type EvaluateOptions, Executable } from "./run/executable.ts";
import type { Policy } from "./run/ir.ts";
import { type Read, Trace } from "./run/trace.ts";
import type { Body, Module, RegoVersion, Rule } from "./syntax/ast.ts";
import { type Diagnostic, RegoError } from "./syntax/diagnostic.ts";
import { parseModule, parseQuery } from "./syntax/parser.ts";
import { evaluateByWalking } from "./topdown/evaluate.ts";
import { EvaluatedLabels } from "./topdown/evaluated-labels.ts";
import { evaluatePartially, type PartialOptions, type PartialResult } from "./topdown/partial.ts";
import type { WalkOptions } from "./topdown/walk-options.ts";
import { lookup } from "./value/access.ts";
import { parseJson } from "./value/json.ts";
import { JsonPaths } from "./value/json-paths.ts";
import type { Value } from "./value/value.ts";

export type { EvaluateOptions, Evaluator } from "./run/executable.ts";

export interface ModuleSource {
  readonly file: string;
  readonly text: string;
}

export interface EngineOptions {
  /** Default v1. */
  readonly regoVersion?: RegoVersion;
  readonly strict?: boolean;
  /** What policies may use of the language, of builtins and of the network; default what OPA 1.19 offers. */
  readonly capabilities?: Capabilities;
  /** Builtins beside those of OPA, or instead of them. */
  readonly builtins?: readonly Builtin[];
  /** What else the compiler is told. */
  readonly compile?: CompileOptions;
}

export interface CompileAnswer {
  readonly policy: RegoPolicy | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Milliseconds by stage of the compiler, `CheckTypes`: only where `compile.clock` was given. */
  readonly timings?: ReadonlyMap<string, number>;
}

/**
 * Compiles modules into a policy. All or nothing: any diagnostic means that there is no policy.
 *
 * ```ts
 * const { policy, diagnostics } = compile([{ file: "p.rego", text: "package p\nallow if input.user == \"root\"" }]);
 * policy?.evaluate("p/allow", { input: { user: "root" } }); // true
 * ```
 */
export function compile(sources: readonly ModuleSource[], options: EngineOptions = {}): CompileAnswer {
  const parsed = sources.map((source) => parseSource(source, options));
  const faults = parsed.flatMap(({ diagnostics }) => diagnostics);
  if (faults.length > 0) return { policy: undefined, diagnostics: faults.map((each) => withHint(each, [])) };
  return compileParsed(
    parsed.map(({ module }) => module as Module),
    options,
  );
}

function parseSource({ file, text }: ModuleSource, options: EngineOptions): ReturnType<typeof parseModule> {
  const { regoVersion = "v1", capabilities } = options;
  return parseModule(text, { file, regoVersion, ...(capabilities === undefined ? {} : { capabilities }) });
}

/** The same, from modules that are parsed already. */
export function compileParsed(modules: readonly Module[], options: EngineOptions = {}): CompileAnswer {
  const { compiled, diagnostics, timings } = compileModules(modules, compileOptions(options));
  return { policy: compiled && new RegoPolicy(compiled, options), diagnostics, timings };
}

function compileOptions({ strict, capabilities, builtins = [], compile: others }: EngineOptions): CompileOptions {
  const declared = capabilities && signaturesOf(capabilities);
  const own = new Map(builtins.flatMap(({ name, signature }) => (signature === undefined ? [] : [[name, signature]])));
  const isStandard = declared === undefined && own.size === 0;
  const lookup = (name: string) => own.get(name) ?? (declared === undefined ? findSignature(name) : declared.get(name));
  return {
    strict: strict === true,
    ...(isStandard ? {} : { builtins: lookup }),
    ...(capabilities === undefined ? {} : { features: capabilities.features ?? [] }),
    ...others,
  };
}

/** A member of a partial set: the rule that made it, and the parts of the input which that rule had looked at. */
export interface ExplainedMember {
  readonly value: Value;
  readonly file: string;
  readonly row: number;
  readonly reads: readonly Read[];
}

const planName = "query";

/** The variable of a query for a document. */
const resultName = "result";

/** Prepared queries that are kept: an admission chain has a handful, a REPL many. */
const maxPrepared = 256;

interface Prepared {
  readonly executable: Executable;
  readonly needs: PlanNeeds;
}

/** Compiled modules, ready to answer. Immutable; plans are made on first use and kept. */
export class RegoPolicy {
  readonly compiled: Compiled;
  readonly #builtins: ReadonlyMap<string, Builtin>;
  readonly #byQuery = new Map<string, Prepared>();
  readonly #byPath = new Map<string, Prepared>();
  /** Of the policy that this one was made of: still good where nothing has changed that it was made of. */
  readonly #inherited: Map<string, Prepared>;
  /** Queries for the documents at paths whose rules have labels; undefined where none has. */
  readonly #labelled = new Map<string, CompiledQuery | undefined>();
  readonly #options: EngineOptions;

  /** `previous` gives what it has prepared and what has not changed. */
  constructor(compiled: Compiled, options: EngineOptions, previous?: RegoPolicy) {
    this.compiled = compiled;
    this.#inherited = previous === undefined ? new Map() : previous.#allPrepared();
    this.#options = options;
    this.#builtins = builtinsWith(options.builtins);
  }

  /**
   * The policy with a module more, or another one in the place of that with the same file name. Only what depends on it is compiled again.
   * The diagnostics are those of compiling all modules; where there are any, this policy stays as it is.
   */
  withModule(source: ModuleSource): CompileAnswer {
    const { module, diagnostics } = parseSource(source, this.#options);
    if (module === undefined || diagnostics.length > 0) return { policy: undefined, diagnostics };
    return this.withModules([module], []);
  }

  /** The policy without the module of a file. */
  withoutModule(file: string): CompileAnswer {
    return this.withModules([], [file]);
  }

  /** Several changes at once: modules that are parsed, by their file names, and files to leave out. */
  withModules(modules: readonly Module[], without: readonly string[]): CompileAnswer {
    const { compiled, diagnostics } = recompileModules(this.compiled, modules, without);
    return { policy: compiled && new RegoPolicy(compiled, this.#options, this), diagnostics };
  }

  /** Makes all that `evaluate` of the path needs, so that not its first call takes the time. */
  prepare(path: string): void {
    this.#preparePath(path).generate();
  }

  /** The document at a path, `a/b/c` or `data.a.b.c`; undefined when it is. Throws `EvaluationError`. */
  evaluate(path: string, options: EvaluateOptions = {}): Value | undefined {
    const result = this.#preparePath(path).run(planName, this.#held(options))[0];
    return result === undefined ? undefined : lookup(result, resultName);
  }

  /** As `evaluate`, for policies that send requests or look up names: `effects.asynchronous` does it. */
  evaluateAsync(path: string, options: EvaluateOptions = {}): Promise<Value | undefined> {
    return evaluateAsynchronously(options, (each) => this.evaluate(path, each));
  }

  /** As `evaluate`, by the interpreter, with what each set's members were derived from. */
  explain(
    path: string,
    options: EvaluateOptions,
  ): { readonly value: Value | undefined; readonly derivations: readonly ExplainedMember[] } {
    const prepared = this.#preparePath(path);
    const { inputJson, ...others } = options;
    const input = inputJson === undefined ? options.input : parseJson(inputJson);
    const trace = new Trace(input);
    const [result] = prepared.run(planName, { ...others, input, evaluator: "interpreter" }, trace);
    const files = prepared.policy.static.files ?? [];
    const derivations = trace.derivations.map(({ value, place, reads }) => ({
      value,
      reads,
      file: files[place.file ?? 0]?.value ?? "",
      row: place.row ?? 0,
    }));
    return { value: result === undefined ? undefined : lookup(result, resultName), derivations };
  }

  /**
   * What takes the labels of rules that answer, in a walk; undefined where no rule has any that the document at the path, or without one
   * any query, may ask. Paths are those of `evaluate`.
   */
  labels(path?: string): EvaluatedLabels | undefined {
    const isLabelled =
      path === undefined ? ruleLabelsOf(this.compiled).areAny : this.#labelledQuery(path) !== undefined;
    return isLabelled ? new EvaluatedLabels(this.compiled) : undefined;
  }

  /** As `evaluateAsync`, rule by rule as OPA evaluates them: slower, but each rule that answers is told to `labels`. */
  async walkDocument(path: string, options: WalkOptions): Promise<Value | undefined> {
    const query = this.#labelledQuery(path) ?? this.#documentQuery(path);
    const walk = (each: WalkOptions) => evaluateByWalking(query, this.compiled, this.#withBuiltins(this.#held(each)));
    const [result] = await evaluateAsynchronously(options, walk);
    return result === undefined ? undefined : lookup(result, resultName);
  }

  #labelledQuery(path: string): CompiledQuery | undefined {
    const labels = ruleLabelsOf(this.compiled);
    if (!labels.areAny) return undefined;
    if (!this.#labelled.has(path)) {
      this.#preparePath(path);
      const isLabelled = this.#byPath.get(path)?.needs.someRule(({ rule, module }) => hasLabels(labels, rule, module));
      keep(this.#labelled, path, isLabelled === true ? this.#documentQuery(path) : undefined);
    }
    return this.#labelled.get(path);
  }

  #documentQuery(path: string): CompiledQuery {
    const keys = pathParts(path).map((part) => `[${JSON.stringify(part)}]`);
    return this.#compileQuery(`${resultName} = data${keys.join("")}`, {});
  }

  /** All bindings of a query. Throws `RegoError` for what does not compile, `EvaluationError` for what cannot be answered. */
  query(text: string, options: EvaluateOptions = {}): readonly Value[] {
    const prepared = this.#prepare(this.#byQuery, text, () => ({
      name: planName,
      query: this.#compileQuery(text, {}),
    }));
    return prepared.run(planName, this.#held(options));
  }

  /** As `query`, for policies that send requests or look up names. */
  queryAsync(text: string, options: EvaluateOptions = {}): Promise<readonly Value[]> {
    return evaluateAsynchronously(options, (each) => this.query(text, each));
  }

  /** What of a query is left when some documents are unknown. Throws as `query`. */
  partial(text: string, options: PartialOptions, query: QueryOptions = {}): PartialResult {
    return evaluatePartially(this.#compileQuery(text, query), this.compiled, this.#withBuiltins(this.#held(options)));
  }

  /** As `partial`, for policies that send requests or look up names. */
  partialAsync(text: string, options: PartialOptions, query: QueryOptions = {}): Promise<PartialResult> {
    return evaluateAsynchronously(options, (each) => this.partial(text, each, query));
  }

  /** All bindings of a query, each step of the way told to a tracer. Throws as `query`. */
  walk(text: string, options: WalkOptions, query: QueryOptions = {}): readonly Value[] {
    return evaluateByWalking(this.#compileQuery(text, query), this.compiled, this.#withBuiltins(this.#held(options)));
  }

  /** As `walk`, for policies that send requests or look up names. */
  walkAsync(text: string, options: WalkOptions, query: QueryOptions = {}): Promise<readonly Value[]> {
    return evaluateAsynchronously(options, (each) => this.walk(text, each, query));
  }

  /** A query that is answered with the values of its expressions, as `opa eval` does. Throws `RegoError`. */
  prepareQuery(query: string | Body, options: QueryOptions = {}): PreparedQuery {
    const regoVersion = options.regoVersion ?? this.#options.regoVersion ?? "v1";
    const body = typeof query === "string" ? parseQuery(query, { regoVersion }) : query;
    return new PreparedQuery(body, this.compiled, [...this.#builtins.values()], options, this.#options.capabilities);
  }

  /** What some entry points look at of the input: `parseInput` builds no more of it. */
  inputPaths(...paths: readonly string[]): JsonPaths {
    const all = new JsonPaths();
    for (const path of paths) all.add(this.#preparePath(path).inputPaths);
    all.settle();
    return all;
  }

  /** `plan.json` of entry points, `a/b/c` each, as `opa build -t plan` writes it. */
  planJson(entrypoints: readonly string[]): string {
    const wanted = entrypoints.map((name) => ({ name, path: pathParts(name) }));
    return planJson(planPolicy(this.compiled, wanted, { lookups: false }));
  }

  /** OPA's IR of an entry point. */
  plan(path: string): Policy {
    return this.#preparePath(path).policy;
  }

  #compileQuery(text: string, options: QueryOptions): CompiledQuery {
    const regoVersion = options.regoVersion ?? this.#options.regoVersion ?? "v1";
    const { query, diagnostics } = compileQuery(parseQuery(text, { regoVersion }), this.compiled, options);
    if (query === undefined) throw new RegoError(diagnostics);
    return query;
  }

  #held<T extends { readonly effects?: Effects }>(options: T): T {
    return withAllowedHosts(options, this.#options.capabilities);
  }

  #withBuiltins<T extends { readonly builtins?: readonly Builtin[] }>(options: T): T {
    return { ...options, builtins: [...(this.#options.builtins ?? []), ...(options.builtins ?? [])] };
  }

  /** Kept by the path as it is spelled: taking it apart costs as much as a small policy's evaluation. */
  #preparePath(path: string): Executable {
    const known = this.#byPath.get(path) ?? this.#inherit(path);
    return known?.executable ?? this.#prepare(this.#byPath, path, () => ({ name: planName, path: pathParts(path) }));
  }

  #inherit(path: string): Prepared | undefined {
    const prepared = this.#inherited.get(path);
    if (prepared === undefined) return undefined;
    this.#inherited.delete(path);
    if (!prepared.needs.areMetBy(this.compiled)) return undefined;
    keep(this.#byPath, path, prepared);
    return prepared;
  }

  /** The newest of what this policy and those before have prepared. */
  #allPrepared(): Map<string, Prepared> {
    const all = [...this.#inherited, ...this.#byPath];
    return new Map(all.slice(Math.max(0, all.length - maxPrepared)));
  }

  /** From a cache. */
  #prepare(cache: Map<string, Prepared>, key: string, wanted: () => Wanted): Executable {
    const known = cache.get(key);
    if (known !== undefined) return known.executable;
    const { policy, needs } = planWithNeeds(this.compiled, [wanted()]);
    const executable = new Executable(policy, this.#builtins, (each) => findJoins(each, this.#builtins));
    keep(cache, key, { executable, needs });
    return executable;
  }
}

/** The rule itself, or an `else` of it. */
function hasLabels(labels: RuleLabels, rule: Rule, module: Module): boolean {
  for (let each: Rule | undefined = rule; each !== undefined; each = each.else)
    if (labels.of(each, module) !== undefined) return true;
  return false;
}

/** The oldest makes room. */
function keep<T>(cache: Map<string, T>, key: string, prepared: T): void {
  if (cache.size >= maxPrepared) cache.delete(cache.keys().next().value as string);
  cache.set(key, prepared);
}

function pathParts(path: string): readonly string[] {
  const text = path.startsWith("data.") ? path.slice("data.".length).replaceAll(".", "/") : path;
  return text.split("/").filter((part) => part !== "" && part !== "data");
}
