import { existsSync } from "node:fs";
import { readExceptions, sortExceptions } from "../conformance/exceptions.ts";
import { growLedger, lostCases, readLedger } from "../conformance/ledger.ts";
import { dataFolder, type Suite, type SuiteResult, type Verdict } from "../conformance/suite.ts";
import { findSuite, suites } from "../conformance/suites.ts";

// `npm run conformance -- SUITE [DIR] [--verbose] [--update]`: runs an outside suite. Without DIR the result is held against the ledger,
// which `--update` lets grow; with DIR every case must pass, and the ledger counts only where it names cases alike. The last line is
// always the count.

/** Enough to see what is wrong; `--verbose` shows all. */
const shownFailures = 20;

const args = process.argv.slice(2);
const flags = new Set(args.filter((arg) => arg.startsWith("--")));
const [name, dir] = args.filter((arg) => !arg.startsWith("--"));
const unknown = [...flags].find((flag) => flag !== "--verbose" && flag !== "--update");
const suite = findSuite(name);
if (suite === undefined || unknown !== undefined) {
  const names = suites.map((each) => each.name).join(", ");
  fail(`usage: npm run conformance -- SUITE [DIR] [--verbose] [--update]; suites: ${names}`);
}
const folder = dir ?? dataFolder(suite);
if (!existsSync(folder)) fail(`no folder ${folder}; give one, or set SALLYPORT_CONFORMANCE`);
const { run } = await suite.load();
process.exitCode = report(suite, await run(folder)) ? 0 : 1;

/** True when all is well. */
function report({ name, keepsNames = false }: Suite, result: SuiteResult): boolean {
  const { passed, skipped } = result;
  const exceptions = readExceptions().filter((each) => each.suite === name);
  const { failed, excepted, needless } = sortExceptions(result, exceptions);
  if (flags.has("--verbose")) printScoreboard(passed, [...failed, ...excepted]);
  printFailures(failed);
  for (const each of skipped) console.log(`skipped ${each.name}: ${each.why}`);
  for (const each of excepted) console.log(`exception ${each.name}: ${each.why}`);
  for (const each of needless) console.log(`NEEDLESS ${each}: an exception that passes`);
  const known = dir === undefined || keepsNames ? checkLedger(name, passed) : [];
  const lost =
    dir === undefined ? known : known.filter((each) => result.failed.some((verdict) => verdict.name === each));
  for (const each of lost) console.log(`LOST ${each}: in the ledger, but does not pass`);
  const counts = [`${passed.length} passed`, `${failed.length} failed`, `${excepted.length} exceptions`];
  console.log(`${counts.join(", ")}, ${skipped.length} skipped`);
  return lost.length === 0 && needless.length === 0 && (dir === undefined || failed.length === 0);
}

function printFailures(failed: readonly Verdict[]): void {
  const shown = flags.has("--verbose") ? failed : failed.slice(0, shownFailures);
  for (const each of shown) console.log(`FAILED ${each.name}: ${each.why}`);
  if (shown.length < failed.length) console.log(`… and ${failed.length - shown.length} more; --verbose shows all`);
}

/** One line per folder of cases: what passes of how many. */
function printScoreboard(passed: readonly string[], failed: readonly Verdict[]): void {
  const folders = new Map<string, { passed: number; all: number }>();
  const count = (name: string, pass: number) => {
    const key = name.split("/").slice(0, 2).join("/");
    const entry = folders.get(key) ?? { passed: 0, all: 0 };
    folders.set(key, { passed: entry.passed + pass, all: entry.all + 1 });
  };
  for (const name of passed) count(name, 1);
  for (const { name } of failed) count(name, 0);
  for (const [key, entry] of [...folders].sort()) {
    const mark = entry.passed === entry.all ? " " : "!";
    console.log(`${mark} ${key.padEnd(48)} ${String(entry.passed).padStart(4)} / ${entry.all}`);
  }
}

function checkLedger(suiteName: string, passed: readonly string[]): readonly string[] {
  const ledger = readLedger(suiteName);
  if (flags.has("--update")) console.log(`${growLedger(ledger, passed)} new in the ledger`);
  return lostCases(ledger, passed);
}

function fail(message: string): never {
  console.error(`conformance: ${message}`);
  process.exit(2);
}
