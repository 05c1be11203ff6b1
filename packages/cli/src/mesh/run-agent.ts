import { lstat, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { serveWorkloadApi, type WatchedSource, type WorkloadCertificate } from "@sallyport/mesh/identity";
import { exitCodes, reasonOf, UsageError } from "../errors.ts";
import { httpAddress } from "../secrets/external/flags.ts";
import { authoritySourceOf, certificateLifeMs, checkAuthorityAddress, signMs } from "./authority-client.ts";
import { writeCertificateFiles } from "./certificate-files.ts";

export interface AgentFlags {
  readonly caAddress?: string | undefined;
  readonly caName?: string;
  readonly tokenFile: string;
  readonly rootsFile: string;
  readonly certificateLife: string;
  readonly workloadApi?: string;
  readonly folder?: string;
  readonly once?: boolean;
  readonly http?: string;
}

const closingMs = 1_000;

/** Keeps a certificate until the signal, or with `once` until it is written. Answers the exit status. */
export async function runAgent(flags: AgentFlags, say: (text: string) => void, signal: AbortSignal): Promise<number> {
  const lifeMs = checked(flags);
  const http = flags.http === undefined ? undefined : httpAddress("--http", flags.http);
  const source = authoritySourceOf({ ...flags, caAddress: flags.caAddress ?? "", lifeMs }, say);
  const closers: (() => unknown)[] = [() => source.close()];
  try {
    if (flags.once === true) return await writeOnce(flags, source, signal);
    closers.push(followFiles(flags, source, say));
    if (flags.workloadApi !== undefined) {
      const api = await servePrivately(flags.workloadApi, source);
      closers.push(() => api.close(closingMs));
    }
    const server = http && (await openDoors(http, source));
    closers.push(
      () => server?.closeAllConnections(),
      () => server?.close(),
    );
    await stopped(signal);
    return exitCodes.ok;
  } finally {
    for (const each of closers.reverse()) await each();
  }
}

function checked({ caAddress, folder, workloadApi, once, certificateLife }: AgentFlags): number {
  checkAuthorityAddress(caAddress);
  if (folder === undefined && workloadApi === undefined)
    throw new UsageError("--workload-api or --folder: expected one of them, or both");
  if (once === true && (folder === undefined || workloadApi !== undefined))
    throw new UsageError("--once: expected --folder, and no --workload-api");
  return certificateLifeMs(certificateLife);
}

/** The first answer counts, also where it is none: who starts an init container again waits by itself. */
async function writeOnce({ folder = "" }: AgentFlags, source: WatchedSource, signal: AbortSignal): Promise<number> {
  const until = Date.now() + signMs;
  while (source.current === undefined && !source.isRefused && Date.now() < until && !signal.aborted) await delay(50);
  const { current } = source;
  if (current === undefined) return exitCodes.denied;
  await writeCertificateFiles(folder, current);
  return exitCodes.ok;
}

/** Answers what ends it. */
function followFiles({ folder }: AgentFlags, source: WatchedSource, say: (text: string) => void): () => void {
  if (folder === undefined) return () => {};
  let last: Promise<void> = Promise.resolve();
  return source.onChange((certificate: WorkloadCertificate) => {
    last = last
      .then(() => writeCertificateFiles(folder, certificate))
      .catch((error: Error) => say(`${folder}: ${reasonOf(error)}`));
  });
}

/** The socket is its user's and group's: pods' other containers run as others, in the group of the pod's volumes. */
async function servePrivately(endpoint: string, source: WatchedSource) {
  const [, path] = /^unix:\/\/(\/.+)$/.exec(endpoint) ?? [];
  // The kernel's limit on a socket's name.
  if (path === undefined || Buffer.byteLength(path) > 107)
    throw new UsageError(`--workload-api ${endpoint}: expected unix:///PATH, of at most 107 bytes`);
  await clear(path);
  const before = process.umask(0o117);
  try {
    return await serveWorkloadApi(endpoint, source);
  } catch (error) {
    throw Object.assign(new Error(`--workload-api ${endpoint}: nobody can listen there`, { cause: error }), {
      name: "ListenError",
    });
  } finally {
    process.umask(before);
  }
}

/** A socket that nobody listens on is one of us that was killed. */
async function clear(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) throw new UsageError(`--workload-api: ${path} is no socket, and is left as it is`);
  const isTaken = await new Promise<boolean>((resolve) => {
    const socket = connect(path);
    const ended = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => ended(true)).once("error", () => ended(false));
  });
  if (isTaken) throw new UsageError(`--workload-api: somebody listens at ${path} already`);
  await rm(path);
}

function openDoors(
  { host, port }: { readonly host: string; readonly port: number },
  source: WatchedSource,
): Promise<Server> {
  const server = createServer(({ url = "/" }, response) => {
    const [path] = url.split("?");
    const answer = (status: number, text: string) =>
      void response.writeHead(status, { "content-type": "text/plain" }).end(text);
    if (path === "/livez") answer(200, "ok\n");
    else if (path === "/readyz") answer(source.fault === undefined ? 200 : 503, `${source.fault ?? "ok"}\n`);
    else answer(404, "expected /livez or /readyz\n");
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host === "" ? undefined : host, () => resolve(server));
  });
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
