import { exitCodes, reasonOf } from "./errors.ts";

// `sallyport … | head` closes the pipe early: that is no fault of anybody's.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? exitCodes.ok : exitCodes.failed),
);

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = report(error);
}

/** `opa` keeps to OPA's command line, and has a reader of its own: neither waits for what the other one needs. */
async function main(line: readonly string[]): Promise<void> {
  if (line[0] !== "opa") {
    process.exitCode = (await (await import("./program.ts")).runProgram(line[0])) ?? process.exitCode;
    return;
  }
  const [{ runOpa }, { processTerminal }] = await Promise.all([
    import("./commands/opa/opa.ts"),
    import("./terminal-process.ts"),
  ]);
  process.exitCode = await runOpa(line.slice(1), processTerminal);
}

/** One clear line, and the exit code that says whose fault it was. */
function report(error: unknown): number {
  const { code, path, name, message, stack } = error as NodeJS.ErrnoException;
  if (code !== undefined && path !== undefined) {
    process.stderr.write(`sallyport: ${path}: ${reasonOf(error)}\n`);
    return exitCodes.failed;
  }
  process.stderr.write(`sallyport: ${message}\n`);
  if (name === "UsageError" || name === "InputError") return exitCodes.badInput;
  if (name === "ListenError" || name === "StoreError" || name === "ConnectionError") return exitCodes.failed;
  process.stderr.write(`${stack ?? ""}\n`);
  return exitCodes.failed;
}
