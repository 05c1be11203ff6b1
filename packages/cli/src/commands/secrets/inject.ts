import { Command } from "commander";
import type { InjectFlags } from "../../secrets/external/run-inject.ts";

export function injectCommand(): Command {
  return new Command("inject")
    .description("write secrets of a store as files into a pod's shared memory, and renew them, without a Secret")
    .requiredOption("--config <file>", "which store and files, and how often it is looked at; YAML")
    .requiredOption("--folder <folder>", "where the files lie: a volume emptyDir with medium: Memory")
    .option("--once", "write them and end, as an init container; else go on, as a sidecar")
    .option("--credentials <folder>", "Secrets with the store's credentials, mounted as FOLDER/NAME/KEY")
    .option(
      "--token-file <file>",
      "of the pod's service account",
      "/var/run/secrets/kubernetes.io/serviceaccount/token",
    )
    .option("--role-arn <arn>", "of AWS, which the account may take")
    .option("--file-root <folder>", "below it the provider `file` may read")
    .option("--timeout <duration>", "for each call of the store", "10s")
    .option("--http <host:port>", "where /livez and /readyz are: ready when the files are there")
    .addHelpText(
      "after",
      `
The configuration has a store as in a SecretStore, and files:
  store: { vault: { server: "https://vault:8200", path: kv, auth: { kubernetes: { role: app, serviceAccountRef: { name: app } } } } }
  refreshInterval: 5m
  files:
    - { path: db/password, key: app/db, property: password, mode: "0400" }
    - { path: app.ini, template: "user={{ .user }}", dataFrom: [{ extract: { key: app/db } }] }
    - { folder: certificates, dataFrom: [{ find: { path: tls/ } }] }

Examples:
  sallyport secrets inject --config inject.yaml --folder /secrets --once
  sallyport secrets inject --config inject.yaml --folder /secrets --http :8082

All files change at once, as those of Secrets that are mounted do; their mode is 0440 where they name none. While the store is away they stay
as they were, and it is asked again after 10 s, then twice as long each time, up to the interval or 15 min. With --once they must come.
Exit status: 0 written, or stopped, 1 the store did not give them (--once), 2 bad input.`,
    )
    .action(run);
}

async function run(flags: InjectFlags): Promise<void> {
  const { runInject } = await import("../../secrets/external/run-inject.ts");
  await runInject(flags);
}
