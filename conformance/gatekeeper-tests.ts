import { globSync, readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { compileTests, RegoError, type TestResult, TestRunner } from "@sallyport/rego";
import { testEffects } from "./effects.ts";
import { type SuiteResult, Tally } from "./suite.ts";

/** Far more than any of the tests takes: a test that hangs must not stop the suite. */
const timeout = 30_000;

/** Runs the Rego unit tests of gatekeeper-library, which are v0: those of each folder are tested together, as their authors do. */
export async function run(dir: string): Promise<SuiteResult> {
  const tally = new Tally();
  const folders = new Set(globSync(`${dir}/**/*_test.rego`).map((file) => dirname(file)));
  for (const folder of [...folders].sort()) {
    const name = relative(dir, folder);
    try {
      for await (const result of runnerOf(folder).run()) tally.add(`${name}/${result.name}`, whyNot(result));
    } catch (error) {
      if (!(error instanceof RegoError)) throw error;
      tally.add(`${name}/compile`, error.message);
    }
  }
  return tally.result;
}

function runnerOf(folder: string): TestRunner {
  const files = globSync(`${folder}/*.rego`).sort();
  const sources = files.map((file) => ({ file, text: readFileSync(file, "utf8") }));
  const compiled = compileTests(sources, { regoVersion: "v0" });
  return new TestRunner(compiled, { effects: testEffects, clock: () => performance.now(), timeout });
}

function whyNot({ outcome, error }: TestResult): string | undefined {
  return outcome === "pass" ? undefined : (error?.message ?? outcome);
}
