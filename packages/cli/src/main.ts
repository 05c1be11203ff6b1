import { Command, CommanderError } from "commander";
import { exitCodes, reasonOf } from "./errors.ts";
import { version } from "./version.ts";

// Each command's code is loaded when it is asked for: a query must not wait for the API server's code.
const commands: { readonly [name: string]: () => Promise<Command> } = {
  check: async () => (await import("./commands/check.ts")).checkCommand(),
  up: async () => (await import("./commands/up.ts")).upCommand(),
  tour: async () => (await import("./commands/tour.ts")).tourCommand(),
  plugins: async () => (await import("./commands/plugins.ts")).pluginsCommand(),
};

// `sallyport … | head` closes the pipe early: that is no fault of anybody's.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? exitCodes.ok : exitCodes.failed),
);

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = report(error);
}

/** `opa` keeps to OPA's command line, and has a reader of its own. */
async function main(line: readonly string[]): Promise<void> {
  if (line[0] !== "opa") return void (await (await createProgram(line[0])).parseAsync());
  const [{ runOpa }, { processTerminal }] = await Promise.all([
    import("./commands/opa/opa.ts"),
    import("./terminal-process.ts"),
  ]);
  process.exitCode = await runOpa(line.slice(1), processTerminal);
}

/** With the command that is asked for alone, where there is one. */
async function createProgram(asked: string | undefined): Promise<Command> {
  const program = new Command("sallyport")
    .description("Kubernetes workload security in one program: nothing passes until it was checked")
    .version(version, "-V, --version")
    .exitOverride()
    .showHelpAfterError("(sallyport --help shows all commands)")
    .addHelpText(
      "after",
      `
Examples:
  sallyport check pod.yaml        is this pod admitted, and if not, why
  sallyport up                    a Kubernetes API for kubectl, without a cluster
  sallyport tour                  a lesson with a real kubectl
  sallyport opa eval 1+1          Rego on the command line, as with OPA's own
  sallyport COMMAND --help        options and more examples`,
    );
  const known = asked !== undefined && Object.hasOwn(commands, asked) ? commands[asked] : undefined;
  for (const load of known === undefined ? Object.values(commands) : [known])
    program.addCommand((await load()).exitOverride());
  if (known === undefined) program.command("opa").description("Rego: OPA's commands eval, version and more");
  return program;
}

/** One clear line, and the exit code that says whose fault it was. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.badInput;
  const { code, path, name, message, stack } = error as NodeJS.ErrnoException;
  if (code !== undefined && path !== undefined) {
    process.stderr.write(`sallyport: ${path}: ${reasonOf(error)}\n`);
    return exitCodes.failed;
  }
  process.stderr.write(`sallyport: ${message}\n`);
  if (name === "UsageError" || name === "InputError") return exitCodes.badInput;
  if (name === "ListenError" || name === "StoreError") return exitCodes.failed;
  process.stderr.write(`${stack ?? ""}\n`);
  return exitCodes.failed;
}
