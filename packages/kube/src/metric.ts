/** One more series than this is dropped: labels come from requests, and memory stays bounded. */
const maxSeries = 10_000;

/** A metric as Prometheus reads it. */
export interface Rendered {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  /** Their names. */
  readonly labels: readonly string[];
  readonly render: () => string;
}

/** Values of a metric's labels, in the order of their names. */
export type LabelValues = readonly string[];

/** Series by one label after another: no text has to be made to find one. */
interface Branch<Value> {
  readonly branches: Map<string, Branch<Value>>;
  found: { readonly values: LabelValues; value: Value } | undefined;
}

function createBranch<Value>(): Branch<Value> {
  return { branches: new Map(), found: undefined };
}

abstract class Metric<Value> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  protected readonly series: { readonly values: LabelValues; value: Value }[] = [];
  readonly #root = createBranch<Value>();

  constructor(name: string, help: string, labels: readonly string[] = []) {
    this.name = name;
    this.help = help;
    this.labels = labels;
  }

  abstract readonly type: string;
  protected abstract zero(): Value;
  protected abstract lines(labels: string, value: Value): readonly string[];

  /** Series that is there, or a new one; undefined when there are too many. */
  protected at(values: LabelValues): { value: Value } | undefined {
    let branch = this.#root;
    for (const value of values) {
      let next = branch.branches.get(value);
      if (next === undefined) {
        if (this.series.length >= maxSeries) return undefined;
        next = createBranch<Value>();
        branch.branches.set(value, next);
      }
      branch = next;
    }
    if (branch.found !== undefined || this.series.length >= maxSeries) return branch.found;
    branch.found = { values: [...values], value: this.zero() };
    this.series.push(branch.found);
    return branch.found;
  }

  /** Prometheus' text format 0.0.4; nothing while nothing was counted. */
  render(): string {
    return this.series.length === 0 ? "" : this.renderAlways();
  }

  /** The same, with what it is also while nothing was counted. */
  renderAlways(): string {
    const head = `# HELP ${this.name} ${this.help}\n# TYPE ${this.name} ${this.type}\n`;
    const body = this.series.flatMap(({ values, value }) => this.lines(this.#text(values), value));
    return [head, ...body.map((line) => `${line}\n`)].join("");
  }

  #text(values: LabelValues): string {
    return this.labels.map((name, i) => `${name}="${escaped(values[i] ?? "")}"`).join(",");
  }
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (char) => (char === "\n" ? "\\n" : `\\${char}`));
}

function braced(labels: string): string {
  return labels === "" ? "" : `{${labels}}`;
}

export class Counter extends Metric<number> {
  readonly type: string = "counter";
  protected zero(): number {
    return 0;
  }
  protected lines(labels: string, value: number): readonly string[] {
    return [`${this.name}${braced(labels)} ${value}`];
  }

  /** Adds, or with 0 makes the series known. */
  add(values: LabelValues = [], amount = 1): void {
    const found = this.at(values);
    if (found !== undefined) found.value += amount;
  }
}

export class Gauge extends Counter {
  override readonly type = "gauge";

  set(values: LabelValues, value: number): void {
    const found = this.at(values);
    if (found !== undefined) found.value = value;
  }

  /** All series that are known. */
  setAll(value: number): void {
    for (const each of this.series) each.value = value;
  }
}

interface Observed {
  readonly counts: number[];
  sum: number;
  count: number;
}

export class Histogram extends Metric<Observed> {
  readonly type = "histogram";
  readonly #bounds: readonly number[];

  /** `bounds` ascend; the last bucket, of all, is added. */
  constructor(name: string, help: string, labels: readonly string[], bounds: readonly number[]) {
    super(name, help, labels);
    this.#bounds = bounds;
  }

  protected zero(): Observed {
    return { counts: this.#bounds.map(() => 0), sum: 0, count: 0 };
  }

  protected lines(labels: string, { counts, sum, count }: Observed): readonly string[] {
    const prefix = labels === "" ? "" : `${labels},`;
    let below = 0;
    const buckets = this.#bounds.map((bound, i) => {
      below += counts[i] as number;
      return `${this.name}_bucket{${prefix}le="${bound}"} ${below}`;
    });
    return [
      ...buckets,
      `${this.name}_bucket{${prefix}le="+Inf"} ${count}`,
      `${this.name}_sum${braced(labels)} ${sum}`,
      `${this.name}_count${braced(labels)} ${count}`,
    ];
  }

  observe(values: LabelValues, amount: number): void {
    const found = this.at(values);
    if (found !== undefined) this.#count(found.value, amount, 1);
  }

  /** What observes one series, once or several times the same: for who has many observations of few series, and keeps it. */
  observer(values: LabelValues): Observer {
    const found = this.at(values);
    if (found === undefined) return () => {};
    return (amount, times = 1) => this.#count(found.value, amount, times);
  }

  #count(value: Observed, amount: number, times: number): void {
    const { counts } = value;
    value.sum += amount * times;
    value.count += times;
    let place = 0;
    while (place < counts.length && amount > (this.#bounds[place] as number)) place++;
    if (place < counts.length) counts[place] = (counts[place] as number) + times;
  }
}

export type Observer = (amount: number, times?: number) => void;
