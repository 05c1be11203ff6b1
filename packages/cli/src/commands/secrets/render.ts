import { readFileSync } from "node:fs";
import type { SecretObject } from "@sallyport/secrets/stores";
import { Command, Option } from "commander";
import { InputError, readManifests } from "../../manifests.ts";
import { timeoutOf } from "../../secrets/external/flags.ts";
import { type ObjectFormat, printedObjects } from "../../secrets/printed-objects.ts";

interface Flags {
  readonly namespace: string;
  readonly fileRoot?: string;
  readonly timeout: string;
  readonly masked?: boolean;
  readonly output: ObjectFormat;
}

export function renderCommand(): Command {
  return new Command("render")
    .description("print the Secrets that ExternalSecrets come to, without a cluster")
    .argument(
      "[files...]",
      "ExternalSecrets, their stores, and Secrets with the stores' credentials; - for standard input",
    )
    .option("-n, --namespace <name>", "of objects that name none", "default")
    .option(
      "--file-root <folder>",
      "where the provider `file` may read: a SecretStore in a folder of its namespace's name",
    )
    .option("--timeout <duration>", "for each call of a store", "10s")
    .option("--masked", "keys alone, with the lengths of their values in bytes")
    .addOption(new Option("-o, --output <format>", "of Secrets").choices(["yaml", "json"]).default("yaml"))
    .addHelpText(
      "after",
      `
Examples:
  sallyport secrets render --masked external-secret.yaml store.yaml      does the template come to something
  sallyport secrets render --file-root secrets/ es.yaml store.yaml | kubectl apply -f -

The values are printed in clear unless they are masked. Nothing is printed where one ExternalSecret fails.
Exit status: 0 printed, 2 bad input, or a store that did not answer.`,
    )
    .action(run);
}

async function run(files: readonly string[], flags: Flags): Promise<void> {
  if (files.length === 0) throw new InputError("no files: name manifests, or - for standard input");
  const manifests = readManifests(files, () => readFileSync(0, "utf8"));
  const { renderExternalSecrets } = await import("../../secrets/external/render.ts");
  const secrets = await renderExternalSecrets(manifests, {
    namespace: flags.namespace,
    fileRoot: flags.fileRoot,
    timeoutMs: timeoutOf("--timeout", flags.timeout),
    environment: process.env,
  });
  const shown = flags.masked === true ? secrets.map(masked) : secrets;
  process.stdout.write(printedObjects(shown, flags.output));
}

function masked(secret: SecretObject): object {
  const { data = {}, metadata, ...rest } = secret;
  const lengths = Object.entries(data).map(([key, value]) => [key, `(${Buffer.from(value, "base64").length} bytes)`]);
  // A hash of values that few could be tells them.
  const { annotations: _, ...shown } = metadata;
  return { ...rest, metadata: shown, data: Object.fromEntries(lengths) };
}
