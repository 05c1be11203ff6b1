/** Upper bounds in seconds. */
const bounds: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Durations {
  readonly buckets: number[];
  sum: number;
  count: number;
}

/** What a webhook server has done, as Prometheus reads it. */
export class Metrics {
  readonly #reviews = new Map<string, Durations>();
  /** Bodies that were no review, by HTTP code. */
  readonly #refused = new Map<number, number>();

  review(phase: string, operation: string, allowed: boolean, seconds: number): void {
    const labels = `phase="${phase}",operation="${operation}",allowed="${allowed}"`;
    let known = this.#reviews.get(labels);
    if (known === undefined) {
      known = { buckets: bounds.map(() => 0), sum: 0, count: 0 };
      this.#reviews.set(labels, known);
    }
    known.sum += seconds;
    known.count++;
    for (const [i, bound] of bounds.entries()) if (seconds <= bound) known.buckets[i] = (known.buckets[i] ?? 0) + 1;
  }

  refused(code: number): void {
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1);
  }

  render(ready: boolean): string {
    const name = "sallyport_webhook_review_duration_seconds";
    const lines = [`# HELP ${name} Time from the whole body to the answer.`, `# TYPE ${name} histogram`];
    for (const [labels, { buckets, sum, count }] of this.#reviews) {
      for (const [i, bound] of bounds.entries()) lines.push(`${name}_bucket{${labels},le="${bound}"} ${buckets[i]}`);
      lines.push(`${name}_bucket{${labels},le="+Inf"} ${count}`);
      lines.push(`${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${count}`);
    }
    const refused = "sallyport_webhook_refused_total";
    lines.push(`# HELP ${refused} Requests that were no review that could be answered.`, `# TYPE ${refused} counter`);
    for (const [code, count] of this.#refused) lines.push(`${refused}{code="${code}"} ${count}`);
    lines.push("# HELP sallyport_webhook_ready Whether reviews are answered.", "# TYPE sallyport_webhook_ready gauge");
    return `${lines.join("\n")}\nsallyport_webhook_ready ${ready ? 1 : 0}\n`;
  }
}
