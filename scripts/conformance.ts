import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run as runOpa } from "../conformance/opa.ts";
import { run as runPodSecurity } from "../conformance/pod-security.ts";
import type { Suite, SuiteResult } from "../conformance/suite.ts";

/** The outside suites, in the order of the rooms they test. */
const suites: readonly Suite[] = [
  { name: "opa", folder: "opa", run: runOpa },
  { name: "pod-security", folder: "pod-security", run: runPodSecurity },
];

const args = process.argv.slice(2);
const flags = new Set(args.filter((arg) => arg.startsWith("--")));
const [name, dir] = args.filter((arg) => !arg.startsWith("--"));
const suite = suites.find((each) => each.name === name);
if (suite === undefined)
  fail(
    `usage: npm run conformance -- SUITE [DIR] [--verbose] [--update]; suites: ${suites.map((each) => each.name).join(", ")}`,
  );
const data = process.env["SALLYPORT_CONFORMANCE"] ?? "../shared/conformance";
const folder = dir ?? join(data, suite.folder);
if (!existsSync(folder)) fail(`no folder ${folder}; give one, or set SALLYPORT_CONFORMANCE`);
const result = await suite.run(folder);
report(suite, result);

function report({ name }: Suite, { passed, failed, skipped }: SuiteResult): void {
  const shown = flags.has("--verbose") ? failed : failed.slice(0, 20);
  for (const each of shown) console.log(`FAILED ${each.name}: ${each.why}`);
  if (shown.length < failed.length) console.log(`… and ${failed.length - shown.length} more; --verbose shows all`);
  for (const each of skipped) console.log(`skipped ${each.name}: ${each.why}`);
  const lost = dir === undefined ? checkLedger(name, passed) : [];
  for (const each of lost) console.log(`LOST ${each}: passed before`);
  console.log(`${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped`);
  process.exit(lost.length > 0 || (dir !== undefined && failed.length > 0) ? 1 : 0);
}

/** Cases of the ledger that do not pass any more. `--update` adds those that are new. */
function checkLedger(suiteName: string, passed: readonly string[]): readonly string[] {
  const file = `conformance/ledger/${suiteName}.txt`;
  const before = existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
  const now = new Set(passed);
  if (flags.has("--update")) writeFileSync(file, `${[...new Set([...before, ...passed])].sort().join("\n")}\n`);
  return before.filter((each) => !now.has(each));
}

function fail(message: string): never {
  console.error(`conformance: ${message}`);
  process.exit(2);
}
