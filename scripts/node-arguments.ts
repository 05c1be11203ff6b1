import { join } from "node:path";

const program = join(import.meta.dirname, "../packages/cli/bin/run.js");

/** What Node is given to run the sources of this tree as `sallyport`, without the launcher in front of it: a signal meets the program itself. */
export const nodeArguments: readonly string[] = [
  "--conditions=source",
  "--disable-warning=ExperimentalWarning",
  program,
];

/** The same for the built program, which is what users start, and so what is timed. */
export const builtArguments: readonly string[] = [program];
