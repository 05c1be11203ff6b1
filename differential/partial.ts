import { createEffects } from "@sallyport/effects";
import {
  astJsonOfBody,
  astJsonOfModule,
  astJsonText,
  type Body,
  compileParsed,
  type EngineOptions,
  EvaluationError,
  jsonText,
  lookup,
  type PartialResult,
  parseQuery,
  type Ref,
  RegoError,
  type RegoPolicy,
  type Value,
} from "@sallyport/rego";

/** A query, and a moment in which everything is known. */
export interface PartialCase {
  readonly policy: RegoPolicy;
  readonly query: string;
  readonly input: Value | undefined;
  readonly data: Value;
  /** Refs that begin with `input` or `data`. */
  readonly unknowns: readonly string[];
  /** What the policy was compiled with. */
  readonly options?: EngineOptions;
}

/** What came of a comparison. `skipped`: the query fails when everything is known, so that there is nothing to compare with. */
export type PartialOutcome = "same" | "skipped" | { readonly different: string };

const effects = createEffects();

/**
 * Partial evaluation must not change what a query means: what it leaves, evaluated with the original modules once the unknown documents
 * are known, has the answers of the query itself.
 */
export function compareResidual(each: PartialCase): PartialOutcome {
  const { policy, query, input, data } = each;
  const whole = attempt(() => policy.query(query, { input, data, effects }));
  if (whole instanceof Error) return "skipped";
  const left = attempt(() => residualOf(each));
  if (left instanceof Error) return { different: `partial evaluation fails: ${left.message}` };
  const answers = attempt(() => residualAnswers(each, left));
  if (answers instanceof Error) return { different: `what is left fails: ${answers.message}\n${residualText(left)}` };
  const names = writtenNames(query);
  const [wanted, got] = [whole, answers].map((bindings) => textsOf(bindings, names)) as [string[], string[]];
  if (wanted.join() === got.join()) return "same";
  return { different: `all known: ${wanted.join(" ")}\nwhat is left: ${got.join(" ")}\n${residualText(left)}` };
}

export function residualOf({ policy, query, input, data, unknowns }: PartialCase): PartialResult {
  const known = unknowns.includes("input") ? undefined : input;
  return policy.partial(query, { data, input: known, effects, unknowns: unknowns.map(refOf) });
}

function refOf(text: string): Ref {
  const [expr] = parseQuery(text, {});
  const { terms } = expr as Body[number];
  if (terms.kind !== "term") throw new Error(`no ref: ${text}`);
  const { term } = terms;
  return term.kind === "ref" ? term : { kind: "ref", loc: term.loc, terms: [term] };
}

function residualAnswers(each: PartialCase, { queries, support }: PartialResult): readonly Value[] {
  const { policy, input, data, options = {} } = each;
  const { policy: residual, diagnostics } = compileParsed([...policy.compiled.modules, ...support], options);
  if (residual === undefined) throw new RegoError(diagnostics);
  return queries.flatMap((body) =>
    residual
      .prepareQuery(body)
      .answers({ input, data, effects })
      .map(({ bindings }) => Object.fromEntries(bindings)),
  );
}

/** The variables that the query's author named. */
function writtenNames(query: string): readonly string[] {
  return [...new Set(query.match(/\b[a-zA-Z_]\w*\b/g) ?? [])].sort();
}

/** Distinct bindings of some names. */
function textsOf(bindings: readonly Value[], names: readonly string[]): readonly string[] {
  const texts = bindings.map((each) =>
    names
      .flatMap((name) => {
        const value = lookup(each, name);
        return value === undefined ? [] : [`${name} = ${jsonText(value)}`];
      })
      .join("; "),
  );
  return [...new Set(texts)].sort();
}

/** Its syntax trees as JSON, as OPA's compile API answers them. */
export function residualText({ queries, support }: PartialResult): string {
  return [...queries.map((body) => astJsonOfBody(body)), ...support.map((module) => astJsonOfModule(module))]
    .map((json) => astJsonText(json))
    .join("\n");
}

function attempt<T>(run: () => T): T | Error {
  try {
    return run();
  } catch (error) {
    if (error instanceof EvaluationError || error instanceof RegoError) return error;
    throw error;
  }
}
