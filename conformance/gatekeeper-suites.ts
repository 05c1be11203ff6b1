import { globSync } from "node:fs";
import { dirname, relative } from "node:path";
import { celEngine, readFilter, regoEngine, verifySuite } from "@sallyport/constraints";
import { diskFiles, findSuites } from "../packages/cli/src/gator/suite-files.ts";
import { testEffects } from "./effects.ts";
import { type SuiteResult, Tally } from "./suite.ts";

/** Runs the suites of gatekeeper-library twice: as gator does, which prefers CEL, and in Rego alone. Where a template has both, both must agree. */
export async function run(dir: string): Promise<SuiteResult> {
  const tally = new Tally();
  const files = diskFiles();
  const rego = () => regoEngine({ effects: testEffects });
  const modes = { cel: () => [celEngine(), rego()], rego: () => [rego()] };
  for (const folder of [...new Set(globSync(`${dir}/**/suite.yaml`).map(dirname))].sort())
    for (const { file, suite } of findSuites(folder))
      for (const [mode, engines] of Object.entries(modes)) {
        const options = { files, filter: readFilter(""), engines, now: () => performance.now() };
        const { tests } = verifySuite(file, file, suite, options);
        for (const { name, error, cases } of tests) {
          const path = `${relative(dir, folder)}/${mode}/${name}`;
          if (error !== undefined || cases.length === 0) tally.add(path, error);
          for (const each of cases) tally.add(`${path}/${each.name}`, each.error);
        }
      }
  return tally.result;
}
