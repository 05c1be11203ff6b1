import { sourceKinds } from "@sallyport/secrets/kms";
import { Command } from "commander";
import { openKmsPlugin } from "../secrets/kms-plugin.ts";
import { type GivenFlags, kmsPluginConfiguration } from "../secrets/kms-plugin-configuration.ts";
import { keysCommand } from "./kms-plugin-keys.ts";

export function kmsPluginCommand(): Command {
  const command = new Command("kms-plugin")
    .description("keep the keys of an API server's stored values outside of it: a KMS v2 plugin for kube-apiserver")
    // Flags of `keys` are its own.
    .enablePositionalOptions()
    .option("--listen <endpoint>", "unix:///PATH of the socket that the API server asks")
    .option("--http <host:port>", "where /healthz and /metrics are")
    .option("--timeout <duration>", "for each call of a service; less than the API server waits; default: 2s")
    .option("--config <file>", "the same in YAML: listen, http, timeout, and keyRing, vault, aws, azure or pkcs11");
  for (const { fields } of sourceKinds)
    for (const { flag, argument, description } of fields) command.option(`--${flag} ${argument}`, description);
  return command
    .addCommand(keysCommand().exitOverride())
    .addHelpText(
      "after",
      `
Examples:
  sallyport kms-plugin keys add --key-ring ring.json --passphrase-file passphrase
  sallyport kms-plugin --listen unix:///run/sallyport-kms.sock --key-ring ring.json --passphrase-file passphrase
  sallyport kms-plugin --listen unix:///run/sallyport-kms.sock --vault-address https://vault:8200 --vault-key kube --vault-token-file token
  sallyport kms-plugin --listen unix:///run/sallyport-kms.sock --aws-key alias/kube --http 127.0.0.1:8082
  sallyport kms-plugin --config plugin.yaml       with  listen: …  and  azure: { vault: https://NAME.vault.azure.net, key: kube }

The API server asks it by an EncryptionConfiguration:
  kms: { apiVersion: v2, name: sallyport, endpoint: "unix:///run/sallyport-kms.sock" }

A new key (keys add, a new version, an alias or a label that names another key) counts within a minute; what older keys sealed is opened by
them until everything is rewritten. Who can ask the socket can open what is sealed: it is its user's alone.
Exit status: 0 stopped, 2 bad usage, files or keys, 3 the machine did not let us.`,
    )
    .action(async (_flags: unknown, self: Command) => run(self));
}

async function run(command: Command): Promise<void> {
  const given: { [flag: string]: string | undefined } = {};
  for (const { long, attributeName } of command.options.map((option) => ({
    long: option.long ?? "",
    attributeName: option.attributeName(),
  })))
    given[long.replace(/^--/, "")] = command.getOptionValue(attributeName);
  const configuration = kmsPluginConfiguration(given satisfies GivenFlags);
  const stopped = new Promise<void>((done) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => done());
  });
  const plugin = await openKmsPlugin(configuration, say);
  const doors = plugin.httpUrl === undefined ? "" : `, health and metrics at ${plugin.httpUrl}`;
  process.stdout.write(`listening at ${configuration.listen}${doors}\n`);
  await stopped;
  await plugin.close();
}

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}
