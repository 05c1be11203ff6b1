import { isDenied, ReviewNotes, type TestedObjects, testObjects } from "@sallyport/constraints";
import { engineFlags, readEngines } from "../../gator/flags.ts";
import { filenameFlag, imageFlags, readSources } from "../../gator/read-sources.ts";
import { resultsText } from "../../gator/results-text.ts";
import { type Call, CommandFault, type OpaCommand } from "../../opa/command.ts";
import type { FlagSpec } from "../../opa/flags.ts";

const flags: readonly FlagSpec[] = [
  filenameFlag("f"),
  ...imageFlags,
  { name: "output", short: "o", kind: "string", usage: "output format: json or yaml" },
  ...engineFlags,
  { name: "deny-only", kind: "bool", usage: "only what is refused, not what is warned of" },
  { name: "trace", short: "t", kind: "bool", usage: "tell how templates in Rego came to their answers, as OPA traces" },
  { name: "stats", kind: "bool", usage: "tell how long templates and constraints took, in JSON and YAML" },
  { name: "mutate", kind: "bool", usage: "review objects as the mutators among them leave them, as a cluster does" },
  { name: "verbose", short: "v", kind: "bool", usage: "what policies print, too" },
];

export const testCommand: OpaCommand = {
  program: "gator",
  name: "test",
  usage: "[flags]",
  summary: "Review objects under the templates and constraints among them",
  description:
    "Objects come from files, folders and standard input. Status 1 where one is refused, or where they cannot be reviewed.",
  examples: `
  sallyport gator test -f policies/ -f manifests/
  kustomize build . | sallyport gator test -f policies/ -o json`,
  flags,
  run: runTest,
};

function runTest(call: Call): number {
  const { flags, terminal } = call;
  const objects = readSources(call);
  const printed: string[] = [];
  const engines = readEngines(flags)(flags.bool("verbose") ? (line) => void printed.push(line) : undefined);
  const [traces, stats] = [flags.bool("trace"), flags.bool("stats")];
  const notes =
    traces || stats ? new ReviewNotes(() => performance.now(), { traces, prints: flags.bool("verbose") }) : undefined;
  const { results, entries, trace } = review(() =>
    testObjects(objects, { engines, mutate: flags.bool("mutate"), notes }),
  );
  const shown = flags.bool("deny-only") ? results.filter(isDenied) : results;
  terminal.out(
    resultsText(shown, flags.string("output").toLowerCase(), { entries: stats ? entries : undefined, trace }),
  );
  if (printed.length > 0) terminal.out(`\n${printed.join("\n")}\n\n`);
  return results.some(isDenied) ? 1 : 0;
}

function review(run: () => TestedObjects): TestedObjects {
  try {
    return run();
  } catch (error) {
    throw new CommandFault(`auditing objects: ${(error as Error).message}`);
  }
}
