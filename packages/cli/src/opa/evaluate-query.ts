import { Metrics } from "@sallyport/opa/answers";
import {
  Coverage,
  type CoverageReport,
  defaultLimits,
  type EvaluationError,
  type ExplainMode,
  type Module,
  type PartialResult,
  Profile,
  type ProfileRow,
  parseRef,
  type QueryAnswer,
  type RecordedEvent,
  TraceBuffer,
  type TraceEvent,
  type Tracer,
  type Value,
} from "@sallyport/rego";
import { evalEffects, type Prepared, prepare, type QueryRequest } from "./query-request.ts";
import { inliningRef } from "./unknowns.ts";

/** What one evaluation of a query came to. */
export interface QueryRun {
  readonly answers: readonly QueryAnswer[];
  readonly partial: PartialResult | undefined;
  readonly builtinErrors: readonly EvaluationError[];
  readonly metrics: Metrics;
  readonly profile: readonly ProfileRow[] | undefined;
  readonly coverage: CoverageReport | undefined;
  readonly trace: readonly RecordedEvent[];
  /** What ended it early. */
  readonly error?: unknown;
}

/** Bounded by time alone, when it is: as OPA, a query may take as many steps as it needs. */
const limits = { ...defaultLimits, steps: Number.POSITIVE_INFINITY };

/**
 * Evaluates a query once, from reading its policies on. What `prepare` throws, and `EvaluationError`, is in the answer, with what was
 * observed until then.
 */
export async function evaluateQuery(request: QueryRequest, input: Value | undefined): Promise<QueryRun> {
  const metrics = new Metrics();
  const observers = createObservers(request);
  let ready: Prepared | undefined;
  try {
    ready = await prepare(request, metrics);
    const evaluated = await evaluatePrepared(request, input, ready, observers, metrics);
    return { ...evaluated, metrics, ...observations(request, observers, ready) };
  } catch (error) {
    const seen = observations(request, observers, ready);
    const profile = seen.profile?.length === 0 ? undefined : seen.profile;
    return { answers: [], partial: undefined, builtinErrors: [], metrics, ...seen, profile, error };
  }
}

async function evaluatePrepared(
  request: QueryRequest,
  input: Value | undefined,
  { prepared, data }: Prepared,
  observers: Observers,
  metrics: Metrics,
): Promise<Pick<QueryRun, "answers" | "partial" | "builtinErrors">> {
  const ruleIndexing = !request.flags.bool("disable-indexing");
  const options = { ...evalOptions(request, input, data), ...tracerOption(observers), ruleIndexing };
  const { builtinErrors } = options;
  const instrumentation = request.flags.bool("instrument") ? metrics.instrumentation() : undefined;
  if (request.flags.bool("partial")) {
    const partial = await metrics.timedAsync("rego_partial_eval", () =>
      prepared.partialAsync({ ...options, ...partialOptions(request), instrumentation }),
    );
    return { answers: [], partial, builtinErrors };
  }
  const answers = await metrics.timedAsync("rego_query_eval", () =>
    isObserved(observers) || instrumentation !== undefined
      ? prepared.walkAsync({ ...options, instrumentation })
      : prepared.answersAsync(options),
  );
  return { answers, partial: undefined, builtinErrors };
}

/** What every evaluation of the request is told. */
export function evalOptions(request: QueryRequest, input: Value | undefined, data: Value) {
  const { flags } = request;
  const timeout = flags.duration("timeout");
  const builtinErrors: EvaluationError[] = [];
  return {
    input,
    data,
    effects: evalEffects(request),
    limits,
    strictBuiltinErrors: flags.bool("strict-builtin-errors"),
    builtinErrors,
    ...(timeout > 0n ? { clock: () => performance.now(), deadline: performance.now() + Number(timeout) / 1e6 } : {}),
  };
}

export function partialOptions({ flags }: QueryRequest) {
  return {
    unknowns: flags.list("unknowns").map(parseRef),
    disableInlining: flags.list("disable-inlining").map(inliningRef),
    shallowInlining: flags.bool("shallow-inlining"),
    nondeterministicBuiltins: flags.bool("nondeterminstic-builtins"),
  };
}

interface Observers {
  readonly trace: TraceBuffer | undefined;
  readonly profile: Profile | undefined;
  readonly coverage: Coverage | undefined;
}

function createObservers({ flags }: QueryRequest): Observers {
  return {
    trace:
      flags.string("explain") === "off"
        ? undefined
        : new TraceBuffer({ locals: flags.bool("var-values") || isJson(flags.string("format")) }),
    profile: flags.bool("profile") ? new Profile(() => performance.now()) : undefined,
    coverage: flags.bool("coverage") ? new Coverage() : undefined,
  };
}

function isJson(format: string): boolean {
  return format === "json" || format === "discard";
}

function isObserved(observers: Observers): boolean {
  return tracersOf(observers).length > 0;
}

function tracersOf({ trace, profile, coverage }: Observers): readonly Tracer[] {
  return [trace, profile, coverage].filter((each) => each !== undefined);
}

function tracerOption(observers: Observers): { readonly tracer?: Tracer } {
  const tracers = tracersOf(observers);
  if (tracers.length === 0) return {};
  return {
    tracer: {
      begin: () => {
        for (const each of tracers) each.begin?.();
      },
      event: (event: TraceEvent) => {
        for (const each of tracers) each.event(event);
      },
    },
  };
}

function observations({ flags }: QueryRequest, { trace, profile, coverage }: Observers, ready: Prepared | undefined) {
  const parsed = (ready?.modules ?? []).map(({ module }): Module => module);
  return {
    profile: profile?.report({ sort: flags.list("profile-sort"), limit: flags.int("profile-limit") || -1 }),
    coverage: coverage?.report(parsed.map((module) => ({ file: module.file, module }))),
    trace: trace?.explain(flags.string("explain") as ExplainMode) ?? [],
  };
}
