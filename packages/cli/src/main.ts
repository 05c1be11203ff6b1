import { ListenError, StoreError } from "@sallyport/apiserver";
import { Command, CommanderError } from "commander";
import { checkCommand } from "./commands/check.ts";
import { pluginsCommand } from "./commands/plugins.ts";
import { tourCommand } from "./commands/tour.ts";
import { upCommand } from "./commands/up.ts";
import { exitCodes, UsageError } from "./errors.ts";
import { InputError, reasonOf } from "./manifests.ts";
import { version } from "./version.ts";

const program = new Command("sallyport")
  .description("Kubernetes workload security in one program: nothing passes until it was checked")
  .version(version, "-V, --version")
  .exitOverride()
  .showHelpAfterError("(sallyport --help shows all commands)")
  .addCommand(checkCommand())
  .addCommand(upCommand())
  .addCommand(tourCommand())
  .addCommand(pluginsCommand())
  .addHelpText(
    "after",
    `
Examples:
  sallyport check pod.yaml        is this pod admitted, and if not, why
  sallyport up                    a Kubernetes API for kubectl, without a cluster
  sallyport tour                  a lesson with a real kubectl
  sallyport COMMAND --help        options and more examples`,
  );

// `sallyport … | head` closes the pipe early: that is no fault of anybody's.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? exitCodes.ok : exitCodes.failed),
);

for (const command of program.commands) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** One clear line, and the exit code that says whose fault it was. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.badInput;
  const { code, path } = error as NodeJS.ErrnoException;
  if (code !== undefined && path !== undefined) {
    process.stderr.write(`sallyport: ${path}: ${reasonOf(error)}\n`);
    return exitCodes.failed;
  }
  const message = (error as Error).message;
  process.stderr.write(`sallyport: ${message}\n`);
  if (error instanceof UsageError || error instanceof InputError) return exitCodes.badInput;
  if (error instanceof ListenError || error instanceof StoreError) return exitCodes.failed;
  process.stderr.write(`${(error as Error).stack ?? ""}\n`);
  return exitCodes.failed;
}
