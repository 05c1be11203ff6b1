import type { KubeObject } from "@sallyport/kube";
import { isConstraint } from "../constraint.ts";
import type { Engine } from "../engines/engine.ts";
import { FrameworkError, within } from "../fault.ts";
import { Framework } from "../framework.ts";
import { type Review, reviewOfObject } from "../review.ts";
import { isTemplate } from "../template/template.ts";
import { type Latencies, latenciesOf } from "./latencies.ts";
import { ReviewNotes, type StatisticsEntry } from "./statistics.ts";

export interface BenchOptions {
  /** `rego` or `cel`: what is told of it. */
  readonly engine: string;
  readonly makeEngine: () => Engine;
  /** CEL reads no other objects. */
  readonly hasInventory: boolean;
  readonly iterations: number;
  readonly warmup: number;
  /** Milliseconds. */
  readonly now: () => number;
  /** Bytes of the heap in use, where it is wanted how much of it reviews take. */
  readonly heapUsed: (() => number) | undefined;
  readonly stats: boolean;
}

/** How fast one engine reviewed objects; times in nanoseconds. */
export interface BenchResult {
  readonly engine: string;
  readonly templates: number;
  readonly constraints: number;
  readonly objects: number;
  readonly iterations: number;
  readonly setup: { readonly whole: number; readonly [step: string]: number };
  readonly total: number;
  readonly latencies: Latencies;
  readonly violations: number;
  readonly reviewsPerSecond: number;
  readonly bytesPerReview: number | undefined;
  /** Of the first iteration. */
  readonly entries: readonly StatisticsEntry[];
  readonly skippedTemplates: readonly string[];
  readonly skippedConstraints: readonly string[];
  readonly hasInventory: boolean;
}

/** What of some objects is reviewed by what. Throws an error of one line where something is missing. */
export interface BenchObjects {
  readonly templates: readonly KubeObject[];
  readonly constraints: readonly KubeObject[];
  readonly reviewed: readonly KubeObject[];
}

export function sortBenchObjects(objects: readonly KubeObject[]): BenchObjects {
  const templates = objects.filter(isTemplate);
  const constraints = objects.filter(isConstraint);
  const reviewed = objects.filter((each) => !isTemplate(each) && !isConstraint(each));
  if (templates.length === 0) throw new Error("no ConstraintTemplates found in input");
  if (constraints.length === 0) throw new Error("no Constraints found in input");
  if (reviewed.length === 0) throw new Error("no objects to review found in input");
  return { templates, constraints, reviewed };
}

/** Reviews all objects, as often as asked. Throws an error of one line. */
export function benchEngine({ templates, constraints, reviewed }: BenchObjects, options: BenchOptions): BenchResult {
  const { engine, hasInventory, iterations, warmup } = options;
  const clock = new Clock(options.now);
  const framework = new Framework({ engines: [options.makeEngine()] });
  clock.lap("clientCreation");
  const skippedTemplates = addTemplates(framework, templates, engine);
  clock.lap("templateCompilation");
  const skippedConstraints = addConstraints(framework, constraints);
  clock.lap("constraintLoading");
  if (hasInventory)
    for (const each of reviewed)
      within(`adding data ${JSON.stringify(each.metadata.name ?? "")}`, () => framework.inventory.put(each));
  clock.lap("dataLoading");
  const setup = clock.laps;
  const reviews = reviewed.map((each) => reviewOfObject(each, { source: "Original" }));
  for (let i = 0; i < warmup; i++) for (const each of reviews) framework.review(each, "gator.gatekeeper.sh");
  const measured = measure(framework, reviews, options);
  return {
    engine,
    templates: templates.length - skippedTemplates.length,
    constraints: constraints.length - skippedConstraints.length,
    objects: reviewed.length,
    iterations,
    setup,
    skippedTemplates,
    skippedConstraints,
    hasInventory,
    ...measured,
  };
}

/** Answers the names of those that have no code for the engine. */
function addTemplates(framework: Framework, templates: readonly KubeObject[], engine: string): readonly string[] {
  const skipped = templates.filter((each) => {
    try {
      framework.addTemplate(each);
      return false;
    } catch (error) {
      const name = each.metadata.name ?? "";
      if (error instanceof FrameworkError && error.kind === "no-engine") return true;
      throw new Error(`adding template ${JSON.stringify(name)}: ${(error as Error).message}`);
    }
  });
  if (skipped.length === templates.length)
    throw new Error(`no templates compatible with ${engine} engine (all ${templates.length} templates skipped)`);
  return skipped.map(({ metadata }) => metadata.name ?? "");
}

/** Answers the names of those without a template. */
function addConstraints(framework: Framework, constraints: readonly KubeObject[]): readonly string[] {
  const skipped = constraints.filter((each) => {
    if (!framework.has(each.kind.toLowerCase())) return true;
    within(`adding constraint ${JSON.stringify(each.metadata.name ?? "")}`, () => framework.addConstraint(each));
    return false;
  });
  if (skipped.length === constraints.length)
    throw new Error(`no constraints loaded (all ${constraints.length} constraints skipped due to missing templates)`);
  return skipped.map(({ metadata }) => metadata.name ?? "");
}

function measure(
  framework: Framework,
  reviews: readonly Review[],
  { iterations, now, heapUsed, stats }: BenchOptions,
): Pick<BenchResult, "total" | "latencies" | "violations" | "reviewsPerSecond" | "bytesPerReview" | "entries"> {
  const notes = stats ? new ReviewNotes(now, { traces: false, prints: false }) : undefined;
  const durations = new Float64Array(iterations * reviews.length);
  const entries: StatisticsEntry[] = [];
  let [violations, bytes, at] = [0, 0, 0];
  const began = now();
  for (let i = 0; i < iterations; i++)
    for (const review of reviews) {
      const heap = heapUsed?.() ?? 0;
      const started = now();
      violations += framework.review(review, "gator.gatekeeper.sh", i === 0 ? notes : undefined).length;
      durations[at++] = now() - started;
      // What the collector took back in between is not counted against it.
      bytes += Math.max(0, (heapUsed?.() ?? 0) - heap);
      if (i === 0 && notes !== undefined) entries.push(...notes.take().entries);
    }
  const total = now() - began;
  return {
    total: nanoseconds(total),
    latencies: latenciesOf(durations.map(nanoseconds)),
    violations,
    reviewsPerSecond: total === 0 ? 0 : durations.length / (total / 1000),
    bytesPerReview: heapUsed === undefined ? undefined : Math.round(bytes / durations.length),
    entries,
  };
}

function nanoseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e6);
}

/** How long the steps of setting up took. */
class Clock {
  readonly #now: () => number;
  readonly #began: number;
  #last: number;
  readonly #laps: { [step: string]: number } = {};

  constructor(now: () => number) {
    this.#now = now;
    this.#began = now();
    this.#last = this.#began;
  }

  lap(step: string): void {
    const at = this.#now();
    this.#laps[step] = nanoseconds(at - this.#last);
    this.#last = at;
  }

  get laps(): BenchResult["setup"] {
    return { whole: nanoseconds(this.#last - this.#began), ...this.#laps };
  }
}
