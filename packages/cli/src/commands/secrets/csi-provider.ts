import { Command } from "commander";
import type { CsiProviderFlags } from "../../secrets/external/run-csi-provider.ts";

export function csiProviderCommand(): Command {
  return new Command("csi-provider")
    .description("secrets as files of a pod's volume, without a Secret: a provider of the Secrets Store CSI driver")
    .option(
      "--endpoint <endpoint>",
      "unix:///PATH of the socket, in the folder that the driver looks in",
      "unix:///etc/kubernetes/secrets-store-csi-providers/sallyport.sock",
    )
    .option("--file-root <folder>", "below it, in a folder of the pod's namespace, the provider `file` may read")
    .option("--own-credentials", "lend this program's role of AWS or Azure to pods that name no credentials")
    .option("--timeout <duration>", "for each call of a store", "10s")
    .option("--http <host:port>", "where /livez and /metrics are")
    .addHelpText(
      "after",
      `
A SecretProviderClass has the provider sallyport, and as parameters a store as in a SecretStore, and files:
  provider: sallyport
  parameters:
    store: |
      vault: { server: "https://vault:8200", path: kv, auth: { kubernetes: { role: app, serviceAccountRef: { name: app, audiences: [vault] } } } }
    objects: |
      - { path: db/password, key: app/db, property: password, mode: "0400" }
      - { path: db/url, template: "postgres://{{ .user }}:{{ .password | urlquery }}@db", dataFrom: [{ extract: { key: app/db } }] }
      - { folder: certificates, dataFrom: [{ find: { path: tls/ } }] }

Credentials are the pod's: keys of the volume's nodePublishSecretRef (references name the key), and tokens of its service account for the
audiences that the CSIDriver requests. roleArn, clientId and tenantId are what AWS and Azure know the account by. What changes is written
when the driver mounts again: with its rotation, or its CSIDriver's requiresRepublish.
Exit status: 0 stopped, 2 bad usage, 3 the machine did not let us.`,
    )
    .action(run);
}

async function run(flags: CsiProviderFlags): Promise<void> {
  // gRPC is for this command alone.
  const { runCsiProvider } = await import("../../secrets/external/run-csi-provider.ts");
  await runCsiProvider(flags);
}
