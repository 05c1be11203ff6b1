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
  const sum = (what: string) =>
    outcomes.reduce(
      (total, { text }) => total + Number(new RegExp(`(\\d+) ${what}`).exec(lastLine(text))?.[1] ?? 0),
      0,
    );
  for (const { text } of outcomes) process.stdout.write(text.slice(0, text.length - lastLine(text).length));
  console.log(`${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
  process.exit(outcomes.find(({ status }) => status !== 0)?.status ?? 0);
}

/** Its output is printed when all have ended: two at a time could not be read. */
async function runHalf(files: readonly string[]): Promise<{ readonly status: number; readonly text: string }> {
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
  // A process that was killed, or ended before its counts, is a failure whatever it said.
  return { status: code ?? 1, text: text.endsWith("skipped\n") ? text : `${text}\n0 passed, 1 failed, 0 skipped\n` };
}

function lastLine(text: string): string {
  return text.slice(text.lastIndexOf("\n", text.length - 2) + 1);
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
