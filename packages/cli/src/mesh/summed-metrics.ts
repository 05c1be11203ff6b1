/** When a certificate ends is no sum: the first that does counts. */
const leastOf = "sallyport_mesh_certificate_expiry_seconds";

/** Metrics of several programs as of one: texts in Prometheus' format, each sample the sum of theirs, in the order in which they come. */
export function summedMetrics(texts: readonly string[]): string {
  /** By what stands before the value; a head by itself. */
  const lines = new Map<string, number | undefined>();
  const order: string[] = [];
  let metric = "";
  for (const text of texts)
    for (const line of text.split("\n").filter((each) => each !== "")) {
      if (line.startsWith("# HELP ")) metric = line.split(" ")[2] ?? "";
      const [key, value] = line.startsWith("#") ? [line, undefined] : sampleOf(line);
      const known = lines.get(key);
      if (!lines.has(key)) order.splice(placeOf(order, metric), 0, key);
      const least = known === undefined ? value : Math.min(known, value ?? 0);
      lines.set(key, metric === leastOf ? least : value === undefined ? undefined : (known ?? 0) + value);
    }
  return order.map((key) => (lines.get(key) === undefined ? `${key}\n` : `${key} ${lines.get(key)}\n`)).join("");
}

function sampleOf(line: string): readonly [key: string, value: number] {
  const space = line.lastIndexOf(" ");
  return [line.slice(0, space), Number(line.slice(space + 1))];
}

/** Behind the last line of the same metric, so that its samples stay together. */
function placeOf(order: readonly string[], metric: string): number {
  const last = order.findLastIndex((key) => key.startsWith(metric) || key.startsWith(`# TYPE ${metric} `));
  return last < 0 ? order.length : last + 1;
}
