import type { AskedConstraint, ReviewWatch } from "../review-watch.ts";
import { targetName } from "../template/template.ts";

export interface Statistic {
  readonly name: string;
  /** Nanoseconds, or a number of things. */
  readonly value: number;
  readonly source: { readonly type: "engine"; readonly value: string };
}

/** What one review tells of a template, or with CEL of a constraint. Gatekeeper's StatsEntry. */
export interface StatisticsEntry {
  readonly scope: "template" | "constraint";
  readonly statsFor: string;
  readonly stats: readonly Statistic[];
  readonly labels: readonly { readonly name: string; readonly value: boolean | string }[];
}

const target = { name: "target", value: targetName };

/** Collects what gator's `--stats` and `--trace` tell of reviews. */
export class ReviewNotes implements ReviewWatch {
  readonly now: () => number;
  readonly traces: boolean;
  readonly #prints: boolean;
  #asked: AskedConstraint[] = [];

  /** `prints` is only told. */
  constructor(now: () => number, { traces, prints }: { readonly traces: boolean; readonly prints: boolean }) {
    this.now = now;
    this.traces = traces;
    this.#prints = prints;
  }

  readonly asked = (asked: AskedConstraint): void => {
    this.#asked.push(asked);
  };

  /** Of one review; afterwards nothing is kept of it. */
  take(): { readonly entries: readonly StatisticsEntry[]; readonly trace: string | undefined } {
    const asked = this.#asked;
    this.#asked = [];
    return { entries: this.#entriesOf(asked), trace: this.traces ? traceOf(asked) : undefined };
  }

  /** Rego is asked of all constraints of a template at once, CEL of one after the other. */
  #entriesOf(asked: readonly AskedConstraint[]): readonly StatisticsEntry[] {
    const ofRego = asked.filter(({ engine }) => engine === "Rego");
    const byKind = Map.groupBy(ofRego, ({ constraint }) => constraint.kind);
    const labels = [
      { name: "TracingEnabled", value: this.traces },
      { name: "PrintEnabled", value: this.#prints },
    ];
    return [
      ...[...byKind].map(
        ([kind, all]): StatisticsEntry => ({
          scope: "template",
          statsFor: kind,
          stats: [
            statistic("templateRunTimeNS", nanoseconds(all), "Rego"),
            statistic("constraintCount", all.length, "Rego"),
          ],
          labels: [...labels, target],
        }),
      ),
      ...asked
        .filter(({ engine }) => engine !== "Rego")
        .map(
          (each): StatisticsEntry => ({
            scope: "constraint",
            statsFor: `${each.constraint.kind}/${each.constraint.name}`,
            stats: [statistic("runTimeNS", nanoseconds([each]), each.engine)],
            labels: [target],
          }),
        ),
    ];
  }
}

function statistic(name: string, value: number, engine: string): Statistic {
  return { name, value, source: { type: "engine", value: engine } };
}

function nanoseconds(asked: readonly AskedConstraint[]): number {
  return Math.round(asked.reduce((sum, { milliseconds }) => sum + milliseconds, 0) * 1e6);
}

/** Only Rego is traced; undefined where no constraint in Rego was asked. */
function traceOf(asked: readonly AskedConstraint[]): string | undefined {
  const text = asked.map(({ trace = "" }) => trace).join("");
  return text === "" ? undefined : `DRIVER Rego:\n\n${text}\n\n`;
}
