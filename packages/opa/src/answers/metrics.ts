import type { CountedOperation, Instrumentation } from "@sallyport/rego";
import { aggregate, goFloat } from "./aggregate.ts";
import { type Printable, Struct } from "./json-text.ts";

/** Timers by OPA's names, as `rego_query_eval`. https://www.openpolicyagent.org/docs/rest-api#performance-metrics */
export type TimerName =
  | "rego_load_files"
  | "rego_load_bundles"
  | "rego_module_parse"
  | "rego_data_parse"
  | "rego_module_compile"
  | "rego_input_parse"
  | "rego_query_parse"
  | "rego_query_compile"
  | "rego_query_eval"
  | "rego_partial_eval"
  | "rego_external_resolve"
  | `compile_${"prep_partial" | "eval_constraints" | "eval_mask_rule" | "translate_queries"}`
  | `compile_extract_annotations_${"unknowns" | "mask"}`
  | "server_handler"
  | "server_read_bytes";

/** Timers of the stages of the compiler, told where they are asked for: `query_compile_stage_check_types`. */
export type StageTimerName = `compile_stage_${string}` | `query_compile_stage_${string}`;

/** Runs the parse of a module or of a document, and counts the time that it takes: `Metrics.timed`. */
export type ParseTimer = <T>(name: "rego_module_parse" | "rego_data_parse", parse: () => T) => T;

export type CounterName = "server_query_cache_hit" | CountedOperation;

/** As OPA, a histogram keeps so many durations and tells of these. */
const maxSample = 1028;

/** Durations in nanoseconds: the last of them, and how many there were. */
class Durations {
  count = 0;
  readonly #sample: number[] = [];

  add(nanoseconds: number): void {
    this.#sample[this.count++ % maxSample] = nanoseconds;
  }

  json(): Struct {
    return aggregate(this.#sample, this.count).json();
  }
}

/** How long the parts of one evaluation took. */
export class Metrics {
  readonly #timers = new Map<string, number>();
  readonly #counters = new Map<string, number>();
  readonly #histograms = new Map<string, Durations>();

  /** Runs something, and adds the time that it takes to a timer. */
  timed<T>(name: TimerName | StageTimerName, run: () => T): T {
    const start = performance.now();
    try {
      return run();
    } finally {
      this.add(name, performance.now() - start);
    }
  }

  /** Tells each operation of a walk: those that are timed have a histogram beside their timer. */
  instrumentation(): Instrumentation {
    return {
      timed: (operation, run) => {
        const start = performance.now();
        try {
          return run();
        } finally {
          const milliseconds = performance.now() - start;
          this.add(operation, milliseconds);
          const durations = this.#histograms.get(operation) ?? new Durations();
          this.#histograms.set(operation, durations);
          durations.add(Math.round(milliseconds * 1e6));
        }
      },
      count: (operation) => {
        this.count(operation, 1);
        // What is not kept is looked for at the resolvers first; there are none.
        if (operation === "eval_op_base_cache_miss") this.add("rego_external_resolve", 0);
      },
    };
  }

  async timedAsync<T>(name: TimerName, run: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await run();
    } finally {
      this.add(name, performance.now() - start);
    }
  }

  /** Milliseconds. */
  add(name: string, milliseconds: number): void {
    this.#timers.set(name, (this.#timers.get(name) ?? 0) + milliseconds);
  }

  /** It came to nothing: what was timed has not begun. */
  discard(name: TimerName): void {
    this.#timers.delete(name);
  }

  count(name: CounterName, times: number): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + times);
  }

  /** Nanoseconds and counts by full name, `timer_rego_query_eval_ns`, sorted. */
  entries(): readonly (readonly [string, number])[] {
    const timers = [...this.#timers].map(
      ([name, milliseconds]) => [`timer_${name}_ns`, Math.round(milliseconds * 1e6)] as const,
    );
    const counters = [...this.#counters].map(([name, times]) => [`counter_${name}`, times] as const);
    return [...timers, ...counters].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** `entries`, and of histograms each number: `histogram_eval_op_plug_median`. As Go prints them, sorted. */
  rows(): readonly (readonly [string, string])[] {
    const histograms = [...this.#histograms].flatMap(([name, durations]) =>
      durations
        .json()
        .fields.map(([field, value]) => [`histogram_${name}_${field}`, goFloat(value as number)] as const),
    );
    const all = [...this.entries().map(([name, value]) => [name, String(value)] as const), ...histograms];
    return all.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  json(): Struct {
    const histograms = [...this.#histograms].map(
      ([name, durations]) => [`histogram_${name}`, durations.json()] as const,
    );
    const all: readonly (readonly [string, Printable])[] = [...this.entries(), ...histograms];
    return new Struct(Object.fromEntries(all.toSorted(([a], [b]) => (a < b ? -1 : 1))));
  }
}

/** What several runs have in common: the distribution of each timer. */
export function aggregateMetrics(runs: readonly Metrics[]): readonly (readonly [string, readonly number[]])[] {
  const byName = new Map<string, number[]>();
  for (const run of runs)
    for (const [name, value] of run.entries()) byName.set(name, [...(byName.get(name) ?? []), value]);
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1));
}

export function aggregateMetricsJson(runs: readonly Metrics[]): Printable {
  return new Struct(
    Object.fromEntries(aggregateMetrics(runs).map(([name, values]) => [name, aggregate(values).json()])),
  );
}
