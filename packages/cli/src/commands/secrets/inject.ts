import { statSync } from "node:fs";
import { FileInjector, injectConfiguration } from "@sallyport/secrets/files";
import { SourceError } from "@sallyport/secrets/kms";
import { Command } from "commander";
import { UsageError } from "../../errors.ts";
import { InputError } from "../../manifests.ts";
import { httpAddress, timeoutOf } from "../../secrets/external/flags.ts";
import { folderCredentials } from "../../secrets/external/folder-credentials.ts";
import { inPodConnection } from "../../secrets/external/in-pod.ts";
import { openInjectorDoors } from "../../secrets/external/injector-doors.ts";
import { openNamespace } from "../../secrets/external/namespace-secrets.ts";
import { readTextFile } from "../../secrets/text-file.ts";

interface Flags {
  readonly config: string;
  readonly folder: string;
  readonly once?: boolean;
  readonly credentials?: string;
  readonly tokenFile: string;
  readonly roleArn?: string;
  readonly fileRoot?: string;
  readonly timeout: string;
  readonly http?: string;
}

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

/** An init container's process, its owner, and its group: the pod's, by fsGroup. */
const defaultMode = 0o440;

async function run(flags: Flags): Promise<void> {
  const http = flags.http === undefined ? undefined : httpAddress("--http", flags.http);
  if (statSync(flags.folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UsageError(`--folder ${flags.folder}: no such folder`);
  const injector = openInjector(flags);
  try {
    if (flags.once === true) await once(injector);
    else await keepOn(injector, http);
  } finally {
    injector.close();
  }
}

function openInjector(flags: Flags): FileInjector {
  const { provider, entries, intervalMs } = configurationOf(flags.config);
  const { credentials: folder, tokenFile, roleArn, fileRoot } = flags;
  const annotations: { readonly [name: string]: string } =
    roleArn === undefined ? {} : { "eks.amazonaws.com/role-arn": roleArn };
  return new FileInjector({
    provider,
    entries,
    intervalMs,
    folder: flags.folder,
    mode: defaultMode,
    random: Math.random,
    sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
    context: {
      environment: process.env,
      timeoutMs: timeoutOf("--timeout", flags.timeout),
      now: Date.now,
      credentials: folderCredentials({ folder, tokenFile, annotations }),
      fileRoot,
      // The pod's own: there is nobody else to lend them to.
      lendsOwn: true,
      openNamespace: (server) => openNamespace(inPodConnection(), server),
    },
  });
}

function configurationOf(file: string) {
  try {
    return injectConfiguration(readTextFile(file));
  } catch (error) {
    throw error instanceof SourceError ? new InputError(`${file}: ${error.message}`) : error;
  }
}

async function once(injector: FileInjector): Promise<void> {
  const { fault, files } = await injector.look();
  if (fault === undefined) say(`${files} files written`);
  else {
    process.stderr.write(`sallyport: ${fault}\n`);
    process.exitCode = 1;
  }
}

async function keepOn(injector: FileInjector, http: ReturnType<typeof httpAddress> | undefined): Promise<void> {
  const doors = http && (await openInjectorDoors(http, () => injector.isReady));
  let wake = () => {};
  let isStopped = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, () => {
      isStopped = true;
      wake();
    });
  let last: string | undefined;
  while (!isStopped) {
    const { fault, files, isWritten, nextMs } = await injector.look();
    if (isWritten) say(`${files} files written`);
    if (fault !== undefined && fault !== last) say(`failed: ${fault}`);
    last = fault;
    if (isStopped) break;
    await new Promise<void>((done) => {
      const timer = setTimeout(done, nextMs);
      wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }
  doors?.close();
}

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}
