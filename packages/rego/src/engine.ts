import { allBuiltins } from "./builtins/all.ts";
import type { Builtin, Effects } from "./builtins/builtin.ts";
import { compileModules, compileQuery } from "./compile/compile.ts";
import type { Compiled } from "./compile/compiled.ts";
import { planPolicy, type Wanted } from "./plan/planner.ts";
import { EvaluationError } from "./run/errors.ts";
import { type Generated, generate } from "./run/generate.ts";
import { Interpreter } from "./run/interpreter.ts";
import type { Policy } from "./run/ir.ts";
import { defaultLimits, type Limits, RunState } from "./run/state.ts";
import { type Read, Trace } from "./run/trace.ts";
import type { Module, RegoVersion } from "./syntax/ast.ts";
import { type Diagnostic, RegoError } from "./syntax/diagnostic.ts";
import { parseModule, parseQuery } from "./syntax/parser.ts";
import { lookup } from "./value/access.ts";
import type { Value } from "./value/value.ts";

/** `generated` runs JavaScript made from the plan; `interpreter` runs the plan itself, and is all there is where code may not be made from strings. */
export type Evaluator = "generated" | "interpreter";

export interface ModuleSource {
  readonly file: string;
  readonly text: string;
}

export interface EngineOptions {
  /** Default v1. */
  readonly regoVersion?: RegoVersion;
  readonly strict?: boolean;
  /** Builtins beside those of OPA, or instead of them. */
  readonly builtins?: readonly Builtin[];
}

export interface EvaluateOptions {
  readonly input?: Value | undefined;
  readonly data?: Value;
  readonly effects: Effects;
  readonly evaluator?: Evaluator;
  /** A builtin that fails ends the query instead of being undefined. */
  readonly strictBuiltinErrors?: boolean;
  readonly limits?: Limits;
  /** Milliseconds by `clock`; both or none. */
  readonly deadline?: number;
  readonly clock?: () => number;
}

export interface CompileAnswer {
  readonly policy: RegoPolicy | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Compiles modules into a policy. All or nothing: any diagnostic means that there is no policy.
 *
 * ```ts
 * const { policy, diagnostics } = compile([{ file: "p.rego", text: "package p\nallow if input.user == \"root\"" }]);
 * policy?.evaluate("p/allow", { input: { user: "root" }, effects }); // true
 * ```
 */
export function compile(sources: readonly ModuleSource[], options: EngineOptions = {}): CompileAnswer {
  const parsed = sources.map(({ file, text }) => parseModule(text, { file, regoVersion: options.regoVersion ?? "v1" }));
  const faults = parsed.flatMap(({ diagnostics }) => diagnostics);
  if (faults.length > 0) return { policy: undefined, diagnostics: faults };
  return compileParsed(
    parsed.map(({ module }) => module as Module),
    options,
  );
}

/** The same, from modules that are parsed already. */
export function compileParsed(modules: readonly Module[], options: EngineOptions = {}): CompileAnswer {
  const { compiled, diagnostics } = compileModules(modules, { strict: options.strict === true });
  return { policy: compiled && new RegoPolicy(compiled, options), diagnostics };
}

/** A member of a partial set: the rule that made it, and the parts of the input which that rule had looked at. */
export interface ExplainedMember {
  readonly value: Value;
  readonly file: string;
  readonly row: number;
  readonly reads: readonly Read[];
}

interface Prepared {
  readonly policy: Policy;
  readonly interpreter: Interpreter;
  generated: Generated | "impossible" | undefined;
}

const planName = "query";

/** Prepared queries that are kept: an admission chain has a handful, a REPL many. */
const maxPrepared = 256;

/** Compiled modules, ready to answer. Immutable; plans are made on first use and kept. */
export class RegoPolicy {
  readonly compiled: Compiled;
  readonly #builtins: ReadonlyMap<string, Builtin>;
  readonly #prepared = new Map<string, Prepared>();
  readonly #options: EngineOptions;

  constructor(compiled: Compiled, options: EngineOptions) {
    this.compiled = compiled;
    this.#options = options;
    this.#builtins = new Map([...allBuiltins, ...(options.builtins ?? [])].map((builtin) => [builtin.name, builtin]));
  }

  /** The document at a path, `a/b/c` or `data.a.b.c`; undefined when it is. Throws `EvaluationError`. */
  evaluate(path: string, options: EvaluateOptions): Value | undefined {
    const parts = pathParts(path);
    const prepared = this.#prepare(`path ${parts.join("/")}`, () => ({ name: planName, path: parts }));
    const [result] = this.#run(prepared, options);
    return result === undefined ? undefined : lookup(result, "result");
  }

  /** The same by the interpreter, with what each set's members were derived from. */
  explain(
    path: string,
    options: EvaluateOptions,
  ): { readonly value: Value | undefined; readonly derivations: readonly ExplainedMember[] } {
    const parts = pathParts(path);
    const prepared = this.#prepare(`path ${parts.join("/")}`, () => ({ name: planName, path: parts }));
    const trace = new Trace(options.input);
    const [result] = this.#run(prepared, { ...options, evaluator: "interpreter" }, trace);
    const files = prepared.policy.static.files ?? [];
    const derivations = trace.derivations.map(({ value, place, reads }) => ({
      value,
      reads,
      file: files[place.file ?? 0]?.value ?? "",
      row: place.row ?? 0,
    }));
    return { value: result === undefined ? undefined : lookup(result, "result"), derivations };
  }

  /** All bindings of a query. Throws `RegoError` for what does not compile, `EvaluationError` for what cannot be answered. */
  query(text: string, options: EvaluateOptions): readonly Value[] {
    const prepared = this.#prepare(`query ${text}`, () => {
      const body = parseQuery(text, { regoVersion: this.#options.regoVersion ?? "v1" });
      const { query, diagnostics } = compileQuery(body, this.compiled);
      if (query === undefined) throw new RegoError(diagnostics);
      return { name: planName, query };
    });
    return this.#run(prepared, options);
  }

  /** OPA's IR of an entry point. */
  plan(path: string): Policy {
    return this.#prepare(`path ${pathParts(path).join("/")}`, () => ({ name: planName, path: pathParts(path) })).policy;
  }

  #prepare(key: string, wanted: () => Wanted): Prepared {
    const known = this.#prepared.get(key);
    if (known !== undefined) return known;
    const policy = planPolicy(this.compiled, [wanted()]);
    const prepared: Prepared = { policy, interpreter: new Interpreter(policy), generated: undefined };
    if (this.#prepared.size >= maxPrepared) this.#prepared.delete(this.#prepared.keys().next().value as string);
    this.#prepared.set(key, prepared);
    return prepared;
  }

  #run(prepared: Prepared, options: EvaluateOptions, trace?: Trace): readonly Value[] {
    const state = new RunState({
      effects: options.effects,
      builtins: this.#builtins,
      strictBuiltinErrors: options.strictBuiltinErrors === true,
      limits: options.limits ?? defaultLimits,
      ...(trace === undefined ? {} : { trace }),
      ...(options.clock === undefined ? {} : { clock: options.clock }),
      ...(options.deadline === undefined ? {} : { deadline: options.deadline }),
    });
    const data = options.data ?? {};
    try {
      if (options.evaluator !== "interpreter") {
        prepared.generated ??= generate(prepared.policy);
        if (prepared.generated !== "impossible") return prepared.generated.run(planName, options.input, data, state);
      }
      return prepared.interpreter.run(planName, options.input, data, state);
    } catch (error) {
      if (error instanceof RangeError) throw new EvaluationError("eval_cancel_error", "too many nested calls");
      throw error instanceof EvaluationError ? withFileName(error, prepared.policy) : error;
    }
  }
}

function withFileName({ code, message, place }: EvaluationError, policy: Policy): EvaluationError {
  const name = policy.static.files?.[place?.file ?? -1]?.value;
  return new EvaluationError(code, message, name === undefined ? place : { ...place, name });
}

function pathParts(path: string): readonly string[] {
  const text = path.startsWith("data.") ? path.slice("data.".length).replaceAll(".", "/") : path;
  return text.split("/").filter((part) => part !== "" && part !== "data");
}
