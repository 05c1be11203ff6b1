import { Command, CommanderError } from "commander";
import { exitCodes } from "./errors.ts";
import { version } from "./version.ts";

/** The program without its commands. */
export function bareProgram(): Command {
  return (
    new Command("sallyport")
      .description("Kubernetes workload security in one program: nothing passes until it was checked")
      .version(version, "-V, --version")
      .exitOverride()
      // A command's flags are its own: one may have subcommands with the same.
      .enablePositionalOptions()
      .showHelpAfterError("(sallyport --help shows all commands)")
  );
}

/** Runs the command that the process's command line asks for. Answers the exit code where none was meant to run, or the line was wrong. */
export async function runParsed(program: Command): Promise<number | undefined> {
  try {
    await program.parseAsync();
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.badInput;
    throw error;
  }
}
