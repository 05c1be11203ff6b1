import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync } from "node:fs";
import { checkBoundaries } from "./check-boundaries.ts";

// The gate, in order: format and lint, types, boundaries, then all tests: in two processes at a time, as most of them wait for others.
// `npm test -- PATH…` runs only those tests; `npm test -- --gate` only what comes before the tests.

const args = process.argv.slice(2);
const paths = args.filter((arg) => !arg.startsWith("--"));

if (paths.length === 0) gate();
if (!args.includes("--gate")) await runTests(paths);

function gate(): void {
  step("format and lint", () => command("node_modules/.bin/biome", ["ci", "--colors=off"]));
  step("types", () => command("node_modules/.bin/tsc", ["-p", "tsconfig.json"]));
  step("room boundaries", () => {
    const faults = checkBoundaries(".");
    for (const fault of faults) console.error(fault);
    return faults.length === 0;
  });
}

async function runTests(paths: readonly string[]): Promise<never> {
  const files = testFiles(paths);
  if (files.length === 0) fail(`no test files under ${paths.join(" ") || "packages"}`);
  const half = (isFirst: boolean) => files.filter((file) => file.startsWith("packages/cli/") === isFirst);
  const halves = [half(true), half(false)].filter(({ length }) => length > 0);
  const outcomes = await Promise.all(halves.map(runHalf));
  const [passed, failed, skipped] = [0, 1, 2].map((i) =>
    outcomes.reduce((sum, { counts }) => sum + (counts[i] ?? 0), 0),
  );
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exit(outcomes.find(({ status }) => status !== 0)?.status ?? 0);
}

interface Outcome {
  readonly status: number;
  /** Passed, failed, skipped. */
  readonly counts: readonly number[];
}

/** Its output, but for the counts, is printed when it has ended: two at a time could not be read. */
async function runHalf(files: readonly string[]): Promise<Outcome> {
  const flags = ["--conditions=source", "--disable-warning=ExperimentalWarning", "--test", "--test-isolation=none"];
  const seed = ["--import", "./scripts/random-tests.ts"];
  const reporter = ["--test-reporter=./scripts/test-reporter.ts", "--test-reporter-destination=stdout"];
  const run = spawn(process.execPath, [...flags, ...seed, ...reporter, ...files], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  run.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const [code] = (await once(run, "close")) as [number | null];
  const [line, ...counts] = /(\d+) passed, (\d+) failed, (\d+) skipped\n$/.exec(text) ?? [];
  process.stdout.write(line === undefined ? text : text.slice(0, -line.length));
  if (line !== undefined) return { status: code ?? 1, counts: counts.map(Number) };
  // It was killed, or ended before its counts.
  return { status: code || 1, counts: [0, 1, 0] };
}

function testFiles(paths: readonly string[]): string[] {
  const roots = paths.length === 0 ? ["packages", "scripts", "conformance", "differential"] : paths;
  return roots
    .flatMap((path) => (path.endsWith(".ts") ? [path] : globSync(`${path}/**/*.test.ts`)))
    .filter((file) => existsSync(file) && !file.includes("node_modules"))
    .sort();
}

function step(name: string, run: () => boolean): void {
  const start = performance.now();
  const ok = run();
  console.log(`${ok ? "ok    " : "FAILED"} ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  if (!ok) fail(`${name} failed; see above`);
}

function command(name: string, commandArgs: readonly string[]): boolean {
  return spawnSync(name, commandArgs, { stdio: "inherit" }).status === 0;
}

function fail(message: string): never {
  console.error(`test: ${message}`);
  process.exit(1);
}
