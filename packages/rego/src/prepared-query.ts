import type { Builtin } from "./builtins/builtin.ts";
import { type Capabilities, withAllowedHosts } from "./builtins/capabilities.ts";
import { compileQuery } from "./compile/compile.ts";
import type { Compiled, CompiledQuery } from "./compile/compiled.ts";
import type { QueryOptions } from "./compile/query.ts";
import { planPolicy } from "./plan/planner.ts";
import { evaluateAsynchronously } from "./run/asynchronous.ts";
import { type EvaluateOptions, Executable } from "./run/executable.ts";
import type { Body, Expr, Location } from "./syntax/ast.ts";
import { RegoError } from "./syntax/diagnostic.ts";
import { evaluateByWalking } from "./topdown/evaluate.ts";
import { evaluatePartially, type PartialOptions, type PartialResult } from "./topdown/partial.ts";
import type { WalkOptions } from "./topdown/walk-options.ts";
import { lookup } from "./value/access.ts";
import type { Value } from "./value/value.ts";

/** One way in which a query holds. https://www.openpolicyagent.org/docs/rest-api#execute-an-ad-hoc-query */
export interface QueryAnswer {
  /** The query's expressions, in the order in which they were evaluated. */
  readonly expressions: readonly ExpressionValue[];
  /** The variables that the author named, in the order of their names. */
  readonly bindings: readonly (readonly [string, Value])[];
}

export interface ExpressionValue {
  readonly value: Value;
  /** As written. */
  readonly text: string;
  readonly row: number;
  readonly col: number;
}

const planName = "query";

/** An ad-hoc query over compiled modules, ready to be answered as `opa eval` answers. Throws `RegoError` when made. */
export class PreparedQuery {
  readonly #compiled: Compiled;
  readonly #builtins: readonly Builtin[];
  readonly #capabilities: Capabilities | undefined;
  readonly #query: CompiledQuery;
  /** Without the values of expressions, which partial evaluation has no use for. */
  readonly #plain: () => CompiledQuery;
  readonly #expressions: readonly { readonly loc: Location; readonly local: string | undefined }[];
  readonly #named: readonly string[];
  #executable: Executable | undefined;

  constructor(
    body: Body,
    compiled: Compiled,
    builtins: readonly Builtin[],
    options: QueryOptions,
    capabilities?: Capabilities,
  ) {
    this.#capabilities = capabilities;
    this.#compiled = compiled;
    this.#builtins = builtins;
    this.#plain = () => compileOrThrow(body, compiled, options);
    const query = compileOrThrow(body, compiled, { captureValues: true, ...options });
    this.#named = query.variables.map(({ name }) => name).sort();
    const captures = query.captures.filter((local) => local !== undefined);
    this.#expressions = expressionsOf(query.body, new Set(captures));
    this.#query = {
      ...query,
      variables: [...query.variables, ...captures.map((local) => ({ name: local, local }))],
    };
  }

  /** All answers. Throws `EvaluationError`. */
  answers(options: EvaluateOptions): readonly QueryAnswer[] {
    this.#executable ??= new Executable(
      planPolicy(this.#compiled, [{ name: planName, query: this.#query }]),
      builtinMap(this.#builtins),
    );
    return this.#executable
      .run(planName, withAllowedHosts(options, this.#capabilities))
      .map((result) => this.#answerOf(result));
  }

  /** As `answers`, for policies that send requests or look up names. */
  answersAsync(options: EvaluateOptions): Promise<readonly QueryAnswer[]> {
    return evaluateAsynchronously(options, (each) => this.answers(each));
  }

  /** As `answers`, each step of the way told to a tracer. */
  walk(options: WalkOptions): readonly QueryAnswer[] {
    const results = evaluateByWalking(this.#query, this.#compiled, {
      ...withAllowedHosts(options, this.#capabilities),
      builtins: this.#builtins,
    });
    return results.map((result) => this.#answerOf(result));
  }

  /** As `walk`, for policies that send requests or look up names. */
  walkAsync(options: WalkOptions): Promise<readonly QueryAnswer[]> {
    return evaluateAsynchronously(options, (each) => this.walk(each));
  }

  /** What of the query is left when some documents are unknown. */
  partial(options: PartialOptions): PartialResult {
    return evaluatePartially(this.#plain(), this.#compiled, {
      ...withAllowedHosts(options, this.#capabilities),
      builtins: this.#builtins,
    });
  }

  /** As `partial`, for policies that send requests or look up names. */
  partialAsync(options: PartialOptions): Promise<PartialResult> {
    return evaluateAsynchronously(options, (each) => this.partial(each));
  }

  #answerOf(result: Value): QueryAnswer {
    return {
      expressions: this.#expressions.map(({ loc, local }) => ({
        value: (local === undefined ? undefined : lookup(result, local)) ?? (local === undefined ? true : null),
        text: loc.text,
        row: loc.row,
        col: loc.col,
      })),
      bindings: this.#named.flatMap((name) => {
        const value = lookup(result, name);
        return value === undefined ? [] : [[name, value] as const];
      }),
    };
  }
}

function compileOrThrow(body: Body, compiled: Compiled, options: QueryOptions): CompiledQuery {
  const { query, diagnostics } = compileQuery(body, compiled, options);
  if (query === undefined) throw new RegoError(diagnostics);
  return query;
}

function expressionsOf(
  body: Body,
  captures: ReadonlySet<string>,
): readonly { readonly loc: Location; readonly local: string | undefined }[] {
  return body
    .filter(({ generated }) => generated !== true)
    .map((expr) => ({ loc: expr.loc, local: capturedBy(expr, captures) }));
}

/** The variable that holds the expression's value: the last argument of its call. */
function capturedBy({ terms }: Expr, captures: ReadonlySet<string>): string | undefined {
  const last = terms.kind === "call" ? terms.args.at(-1) : undefined;
  return last?.kind === "var" && captures.has(last.name) ? last.name : undefined;
}

function builtinMap(builtins: readonly Builtin[]): ReadonlyMap<string, Builtin> {
  return new Map(builtins.map((builtin) => [builtin.name, builtin]));
}
