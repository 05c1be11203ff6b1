import { hasFailed, ReviewNotes, readFilter, type SuiteResult, verifySuite, verifyText } from "@sallyport/constraints";
import { engineFlags, readEngines } from "../../gator/flags.ts";
import { diskFiles, findSuites } from "../../gator/suite-files.ts";
import { type Call, CommandFault, type OpaCommand, UsageFault } from "../../opa/command.ts";
import type { FlagSpec } from "../../opa/flags.ts";

const flags: readonly FlagSpec[] = [
  ...engineFlags,
  { name: "run", short: "r", kind: "string", usage: "regular expression that chooses the tests to run by name" },
  { name: "trace", short: "t", kind: "bool", usage: "tell how templates in Rego came to their answers, as OPA traces" },
  { name: "verbose", short: "v", kind: "bool", usage: "tell of each test and case, and what policies print" },
];

export const verifyCommand: OpaCommand = {
  program: "gator",
  name: "verify",
  usage: "path [--run=name] [flags]",
  summary: "Run suites of tests of constraints",
  description: `Status 1 where a case fails, or cannot be run.`,
  examples: `
  sallyport gator verify label-tests.yaml
  sallyport gator verify tests/... --run forbid-labels//          all tests whose names contain forbid-labels
  sallyport gator verify tests/... --run '//^nginx-deployment$'   all cases of just that name`,
  flags,
  run: runVerify,
};

function runVerify({ args, flags, terminal }: Call): number {
  const [path] = args;
  if (path === undefined || args.length > 1) throw new UsageFault(`accepts 1 arg(s), received ${args.length}`);
  const engines = readEngines(flags);
  const found = findSuites(path);
  const now = () => performance.now();
  const notes = flags.bool("trace") ? new ReviewNotes(now, { traces: true, prints: true }) : undefined;
  const options = { files: diskFiles(), filter: filterOf(flags.string("run")), engines, now, notes };
  const results = found.map(({ path: shown, file, suite }): SuiteResult => verifySuite(shown, file, suite, options));
  terminal.out(`${verifyText(results, flags.bool("verbose"))}\n`);
  if (!results.some(hasFailed)) return 0;
  terminal.err("Error: FAIL\n");
  return 1;
}

function filterOf(text: string): ReturnType<typeof readFilter> {
  try {
    return readFilter(text);
  } catch (error) {
    throw new CommandFault(`Error: compiling filter: ${(error as Error).message}`);
  }
}
