import { dirname } from "node:path";
import { csiProvider, serveCsiProvider } from "@sallyport/secrets/csi";
import { claimSocket, SourceError } from "@sallyport/secrets/kms";
import { InputError } from "../../manifests.ts";
import { version } from "../../version.ts";
import { httpAddress, timeoutOf } from "./flags.ts";
import { inPodConnection } from "./in-pod.ts";
import { openNamespace } from "./namespace-secrets.ts";
import { openProviderDoors } from "./provider-doors.ts";

export interface CsiProviderFlags {
  readonly endpoint: string;
  readonly fileRoot?: string;
  readonly ownCredentials?: boolean;
  readonly timeout: string;
  readonly http?: string;
}

/** Longer than a call of a store. */
const closingMs = 5_000;

/** Serves the provider until it is told to stop. Rejects with `InputError` and `UsageError`. */
export async function runCsiProvider(flags: CsiProviderFlags): Promise<void> {
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
    files: flags.fileRoot === undefined ? undefined : { folder: flags.fileRoot },
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
