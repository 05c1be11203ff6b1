import type { Command } from "commander";
import { bareProgram, runParsed } from "./bare-program.ts";

// Each command's code is loaded when it is asked for: a query must not wait for the API server's code.
const commands: { readonly [name: string]: () => Promise<Command> } = {
  check: async () => (await import("./commands/check.ts")).checkCommand(),
  up: async () => (await import("./commands/up.ts")).upCommand(),
  tour: async () => (await import("./commands/tour.ts")).tourCommand(),
  backup: async () => (await import("./commands/backup.ts")).backupCommand(),
  restore: async () => (await import("./commands/backup.ts")).restoreCommand(),
  webhook: async () => (await import("./commands/webhook.ts")).webhookCommand(),
  sync: async () => (await import("./commands/sync.ts")).syncCommand(),
  audit: async () => (await import("./commands/audit.ts")).auditCommand(),
  install: async () => (await import("./commands/install.ts")).installCommand(),
  securitycontext: async () => (await import("./commands/securitycontext.ts")).securityContextCommand(),
  mesh: async () => (await import("./commands/mesh/mesh.ts")).meshCommand(),
  runtime: async () => (await import("./commands/runtime/runtime.ts")).runtimeCommand(),
  migrate: async () => (await import("./commands/migrate.ts")).migrateCommand(),
  secrets: async () => (await import("./commands/secrets/secrets.ts")).secretsCommand(),
  image: async () => (await import("./commands/image/image.ts")).imageCommand(),
  "kms-plugin": async () => (await import("./commands/kms-plugin.ts")).kmsPluginCommand(),
  plugins: async () => (await import("./commands/plugins.ts")).pluginsCommand(),
};

/** Runs the command that the process's command line asks for. Answers the exit code where none was meant to run, or the line was wrong. */
export async function runProgram(asked: string | undefined): Promise<number | undefined> {
  return runParsed(await createProgram(asked));
}

/** With the command that is asked for alone, where there is one. */
async function createProgram(asked: string | undefined): Promise<Command> {
  const program = bareProgram().addHelpText(
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
  if (known === undefined) {
    program.command("opa").description("Rego: OPA's commands eval, version and more");
    program.command("gator").description("Gatekeeper's templates and constraints: gator's commands");
  }
  return program;
}
