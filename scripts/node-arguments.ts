import { join } from "node:path";

/** What Node is given to run `sallyport` of this tree, without the launcher in front of it: a signal meets the program itself. */
export const nodeArguments: readonly string[] = [
  "--conditions=source",
  "--disable-warning=ExperimentalWarning",
  join(import.meta.dirname, "../packages/cli/bin/run.js"),
];
