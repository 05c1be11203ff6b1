import { createEffects } from "@sallyport/effects";
import { Metrics } from "@sallyport/opa/answers";
import {
  type Body,
  compileParsed,
  defaultLimits,
  EvaluationError,
  type ExplainMode,
  findNode,
  formatModule,
  type Import,
  isObject,
  type JsonObject,
  lookup,
  type Module,
  mergeDocuments,
  Profile,
  parseModule,
  parseStatements,
  type QueryOptions,
  type Ref,
  RegoError,
  type RegoPolicy,
  type RegoVersion,
  type Rule,
  refText,
  type Statement,
  type Term,
  TraceBuffer,
  type TraceEvent,
  type Tracer,
  typedQuery,
  type Value,
  type WrittenRule,
  writtenFaults,
} from "@sallyport/rego";
import type { Terminal } from "../command.ts";
import { errorEntries, errorsText } from "../errors-text.ts";
import { type EvalOutput, observedText, outcomeJson, prettyOutput } from "../eval-output.ts";
import type { QueryRun } from "../evaluate-query.ts";
import type { Loaded } from "../load.ts";
import type { LoadedBundles } from "../load-bundles.ts";
import { opaVersion } from "../opa-version.ts";
import { type RuntimeOptions, runtimeInfo } from "../runtime-info.ts";
import {
  createModule,
  equationOf,
  importedName,
  nameOfRule,
  packageKeys,
  ruleOfEquation,
  variableName,
  withImport,
  withoutRules,
  withRule,
} from "./repl-module.ts";

/** What the shell's commands switch. */
export interface Settings {
  format: "json" | "pretty";
  explain: ExplainMode;
  metrics: boolean;
  instrument: boolean;
  profile: boolean;
  types: boolean;
  strictBuiltinErrors: boolean;
  /** Of values in tables, in bytes; no positive number means all. */
  prettyLimit: number;
  /** What answers are left open for; empty for evaluation as usual. */
  unknowns: readonly Ref[];
}

/** Where the shell begins, and where its own input lies. */
const homePackage = "repl";
const inputPackage = "repl.input";

const defaultPrettyLimit = 80;

/** Why a statement can be no definition, in OPA's words. */
export class StatementFault extends Error {}

export interface SessionOptions {
  readonly format: "json" | "pretty";
  readonly regoVersion: RegoVersion;
  /** Of a compilation; 0 means all. */
  readonly maxErrors: number;
  readonly runtime: RuntimeOptions;
}

/** A shell's state: what was loaded, what was defined since, and how answers are shown. */
export class Session {
  readonly settings: Settings;
  readonly #terminal: Terminal;
  readonly #regoVersion: RegoVersion;
  readonly #maxErrors: number;
  readonly #home: Module;
  readonly #runtime: RuntimeOptions;
  #loaded: Loaded;
  /** By package, `data.repl`: those that were entered. */
  #modules = new Map<string, Module>();
  /** Undefined until something is defined in the package where the shell begins. */
  #current: string | undefined;
  /** Of the lines that are run. */
  #metrics = new Metrics();

  constructor(loaded: Loaded, terminal: Terminal, { format, regoVersion, maxErrors, runtime }: SessionOptions) {
    this.#loaded = loaded;
    this.#terminal = terminal;
    this.#regoVersion = regoVersion;
    this.#maxErrors = maxErrors;
    this.#runtime = runtime;
    this.#home = createModule(packageOf(homePackage), regoVersion);
    this.settings = {
      format,
      explain: "off",
      metrics: false,
      instrument: false,
      profile: false,
      types: false,
      strictBuiltinErrors: false,
      prettyLimit: defaultPrettyLimit,
      unknowns: [],
    };
  }

  /** What was loaded has changed. Throws what compiling it throws; then all stays as it was. */
  reload(loaded: Loaded): void {
    const before = this.#loaded;
    this.#loaded = loaded;
    try {
      this.#compile();
    } catch (error) {
      this.#loaded = before;
      throw error;
    }
  }

  /** With what the engine says of itself. */
  get data(): JsonObject {
    const bundles = bundlesDocument(this.#loaded);
    const system = { version: versionDocument, ...(bundles !== undefined && { bundles }) };
    return mergeDocuments(this.#loaded.data, { system }) ?? this.#loaded.data;
  }

  /** The module of the package as `show` prints it; undefined where nothing was begun. */
  get shown(): string | undefined {
    const module = this.#current === undefined ? undefined : this.#modules.get(this.#current);
    return module && formatModule(module, { target: this.#regoVersion });
  }

  /** Compiles all that is there. Throws `RegoError`. */
  check(): void {
    this.#compile();
  }

  get #module(): Module {
    return this.#modules.get(this.#current ?? "") ?? this.#home;
  }

  /** The module of the package, which is entered now if it was not. */
  #begun(): Module {
    if (this.#current === undefined) this.#enter(this.#home.package);
    return this.#module;
  }

  #enter(declared: Module["package"]): void {
    const path = refText(declared.path);
    if (!this.#modules.has(path)) this.#modules.set(path, createModule(declared, this.#regoVersion));
    this.#current = path;
  }

  #import(added: Import): void {
    const module = this.#begun();
    this.#modules.set(refText(module.package.path), withImport(module, added));
  }

  /** Answers whether there was a rule of the name. Throws `RegoError` where others need it. */
  unset(name: string): boolean {
    if (this.#current === undefined) return false;
    const left = withoutRules(this.#module, name);
    if (left === undefined) return false;
    this.#replace(left);
    return true;
  }

  /** Answers whether there was such a package. */
  unsetPackage(path: Ref): boolean {
    const key = refText(path);
    if (!this.#modules.delete(key)) return false;
    if (this.#current === key) this.#current = undefined;
    return true;
  }

  /** Takes a module in place of what it was if everything compiles with it. Throws `RegoError`. */
  #replace(module: Module): void {
    const before = this.#modules;
    this.#modules = new Map([...before, [refText(module.package.path), module]]);
    try {
      this.#compile();
    } catch (error) {
      this.#modules = before;
      throw error;
    }
  }

  /** The statements of some lines. As OPA, once a package has begun it reads v1's syntax in every version. Throws `RegoError`. */
  parse(text: string): readonly Statement[] {
    this.#metrics = new Metrics();
    const regoVersion = this.#current === undefined ? this.#regoVersion : "v1";
    const parse = () => parseStatements(text, { regoVersion });
    return this.#metrics.timed("rego_query_parse", parse);
  }

  /** What a statement prints. Throws `RegoError`, `EvaluationError`, `StatementFault`. */
  async run(statement: Statement, text: string): Promise<string> {
    switch (statement.kind) {
      case "package":
        this.#enter(statement);
        return "";
      case "import":
        this.#import(statement.import);
        return "";
      case "rules":
        return statement.rules.map((each) => this.#written(each, text)).join("");
      case "body":
        return this.#queryOrRule(statement.body, text);
    }
  }

  #written(written: WrittenRule, text: string): string {
    const faults = this.#regoVersion === "v1" ? writtenFaults([written]) : [];
    if (faults.length > 0) throw new RegoError(faults);
    return this.#define(written.rule, text);
  }

  /** As in OPA, a rule that `:=` defines again is gone even if the new one does not compile. */
  #define(rule: Rule, text: string): string {
    const replaced = rule.head.assign && this.unset(nameOfRule(rule));
    this.#replace(withRule(this.#begun(), rule, text));
    if (this.settings.format === "json") return "";
    const how = replaced ? "re-defined" : "defined";
    const where = packageText(this.#module.package.path);
    return `Rule '${refText(rule.head.ref)}' ${how} in package ${where}. Type 'show' to see rules.\n`;
  }

  async #queryOrRule(body: Body, text: string): Promise<string> {
    const policy = this.#metrics.timed("rego_module_compile", () => this.#compile());
    const input = await this.#input(policy);
    const equation = equationOf(body);
    if (equation !== undefined && (equation.isAssignment || !this.#isGlobal(policy, variableName(equation.left)))) {
      const rule = ruleOfEquation(body);
      if (typeof rule === "string") throw new StatementFault(rule);
      if (rule.head.ref.terms.length === 1) return this.#written(writtenEquation(rule, equation.left), text);
    }
    return this.#query(body, { text, policy, input });
  }

  /** True for `input`, `data`, imports, and rules of the package. */
  #isGlobal({ compiled: { root } }: RegoPolicy, name: string | undefined): boolean {
    if (name === undefined) return false;
    const { imports, package: home } = this.#module;
    if (imports.some((each) => importedName(each) === name)) return true;
    return (findNode(root, [...packageKeys(home.path), name])?.rules.length ?? 0) > 0;
  }

  async #query(body: Body, given: Given): Promise<string> {
    const { text, policy } = given;
    const context = this.#context();
    const typed = this.#metrics.timed("rego_query_compile", () => typedQuery(body, policy.compiled, context));
    const { unknowns, types } = this.settings;
    // As in OPA, what is evaluated partially was compiled before.
    const run = await this.#evaluate(unknowns.length > 0 ? typed.body : body, given, context);
    const errors = run.error === undefined ? [] : (errorEntries(run.error, new Map([["", text]])) ?? []);
    const { metrics: showsMetrics, prettyLimit } = this.settings;
    const output: EvalOutput = { runs: [run], errors, showsMetrics, varValues: false, prettyLimit };
    const names = types && unknowns.length === 0 ? typed.names : [];
    return this.#outcomeText(output) + names.map(({ name, type }) => `# ${name}: ${type}\n`).join("");
  }

  #outcomeText(output: EvalOutput): string {
    if (this.settings.format === "json") return outcomeJson(output);
    return output.errors.length > 0 ? observedText(output, errorsText(output.errors)) : prettyOutput(output);
  }

  #context(): QueryOptions {
    const { package: home, imports } = this.#module;
    return { package: home.path, imports, regoVersion: this.#regoVersion };
  }

  async #evaluate(body: Body, { policy, input }: Given, context: QueryOptions): Promise<QueryRun> {
    const { explain, unknowns } = this.settings;
    const metrics = this.#metrics;
    const isPartial = unknowns.length > 0;
    const trace = explain === "off" ? undefined : new TraceBuffer({ locals: this.settings.format === "json" });
    const profile = this.settings.profile && !isPartial ? new Profile(() => performance.now()) : undefined;
    const tracers = [trace, profile].filter((each) => each !== undefined);
    const options = { ...this.#options(), input, ...(tracers.length > 0 && { tracer: tracerOf(tracers) }) };
    const found: { answers: QueryRun["answers"]; partial?: QueryRun["partial"]; error?: unknown } = { answers: [] };
    try {
      const prepared = policy.prepareQuery(body, context);
      if (isPartial)
        found.partial = await metrics.timedAsync("rego_partial_eval", () =>
          prepared.partialAsync({ ...options, unknowns }),
        );
      else
        found.answers = await metrics.timedAsync("rego_query_eval", () =>
          tracers.length > 0 ? prepared.walkAsync(options) : prepared.answersAsync(options),
        );
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      found.error = error;
    }
    return {
      ...found,
      partial: found.partial,
      builtinErrors: [],
      metrics,
      profile: profile?.report({ limit: -1 }),
      coverage: undefined,
      trace: trace?.explain(explain) ?? [],
    };
  }

  /** What is defined below `repl.input`. */
  async #input(policy: RegoPolicy): Promise<Value | undefined> {
    const hasData = lookupPath(this.data, inputPackage.split(".")) !== undefined;
    if (!hasData && !this.#modules.has(`data.${inputPackage}`)) return undefined;
    return policy.evaluateAsync(inputPackage.replaceAll(".", "/"), this.#options());
  }

  #options() {
    return {
      data: this.data,
      effects: createEffects({
        runtime: runtimeInfo(this.#terminal.env, this.#runtime),
        print: (message) => this.#terminal.out(`${message}\n`),
      }),
      limits: { ...defaultLimits, steps: Number.POSITIVE_INFINITY },
      strictBuiltinErrors: this.settings.strictBuiltinErrors,
    };
  }

  #compile(): RegoPolicy {
    const modules: Module[] = [...this.#loaded.modules.map(({ module }) => module), ...this.#modules.values()];
    const { policy, diagnostics } = compileParsed(modules, {
      regoVersion: this.#regoVersion,
      compile: { print: true, maxErrors: this.#maxErrors },
    });
    if (policy === undefined) throw new RegoError(diagnostics);
    return policy;
  }
}

/** As in OPA, what is no plain name is taken for a head whose body is missing. */
function writtenEquation(rule: Rule, left: Term): WrittenRule {
  const isPlain = left.kind === "var" && left.name !== "input" && left.name !== "data";
  const written = { hasIf: false, hasContains: false, else: undefined };
  return { rule: isPlain ? rule : { ...rule, generatedBody: false }, ...written };
}

/** What a query is asked of. */
interface Given {
  readonly text: string;
  readonly policy: RegoPolicy;
  readonly input: Value | undefined;
}

/** Like OPA's, as far as it is true. */
const versionDocument = { build_commit: "", build_hostname: "", build_timestamp: "", version: opaVersion };

/** What OPA keeps of the bundles that are in force, by name. */
function bundlesDocument(loaded: Loaded | LoadedBundles): JsonObject | undefined {
  if (!("bundles" in loaded)) return undefined;
  const entries = loaded.bundles.map(({ name, bundle: { manifest } }) => {
    const { revision, roots, metadata } = manifest;
    return [name, { etag: "", manifest: { revision, roots, ...(metadata !== undefined && { metadata }) } }] as const;
  });
  return Object.fromEntries(entries);
}

/** Throws `RegoError`. */
function packageOf(path: string): Module["package"] {
  const { module, diagnostics } = parseModule(`package ${path}`);
  if (module === undefined) throw new RegoError(diagnostics);
  return module.package;
}

function lookupPath(document: Value, path: readonly string[]): Value | undefined {
  let current: Value | undefined = document;
  for (const key of path) current = current !== undefined && isObject(current) ? lookup(current, key) : undefined;
  return current;
}

function tracerOf(tracers: readonly Tracer[]): Tracer {
  return {
    begin: () => {
      for (const each of tracers) each.begin?.();
    },
    event: (event: TraceEvent) => {
      for (const each of tracers) each.event(event);
    },
  };
}

/** Below `data`, whose first key is printed as a name, even if it is a keyword. */
function packageText(path: Ref): string {
  const [, first, ...rest] = path.terms;
  if (first?.kind !== "string") return "";
  return refText({ ...path, terms: [{ kind: "var", loc: first.loc, name: first.value }, ...rest] });
}
