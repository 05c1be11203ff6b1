import { exitCodes, reasonOf } from "./errors.ts";
import type { Terminal } from "./opa/command.ts";

/** Those keep to the command line of another program, and have a reader of their own: neither waits for what the other one needs. */
const groups: {
  readonly [name: string]: () => Promise<(line: readonly string[], terminal: Terminal) => Promise<number>>;
} = {
  opa: async () => (await import("./commands/opa/opa.ts")).runOpa,
  gator: async () => (await import("./commands/gator/gator.ts")).runGator,
};

// `sallyport … | head` closes the pipe early: that is no fault of anybody's.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? exitCodes.ok : exitCodes.failed),
);

// No await at the top: the built program is a script, which has none.
main(process.argv.slice(2)).catch((error: unknown) => {
  process.exitCode = report(error);
});

async function main([first = "", ...rest]: readonly string[]): Promise<void> {
  const load = Object.hasOwn(groups, first) ? groups[first] : undefined;
  if (load === undefined) {
    process.exitCode = (await (await import("./program.ts")).runProgram(first || undefined)) ?? process.exitCode;
    return;
  }
  const [run, { processTerminal }] = await Promise.all([load(), import("./terminal-process.ts")]);
  process.exitCode = await run(rest, processTerminal);
}

/** Names of errors that say all that there is to say. */
const ofTheMachine: ReadonlySet<string> = new Set(["CertificateError", "ConnectionError", "ListenError", "StoreError"]);

/** One clear line, and the exit code that says whose fault it was. */
function report(error: unknown): number {
  const { code, path, syscall, name, message, stack } = error as NodeJS.ErrnoException;
  if (code !== undefined && path !== undefined) {
    process.stderr.write(`sallyport: ${path}: ${reasonOf(error)}\n`);
    return exitCodes.failed;
  }
  process.stderr.write(`sallyport: ${message}\n`);
  if (name === "UsageError" || name === "InputError") return exitCodes.badInput;
  if (syscall === "listen") return exitCodes.failed;
  if (ofTheMachine.has(name)) return exitCodes.failed;
  process.stderr.write(`${stack ?? ""}\n`);
  return exitCodes.failed;
}
