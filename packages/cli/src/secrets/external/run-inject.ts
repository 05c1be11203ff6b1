import { statSync } from "node:fs";
import { FileInjector, injectConfiguration } from "@sallyport/secrets/files";
import { SourceError } from "@sallyport/secrets/stores";
import { UsageError } from "../../errors.ts";
import { InputError } from "../../manifests.ts";
import { readTextFile } from "../text-file.ts";
import { httpAddress, timeoutOf } from "./flags.ts";
import { folderCredentials } from "./folder-credentials.ts";
import { inPodConnection } from "./in-pod.ts";
import { openInjectorDoors } from "./injector-doors.ts";
import { openNamespace } from "./namespace-secrets.ts";

export interface InjectFlags {
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

/** An init container's process, its owner, and its group: the pod's, by fsGroup. */
const defaultMode = 0o440;

/** Writes the files, once or until it is told to stop. Rejects with `InputError` and `UsageError`. */
export async function runInject(flags: InjectFlags): Promise<void> {
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

function openInjector(flags: InjectFlags): FileInjector {
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
      // The pod's own volume.
      files: fileRoot === undefined ? undefined : { folder: fileRoot },
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
