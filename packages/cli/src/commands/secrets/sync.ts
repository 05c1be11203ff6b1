import { leaseTimes } from "@sallyport/kube";
import { Command } from "commander";
import { connectionOf } from "../../connection.ts";
import { UsageError } from "../../errors.ts";
import type { ElectedSync } from "../../secrets/external/elected-sync.ts";
import { httpAddress, timeoutOf } from "../../secrets/external/flags.ts";
import { syncInstallManifests } from "../../secrets/external/install-manifests.ts";
import type { ExternalSecretsOptions } from "../../secrets/external/run-external-secrets.ts";
import { openSyncDoors } from "../../secrets/external/sync-doors.ts";
import { printedObjects } from "../../secrets/printed-objects.ts";
import { version } from "../../version.ts";

interface Flags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly controllerClass: string;
  readonly fileRoot?: string;
  readonly ownCredentials?: boolean;
  readonly timeout: string;
  readonly http?: string;
  readonly enableLeaderElection?: boolean;
  readonly leaderElectionId: string;
  readonly leaderElectionNamespace?: string;
  readonly createCrds?: boolean;
  readonly printCrds?: boolean;
  readonly printInstall?: boolean;
  readonly installNamespace: string;
  readonly image: string;
}

export function syncCommand(): Command {
  return new Command("sync")
    .description("keep Secrets what ExternalSecrets say, of stores elsewhere: External Secrets' kinds")
    .option("--kubeconfig <file>", "how to reach the API server; in a pod its service account")
    .option("--context <name>", "another context of the kubeconfig than its current one")
    .option("-n, --namespace <name>", "only there, without ClusterSecretStores; default: all")
    .option("--controller-class <name>", "stores whose spec.controller names another one are left to it", "default")
    .option(
      "--file-root <folder>",
      "where the provider `file` may read: a SecretStore in a folder of its namespace's name, a ClusterSecretStore all; without it none may",
    )
    .option(
      "--own-credentials",
      "lend this program's role of AWS or Azure to SecretStores, not to ClusterSecretStores alone",
    )
    .option("--timeout <duration>", "for each call of a store", "10s")
    .option("--http <host:port>", "where /livez, /readyz and /metrics are")
    .option("--enable-leader-election", "of several replicas one works, which holds a Lease; the others wait for it")
    .option("--leader-election-id <name>", "with it: the Lease", "external-secrets-controller")
    .option("--leader-election-namespace <name>", "with it: where the Lease lies; default: the connection's namespace")
    .option("--create-crds", "make the definitions of the kinds where there are none")
    .option("--print-crds", "print the definitions of the kinds, and end")
    .option("--print-install", "print account, roles and a Deployment for a cluster, and end")
    .option("--install-namespace <name>", "of --print-install: where it runs", "sallyport")
    .option("--image <reference>", "of --print-install", `ghcr.io/sallyport/sallyport:${version}`)
    .addHelpText(
      "after",
      `
Examples:
  sallyport secrets sync --print-crds | kubectl apply -f -
  sallyport secrets sync --print-install | kubectl apply -f -
  sallyport secrets sync --kubeconfig .sallyport/kubeconfig --create-crds --file-root secrets/     beside \`sallyport up\`

Providers: vault (KV v2 of Vault and OpenBao), aws (SecretsManager), azurekv, kubernetes, fake, and file, which is Sallyport's own.
Refreshes are up to a tenth early, so that they do not all come together; faults are tried again after 10 s, then twice as long each time, up
to 15 min; each store is asked at most 50 times a second. A Secret that somebody changes or deletes is made again at once.
Exit status: 0 stopped, 2 bad usage, or kinds that are not served, 3 port, files or permissions.`,
    )
    .action(run);
}

async function run(flags: Flags): Promise<void> {
  if (flags.printCrds === true || flags.printInstall === true) {
    process.stdout.write(printedObjects(await printed(flags), "yaml"));
    return;
  }
  const http = flags.http === undefined ? undefined : httpAddress("--http", flags.http);
  const options: ExternalSecretsOptions = {
    connection: connectionOf(flags),
    ...(flags.namespace !== undefined && { namespace: flags.namespace }),
    controllerClass: flags.controllerClass,
    ...(flags.fileRoot !== undefined && { fileRoot: flags.fileRoot }),
    lendsOwn: flags.ownCredentials === true,
    createsKinds: flags.createCrds === true,
    timeoutMs: timeoutOf("--timeout", flags.timeout),
    say: (text: string) => void process.stderr.write(`${new Date().toISOString()} ${text}\n`),
  };
  const stopped = new Promise<void>((done) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => done());
  });
  let sync: ElectedSync | undefined;
  const doors = http && (await openSyncDoors(http, () => sync));
  try {
    sync = await openSync(options, flags);
    const where = flags.namespace === undefined ? "" : ` in ${flags.namespace}`;
    process.stdout.write(`syncing ExternalSecrets of ${options.connection.url}${where}\n`);
    await stopped;
  } finally {
    doors?.close();
    await sync?.close();
  }
}

/** One replica alone needs no Lease. What reads stores is loaded by who has any: other commands beside this one are told of it, too. */
async function openSync(options: ExternalSecretsOptions, flags: Flags): Promise<ElectedSync> {
  if (flags.enableLeaderElection === true) {
    const { runElectedSync } = await import("../../secrets/external/elected-sync.ts");
    const namespace = flags.leaderElectionNamespace ?? options.connection.namespace ?? "default";
    return runElectedSync(options, { namespace, name: flags.leaderElectionId, times: leaseTimes });
  }
  const { runExternalSecrets } = await import("../../secrets/external/run-external-secrets.ts");
  const running = await runExternalSecrets(options);
  return { running: () => running, close: running.close };
}

async function printed(flags: Flags): Promise<readonly object[]> {
  const { namespace, installNamespace, image, fileRoot, controllerClass, ownCredentials } = flags;
  if (fileRoot !== undefined && flags.printInstall === true)
    throw new UsageError("--file-root with --print-install: mount the folder into the Deployment yourself");
  const { externalSecretsDefinitions } = await import("@sallyport/secrets/stores");
  const args = [
    ...(namespace === undefined ? [] : [`--namespace=${namespace}`]),
    ...(controllerClass === "default" ? [] : [`--controller-class=${controllerClass}`]),
    ...(ownCredentials === true ? ["--own-credentials"] : []),
  ];
  const place = { namespace: installNamespace, ...(namespace !== undefined && { onlyNamespace: namespace }) };
  return [
    ...(flags.printCrds === true ? externalSecretsDefinitions : []),
    ...(flags.printInstall === true ? syncInstallManifests({ ...place, image, args }) : []),
  ];
}
