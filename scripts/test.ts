import { spawnSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { checkBoundaries } from "./check-boundaries.ts";

// The gate, in order: format and lint, types, boundaries, then all tests in one process each half.
// `npm test -- PATH…` runs only those tests; `npm test -- --gate` only what comes before the tests.

const args = process.argv.slice(2);
const paths = args.filter((arg) => !arg.startsWith("--"));

if (paths.length === 0) gate();
if (!args.includes("--gate")) runTests(paths);

function gate(): void {
  step("format and lint", () => command("node_modules/.bin/biome", ["ci", "--colors=off"]));
  step("types", () => command("node_modules/.bin/tsc", ["-p", "tsconfig.json"]));
  step("room boundaries", () => {
    const faults = checkBoundaries(".");
    for (const fault of faults) console.error(fault);
    return faults.length === 0;
  });
}

function runTests(paths: readonly string[]): void {
  const files = testFiles(paths);
  if (files.length === 0) fail(`no test files under ${paths.join(" ") || "packages"}`);
  const flags = ["--conditions=source", "--disable-warning=ExperimentalWarning", "--test", "--test-isolation=none"];
  const seed = ["--import", "./scripts/random-tests.ts"];
  const reporter = ["--test-reporter=./scripts/test-reporter.ts", "--test-reporter-destination=stdout"];
  const run = spawnSync(process.execPath, [...flags, ...seed, ...reporter, ...files], { stdio: "inherit" });
  process.exit(run.status ?? 1);
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
