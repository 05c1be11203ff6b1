import { leaveNothingInCrashes } from "./crash.ts";
import type { Terminal } from "./opa/command.ts";
import { endWithReader, report } from "./report.ts";

/** Those keep to the command line of another program, and have a reader of their own: neither waits for what the other one needs. */
const groups: {
  readonly [name: string]: () => Promise<(line: readonly string[], terminal: Terminal) => Promise<number>>;
} = {
  opa: async () => (await import("./commands/opa/opa.ts")).runOpa,
  gator: async () => (await import("./commands/gator/gator.ts")).runGator,
};

endWithReader();

// No await at the top: the built program is a script, which has none.
main(process.argv.slice(2)).catch((error: unknown) => {
  process.exitCode = report(error);
});

async function main([first = "", ...rest]: readonly string[]): Promise<void> {
  leaveNothingInCrashes();
  const load = Object.hasOwn(groups, first) ? groups[first] : undefined;
  if (load === undefined) {
    process.exitCode = (await (await import("./program.ts")).runProgram(first || undefined)) ?? process.exitCode;
    return;
  }
  const [run, { processTerminal }] = await Promise.all([load(), import("./terminal-process.ts")]);
  process.exitCode = await run(rest, processTerminal);
}
