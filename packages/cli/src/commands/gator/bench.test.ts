import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "./gator.fixture.ts";

const folder = fileURLToPath(new URL("../../../../constraints/testdata/objects", import.meta.url));
const policies = ["-f", `${folder}/t.yaml`, "-f", `${folder}/c.yaml`, "-f", `${folder}/o.yaml`];
const bench = (...words: readonly string[]) => run("bench", ...policies, "-n", "3", "--warmup", "1", ...words);

test("gator bench: counts and sections as gator's, whatever the times", async () => {
  const { status, out, err } = await bench("-e", "rego");
  assert.equal(status, 0);
  assert.match(err, /^Warning: 3 iterations may not provide statistically meaningful P99 metrics\./);
  const sections = out.split("\n").filter((line) => /^[=A-Z]/.test(line));
  assert.deepEqual(sections, [
    "=== Benchmark Results: REGO Engine ===",
    "Configuration:",
    "Timing:",
    "Latency (per review):",
    "Results:",
  ]);
});

test("gator bench -o json: reviews are iterations times objects", async () => {
  const { out } = await bench("-e", "rego", "-o", "json", "--stats", "--memory");
  const [result] = JSON.parse(out) as readonly {
    readonly [field: string]: unknown;
    readonly statsEntries: readonly { readonly scope: string }[];
  }[];
  assert.ok(result);
  assert.equal(result["totalReviews"], 3 * (result["objectCount"] as number));
  assert.equal(result["referentialDataSupported"], true);
  assert.ok((result["violationCount"] as number) > 0);
  assert.ok(result.statsEntries.every(({ scope }) => scope === "template"));
  assert.match(String((result["memoryStats"] as { bytesPerReview: string }).bytesPerReview), /^[\d.]+ (B|KB|MB)$/);
});

test("gator bench: what has no code in a language is told, and fails alone", async () => {
  const both = await bench("-e", "all");
  assert.equal(both.status, 0);
  assert.match(both.err, /Warning: Engine skipped - cel: no templates compatible with cel engine/);
  const cel = await bench();
  assert.equal(cel.status, 1);
  assert.match(
    cel.err,
    /benchmark failed: benchmarking cel: no templates compatible with cel engine \(all \d+ templates skipped\)\n$/,
  );
});

test("gator bench --compare: status 1 where what was saved was better", async (t) => {
  const scratch = mkdtempSync(join(tmpdir(), "bench-"));
  t.after(() => rmSync(scratch, { recursive: true, force: true }));
  const file = join(scratch, "baseline.json");
  assert.equal((await bench("-e", "rego", "--save", file)).status, 0);
  const [saved] = JSON.parse(readFileSync(file, "utf8"));
  const scaled = (by: number) =>
    JSON.stringify([
      {
        ...saved,
        reviewsPerSecond: saved.reviewsPerSecond / by,
        latencies: Object.fromEntries(
          Object.entries(saved.latencies as { [name: string]: number }).map(([name, ns]) => [name, ns * by]),
        ),
      },
    ]);
  writeFileSync(file, scaled(1e6));
  const slower = await bench("-e", "rego", "--compare", file);
  assert.equal(slower.status, 0);
  assert.match(slower.out, /\n✓ No significant regressions \(threshold: 10\.0%\)\n$/);
  writeFileSync(file, scaled(1e-6));
  const faster = await bench("-e", "rego", "--compare", file);
  assert.equal(faster.status, 1);
  assert.match(
    faster.out,
    /✗ Regressions detected in: P50 Latency, P95 Latency, P99 Latency, Mean Latency, Throughput/,
  );
  assert.equal((await bench("-e", "rego", "--compare", file, "--min-threshold", "1h")).status, 0);
});

const faults: ReadonlyArray<[words: string, err: RegExp]> = [
  ["-e xml", /^invalid engine: invalid engine "xml" \(valid: rego, cel, all\)\n$/],
  ["-o xml", /^invalid output format: invalid output format: "xml" \(valid: table, json, yaml\)\n$/],
  ["-n 0", /^iterations must be positive\n$/],
  ["--warmup -1", /^warmup must be non-negative\n$/],
  ["--concurrency 0", /^concurrency must be at least 1\n$/],
  ["--compare /nofile", /^baseline file does not exist: \/nofile\n$/],
];

for (const [words, err] of faults)
  test(`gator bench ${words}: refused`, async () => {
    const answer = await run("bench", ...policies, ...words.split(" "));
    assert.equal(answer.status, 1);
    assert.match(answer.err, err);
  });
