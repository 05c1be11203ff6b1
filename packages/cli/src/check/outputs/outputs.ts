import type { CheckReport } from "../checker.ts";
import { reportText } from "../report.ts";
import { azureDevOpsOutput, githubOutput } from "./github.ts";
import { junitOutput } from "./junit.ts";
import { sarifOutput } from "./sarif.ts";
import { tableOutput } from "./table.ts";
import { tapOutput } from "./tap.ts";

/** The values of `--output`; conftest's, and `text`, which is its `stdout`. */
export const outputs: { readonly [name: string]: (report: CheckReport, verbose: boolean) => string } = {
  text: reportText,
  stdout: reportText,
  json: (report) => `${JSON.stringify(report, undefined, 2)}\n`,
  table: tableOutput,
  tap: tapOutput,
  junit: junitOutput,
  github: githubOutput,
  azuredevops: azureDevOpsOutput,
  sarif: sarifOutput,
};
