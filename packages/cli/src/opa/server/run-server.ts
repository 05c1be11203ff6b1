import { randomUUID } from "node:crypto";
import { chmodSync, readFileSync, rmSync } from "node:fs";
import { createEffects } from "@sallyport/effects";
import { PluginConfigError, Plugins } from "@sallyport/opa/plugins";
import {
  type ActiveBundle,
  ConfigError,
  type Listener,
  type ListenerOptions,
  type ListenerTls,
  listen,
  PolicyServer,
  PolicyState,
  RequestMetrics,
  type ServerConfig,
  type ServerRequest,
  serverConfig,
} from "@sallyport/opa/server";
import { BoundedHttpCache, type CallPlace, type JsonObject, mergeDocuments, RegoError } from "@sallyport/rego";
import { type Call, CommandFault } from "../command.ts";
import type { Loaded } from "../load.ts";
import type { LoadedBundles } from "../load-bundles.ts";
import { consoleEntry, type LogFormat, type LogLevel } from "../logger.ts";
import { opaVersion, userAgent } from "../opa-version.ts";
import { runtimeInfo } from "../runtime-info.ts";
import { nextChange } from "../watch.ts";
import { parseAddress, type ServerAddress } from "./addresses.ts";
import { ServerLog } from "./server-log.ts";

/** As OPA's default for `caching.inter_query_builtin_cache.max_size_bytes`: without one it grows; ours is bounded. */
const maxHttpCacheBytes = 100_000_000;

/** Files that cannot be watched are looked for again after this. */
const retryMs = 1000;

/** What a policy server begins with, and how it reads it again. */
export interface ServerSources {
  readonly config: JsonObject;
  readonly loaded: Loaded | LoadedBundles;
  readonly reload: () => Promise<Loaded | LoadedBundles>;
}

/** `run --server`: serves until it is told to end. Answers the exit code. */
export async function runServer(call: Call, sources: ServerSources): Promise<number> {
  const { flags, terminal } = call;
  const [format, level] = [flags.string("log-format") as LogFormat, flags.string("log-level") as LogLevel];
  const log = new ServerLog(format, level, terminal.err);
  const tls = readTls(call);
  const addresses = flags.list("addr");
  const diagnosticAddresses = flags.list("diagnostic-addr");
  const id = randomUUID();
  const config = readServerConfig(sources.config, id);
  const live: LiveConfig = { current: config };
  const requests = new RequestMetrics(opaVersion, config.server.durationBuckets);
  const state = stateOf(call, sources.loaded);
  const plugins = createPlugins(call, state, { live, id, requests }, sources.config, log);
  log.redirect(() => plugins.serverLog);
  await opened(plugins);
  const server = createServer(call, state, { live, requests }, log, plugins);
  log.log("info", "Initializing server.", { addrs: addresses, "diagnostic-addrs": diagnosticAddresses });
  const listeners: Listener[] = [];
  let requestIds = 0;
  const told = { log, onRequest: requestLog(log), nextId: () => ++requestIds };
  try {
    for (const text of addresses) listeners.push(await open(call, text, server, config, told, tls));
    for (const text of diagnosticAddresses) listeners.push(await open(call, text, diagnostics(server), config, told));
  } catch (error) {
    log.log("error", "Listener failed.", { err: (error as Error).message });
    for (const each of listeners) await each.close(0);
    return 1;
  }
  log.log("debug", "Server initialized.");
  const starting = plugins.start();
  const ended = new AbortController();
  if (flags.bool("watch")) void watchFiles(call, sources, state, log, ended.signal);
  const renewal = renewTls(call, listeners.slice(0, addresses.length), log);
  await signalled();
  ended.abort();
  clearInterval(renewal);
  await shutDown(call, listeners, log);
  await starting;
  await plugins.stop(call.flags.int("shutdown-grace-period") * 1000);
  return 0;
}

/** The configuration in force: discovery changes it. */
interface LiveConfig {
  current: ServerConfig;
}

/** What services, bundles and the rest of the configuration ask for. */
function createPlugins(
  { flags, terminal }: Call,
  state: PolicyState,
  { live, id, requests }: { readonly live: LiveConfig; readonly id: string; readonly requests: RequestMetrics },
  config: JsonObject,
  log: ServerLog,
) {
  try {
    return new Plugins({
      config: { ...config, labels: live.current.labels },
      registry: requests.registry,
      onConfig: (next) => {
        live.current = serverConfig(next, { id, version: opaVersion });
      },
      state,
      regoVersion: flags.bool("v0-compatible") ? "v0" : "v1",
      host: {
        log: (level, message, fields) => log.log(level, message, fields),
        fault: (message, fields) => log.tell("error", message, fields),
        console: (message, fields) =>
          terminal.err(consoleEntry(flags.string("log-format") as LogFormat, message, fields)),
        timestamp,
        clock: () => performance.now(),
        environment: process.env,
        agent: userAgent,
      },
    });
  } catch (error) {
    if (error instanceof PluginConfigError) throw new CommandFault(`error: config error: ${error.message}`);
    throw error;
  }
}

async function opened(plugins: Plugins): Promise<void> {
  try {
    await plugins.open();
  } catch (error) {
    if (error instanceof PluginConfigError) throw new CommandFault(`error: config error: ${error.message}`);
    throw error;
  }
}

/** The wall clock with as many digits as it has. */
function timestamp(): string {
  const micros = Math.round((performance.timeOrigin + performance.now()) * 1000);
  return new Date(Math.floor(micros / 1000)).toISOString().replace(/Z$/, `${String(micros % 1000).padStart(3, "0")}Z`);
}

function createServer(
  { flags, terminal }: Call,
  state: PolicyState,
  { live, requests }: { readonly live: LiveConfig; readonly requests: RequestMetrics },
  log: ServerLog,
  plugins: Plugins,
) {
  const httpCache = new BoundedHttpCache(maxHttpCacheBytes);
  const isSchemaCheckSkipped = flags.bool("skip-known-schema-check");
  const runtime = runtimeInfo(terminal.env, {
    config: live.current.shown,
    isKnownSchemaCheckSkipped: isSchemaCheckSkipped,
  });
  return new PolicyServer({
    state,
    get config() {
      return live.current;
    },
    effects: (request) =>
      createEffects({ runtime, httpCache, print: (message, place) => logPrint(log, request, message, place) }),
    build: { version: opaVersion, commit: "", timestamp: "", hostname: "" },
    requests,
    clock: () => performance.now(),
    authorization: flags.string("authorization") === "basic" ? "basic" : "off",
    plugins,
    onFault: (error) => log.log("error", "A request failed.", { err: error instanceof Error ? error.stack : error }),
  });
}

/** Tells what a policy prints, where, and for which request. */
function logPrint(log: ServerLog, request: ServerRequest, message: string, { file, row, col }: CallPlace): void {
  log.log("info", message.replace(/\n$/, ""), {
    client_addr: request.clientAddress,
    line: file === undefined ? `${row}:${col}` : `${file}:${row}`,
    req_id: request.id,
    req_method: request.method,
    req_path: request.path,
  });
}

function stateOf({ flags }: Call, loaded: Loaded | LoadedBundles): PolicyState {
  return new PolicyState({
    regoVersion: flags.bool("v0-compatible") ? "v0" : "v1",
    policies: policiesOf(loaded),
    data: withVersion(loaded.data),
    bundles: bundlesOf(loaded),
  });
}

/** `--bundle`: what was loaded owns its roots, as what comes of services. */
function bundlesOf(loaded: Loaded | LoadedBundles): readonly ActiveBundle[] {
  if (!("bundles" in loaded)) return [];
  return loaded.bundles.map(({ name, bundle: { manifest, modules } }) => ({
    name,
    etag: "",
    manifest,
    policies: modules.map(({ file }) => file),
    isFile: true,
  }));
}

function policiesOf({ modules }: Loaded) {
  return modules.map(({ file, text, module }) => ({ id: file, text, module }));
}

/** What OPA tells policies of itself, at `data.system.version`. */
function withVersion(data: JsonObject): JsonObject {
  const version = { version: opaVersion, build_commit: "", build_timestamp: "", build_hostname: "" };
  return (mergeDocuments(data, { system: { version } }) ?? data) as JsonObject;
}

function readServerConfig(config: JsonObject, id: string): ServerConfig {
  try {
    return serverConfig(config, { id, version: opaVersion });
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandFault(`error: ${error.message}`);
    throw error;
  }
}

type ListenerLog = NonNullable<ListenerOptions["onRequest"]>;

interface Told {
  readonly log: ServerLog;
  readonly onRequest: ListenerLog;
  readonly nextId: () => number;
}

async function open(
  { flags }: Call,
  text: string,
  server: Pick<PolicyServer, "handle">,
  { server: { coding } }: ServerConfig,
  { log, onRequest, nextId }: Told,
  tls?: ListenerTls,
): Promise<Listener> {
  const address = parseAddress(text);
  if ("error" in address) throw new Error(address.error);
  const listener = await listen({
    server,
    address,
    ...(tls === undefined ? {} : { tls }),
    authentication: flags.string("authentication") as "off" | "token" | "tls",
    coding,
    onRequest,
    nextId,
    onFault: (error) => log.log("error", "A connection failed.", { err: String(error) }),
  });
  permit(address, flags.string("unix-socket-perm"));
  return listener;
}

function permit(address: ServerAddress, mode: string): void {
  if ("path" in address) chmodSync(address.path, Number.parseInt(mode, 8));
}

/** Beside the API: is it well, and how much it does. Nobody is asked who he is. */
function diagnostics(server: PolicyServer): Pick<PolicyServer, "handle"> {
  return { handle: (request) => server.diagnose(request) };
}

/** Tells of each request and its answer; requests are numbered over all addresses. */
function requestLog(log: ServerLog): ListenerLog {
  return ({ id, clientAddress, method, path }) => {
    const fields = { client_addr: clientAddress, req_id: id, req_method: method, req_path: path };
    const start = performance.now();
    log.log("info", "Received request.", fields);
    return ({ status, bytes }) =>
      log.log("info", "Sent response.", {
        ...fields,
        resp_bytes: bytes,
        resp_duration: performance.now() - start,
        resp_status: status,
      });
  };
}

function readTls({ flags }: Call): ListenerTls | undefined {
  const [certFile, keyFile] = [flags.string("tls-cert-file"), flags.string("tls-private-key-file")];
  if ((certFile === "") !== (keyFile === ""))
    throw new CommandFault("error: --tls-cert-file and --tls-private-key-file must be specified together");
  if (certFile === "") return undefined;
  const caFile = flags.string("tls-ca-cert-file");
  const ciphers = flags.list("tls-cipher-suites");
  try {
    return {
      cert: readFileSync(certFile, "utf8"),
      key: readFileSync(keyFile, "utf8"),
      minVersion: tlsVersions[flags.string("min-tls-version")] ?? "TLSv1.2",
      ...(caFile === "" ? {} : { ca: readFileSync(caFile, "utf8") }),
      ...(ciphers.length === 0 ? {} : { ciphers: ciphers.join(":") }),
    };
  } catch (error) {
    throw new CommandFault(`error: load certificate: ${(error as Error).message}`);
  }
}

const tlsVersions: { readonly [version: string]: ListenerTls["minVersion"] } = {
  "1.0": "TLSv1",
  "1.1": "TLSv1.1",
  "1.2": "TLSv1.2",
  "1.3": "TLSv1.3",
};

/** Certificates are read again every so often, `--tls-cert-refresh-period`. */
function renewTls(call: Call, listeners: readonly Listener[], log: ServerLog): NodeJS.Timeout | undefined {
  const period = Number(call.flags.duration("tls-cert-refresh-period")) / 1e6;
  if (period <= 0) return undefined;
  return setInterval(() => {
    try {
      const tls = readTls(call);
      if (tls !== undefined) for (const each of listeners) each.renew(tls);
    } catch (error) {
      log.log("error", "Failed to refresh the certificate, serving the one before.", { err: (error as Error).message });
    }
  }, period);
}

async function watchFiles(
  { args }: Call,
  { loaded, reload }: ServerSources,
  state: PolicyState,
  log: ServerLog,
  signal: AbortSignal,
): Promise<void> {
  let before = policiesOf(loaded).map(({ id }) => id);
  while (!signal.aborted) {
    try {
      await nextChange(args, signal);
    } catch (error) {
      // A file that is being replaced is not there for a moment.
      log.log("error", "Failed to watch files.", { err: (error as Error).message });
      await new Promise((done) => setTimeout(done, retryMs));
    }
    if (signal.aborted) return;
    const start = performance.now();
    try {
      const next = await reload();
      const policies = policiesOf(next);
      state.reload({ policies, data: withVersion(next.data), bundles: bundlesOf(next), without: before });
      before = policies.map(({ id }) => id);
      log.log("info", "Processed file watch event.", { took: `${(performance.now() - start).toFixed(3)}ms` });
    } catch (error) {
      const faults =
        error instanceof RegoError ? error.diagnostics.map(({ message }) => message).join("; ") : undefined;
      log.log("error", "Failed to process file watch event.", { err: faults ?? (error as Error).message });
    }
  }
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}

async function shutDown({ flags }: Call, listeners: readonly Listener[], log: ServerLog): Promise<void> {
  const wait = flags.int("shutdown-wait-period");
  if (wait > 0) {
    log.log("info", `Waiting ${wait}s before initiating shutdown...`);
    await new Promise((done) => setTimeout(done, wait * 1000));
  }
  log.log("info", "Shutting down...");
  await Promise.all(listeners.map((each) => each.close(flags.int("shutdown-grace-period") * 1000)));
  for (const { url } of listeners) if (url.startsWith("unix://")) rmSync(url.slice("unix://".length), { force: true });
  log.log("info", "Server shutdown.");
}
