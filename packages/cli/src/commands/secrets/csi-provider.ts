import { dirname } from "node:path";
import { Command } from "commander";
import { UsageError } from "../../errors.ts";
import { csiInstallManifests } from "../../secrets/external/csi-install-manifests.ts";
import type { CsiProviderFlags } from "../../secrets/external/run-csi-provider.ts";
import { printedObjects } from "../../secrets/printed-objects.ts";
import { version } from "../../version.ts";

interface Flags extends CsiProviderFlags {
  readonly printInstall?: boolean;
  readonly installNamespace: string;
  readonly image: string;
}

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
    .option("--print-install", "print an account and a DaemonSet for a cluster, and end")
    .option("--install-namespace <name>", "of --print-install: where it runs", "sallyport-csi")
    .option("--image <reference>", "of --print-install", `ghcr.io/sallyport/sallyport:${version}`)
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

  sallyport secrets csi-provider --print-install | kubectl apply -f -

Credentials are the pod's: keys of the volume's nodePublishSecretRef (references name the key), and tokens of its service account for the
audiences that the CSIDriver requests. roleArn, clientId and tenantId are what AWS and Azure know the account by. What changes is written
when the driver mounts again: with its rotation, or its CSIDriver's requiresRepublish.
Exit status: 0 stopped, 2 bad usage, 3 the machine did not let us.`,
    )
    .action(run);
}

async function run(flags: Flags): Promise<void> {
  if (flags.printInstall === true) {
    process.stdout.write(printedObjects(installed(flags), "yaml"));
    return;
  }
  // gRPC is for this command alone.
  const { runCsiProvider } = await import("../../secrets/external/run-csi-provider.ts");
  await runCsiProvider(flags);
}

function installed({ endpoint, installNamespace: namespace, image, fileRoot, ownCredentials, timeout }: Flags) {
  if (fileRoot !== undefined)
    throw new UsageError("--file-root with --print-install: mount the folder into the DaemonSet yourself");
  const args = [`--timeout=${timeout}`, ...(ownCredentials === true ? ["--own-credentials"] : [])];
  return csiInstallManifests({ namespace, image, socketFolder: dirname(endpoint.replace(/^unix:\/\//, "")), args });
}
