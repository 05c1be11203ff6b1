import type { JsonObject } from "@sallyport/rego";
import type { MetricObjectWithValues, MetricValue, Registry } from "prom-client";

/** Metrics as the status tells them: Prometheus' families by name, as Go's protobuf JSON has them. */
export async function metricFamilies(registry: Registry): Promise<JsonObject> {
  const all = await registry.getMetricsAsJSON();
  return Object.fromEntries(all.map((each) => [each.name, family(each as Family)]));
}

type Family = MetricObjectWithValues<MetricValue<string> & { readonly metricName?: string }> & {
  readonly type: unknown;
};

function family({ name, help, type, values }: Family): JsonObject {
  const kind = String(type);
  const metric =
    kind === "histogram" || kind === "summary"
      ? distributions(name, kind, values)
      : values.map((value) => simple(kind, value));
  return { name, help, type: kind.toUpperCase(), metric };
}

function simple(kind: string, { labels, value }: MetricValue<string>): JsonObject {
  return { ...labelsOf(labels, []), [kind]: { value: jsonNumber(value) } };
}

/** JSON has no other numbers: protobuf's has texts for them. */
function jsonNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function labelsOf(labels: MetricValue<string>["labels"], without: readonly string[]): JsonObject {
  const pairs = Object.entries(labels).filter(([name]) => !without.includes(name));
  if (pairs.length === 0) return {};
  return { label: pairs.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => ({ name, value: String(value) })) };
}

/** One for each set of labels; its buckets, sum and count come one by one. */
function distributions(name: string, kind: "histogram" | "summary", values: Family["values"]): JsonObject[] {
  const point = kind === "histogram" ? "le" : "quantile";
  const groups = new Map<string, { readonly labels: JsonObject; count: number; sum: number; points: JsonObject[] }>();
  for (const { labels, value, metricName } of values) {
    const own = labelsOf(labels, [point]);
    const key = JSON.stringify(own);
    const group = groups.get(key) ?? { labels: own, count: 0, sum: 0, points: [] };
    groups.set(key, group);
    const at = (labels as { readonly [name: string]: string | number | undefined })[point];
    if (metricName === `${name}_sum`) group.sum = value;
    else if (metricName === `${name}_count`) group.count = value;
    else if (at !== "+Inf" && at !== undefined) group.points.push(pointOf(kind, Number(at), value));
  }
  return [...groups.values()].map(({ labels, count, sum, points }) => ({
    ...labels,
    [kind]: {
      sampleCount: String(count),
      sampleSum: jsonNumber(sum),
      [kind === "histogram" ? "bucket" : "quantile"]: points,
    },
  }));
}

function pointOf(kind: "histogram" | "summary", at: number, value: number): JsonObject {
  return kind === "histogram"
    ? { cumulativeCount: String(value), upperBound: at }
    : { quantile: at, value: jsonNumber(value) };
}
