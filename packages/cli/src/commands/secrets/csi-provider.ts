import { dirname } from "node:path";
import { csiProvider, serveCsiProvider } from "@sallyport/secrets/csi";
import { claimSocket, SourceError } from "@sallyport/secrets/kms";
import { Command } from "commander";
import { InputError } from "../../manifests.ts";
import { httpAddress, timeoutOf } from "../../secrets/external/flags.ts";
import { inPodConnection } from "../../secrets/external/in-pod.ts";
import { openNamespace } from "../../secrets/external/namespace-secrets.ts";
import { openProviderDoors } from "../../secrets/external/provider-doors.ts";
import { version } from "../../version.ts";

interface Flags {
  readonly endpoint: string;
  readonly fileRoot?: string;
  readonly ownCredentials?: boolean;
  readonly timeout: string;
  readonly http?: string;
}

/** Longer than a call of a store. */
const closingMs = 5_000;

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

async function run(flags: Flags): Promise<void> {
  const timeoutMs = timeoutOf("--timeout", flags.timeout);
  const http = flags.http === undefined ? undefined : httpAddress("--http", flags.http);
  const path = await claimSocket(flags.endpoint).catch((error: Error) => {
    throw error instanceof SourceError ? new InputError(error.message.replace("--listen", "--endpoint")) : error;
  });
  const stopped = new Promise<void>((done) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => done());
  });
  const counts = { mounted: 0, failed: 0 };
  const provider = await servePrivately(path, flags.endpoint, {
    environment: process.env,
    timeoutMs,
    now: Date.now,
    fileRoot: flags.fileRoot,
    lendsOwn: flags.ownCredentials === true,
    openNamespace: (server) => openNamespace(inPodConnection(), server),
    version,
    onMount: ({ pod, files, fault }) => {
      counts[fault === undefined ? "mounted" : "failed"]++;
      const text = fault === undefined ? `${files} files` : `failed: ${fault}`;
      process.stderr.write(`${new Date().toISOString()} pod ${pod}: ${text}\n`);
    },
  });
  const doors = http && (await openProviderDoors(http, counts));
  process.stdout.write(`provider ${csiProvider.name} listening at ${flags.endpoint}\n`);
  await stopped;
  doors?.close();
  await provider.close(closingMs);
}

/** Who can ask has what pods say that they may: from its first moment on the socket is the driver's user's alone. */
async function servePrivately(path: string, endpoint: string, options: Parameters<typeof serveCsiProvider>[1]) {
  const before = process.umask(0o177);
  try {
    return await serveCsiProvider(endpoint, options);
  } catch {
    throw new InputError(`--endpoint ${endpoint}: nobody can listen there; may we write into ${dirname(path)}?`);
  } finally {
    process.umask(before);
  }
}
