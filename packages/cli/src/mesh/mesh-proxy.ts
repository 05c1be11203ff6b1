import { createWriteStream, existsSync, readFileSync } from "node:fs";
import type { Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { loadOriginalDestination } from "@sallyport/mesh/control";
import { folderSource, type WatchedSource } from "@sallyport/mesh/identity";
import {
  type AccessLog,
  accessLine,
  ProxyMetrics,
  readStaticConfig,
  type StaticConfig,
  StaticConfigError,
  startProxy,
} from "@sallyport/mesh/proxy";
import { reasonOf, UsageError } from "../errors.ts";
import { InputError } from "../manifests.ts";

export interface MeshProxyOptions {
  /** Files and folders, as the flags name them. */
  readonly config: string;
  readonly certificates?: string;
  /** Who signs, where they are not of a folder. */
  readonly caAddress?: string;
  readonly caName?: string;
  readonly tokenFile?: string;
  readonly rootsFile?: string;
  readonly certificateLife?: string;
  /** `HOST:PORT`. */
  readonly metrics?: string;
  /** `-` for standard output, `none` for none. */
  readonly accessLog: string;
  readonly say: (text: string) => void;
}

/** A proxy that runs. */
export interface MeshProxy {
  /** One line for each place that it listens at. */
  readonly doors: readonly string[];
  /** In Prometheus' text format. */
  readonly metrics: () => string;
  /** Lets connections go on for so many milliseconds. */
  drain(ms: number): Promise<void>;
}

/** What a proxy that is one of several has of whoever started it. */
export interface SharedParts {
  readonly source: WatchedSource;
}

/** Starts a proxy by its files; one of several, that listen at the same ports, with `shared`. Rejects with `InputError` or `UsageError` for what they say, and with the machine's own faults. */
export async function openMeshProxy(options: MeshProxyOptions, shared?: SharedParts): Promise<MeshProxy> {
  const { listeners, config, limits } = await readConfig(options.config);
  const isOne = shared !== undefined;
  const door = options.metrics === undefined || isOne ? undefined : hostPortOf(options.metrics);
  const openSource = isOne ? () => shared.source : await sourceOf(options);
  const original = listeners.some(({ destination }) => destination === "original") ? await loadOriginal() : undefined;
  const source = openSource();
  const metrics = new ProxyMetrics();
  const proxy = await startProxy({
    config,
    limits,
    source,
    metrics,
    reusePort: isOne,
    listeners: listeners.map(({ destination, ...rest }) => ({
      ...rest,
      destination: destination === "original" ? (original as NonNullable<typeof original>) : destination,
    })),
    now: Date.now,
    clock: () => performance.now(),
    log: accessLogOf(options.accessLog),
  });
  const doors = listeners.map(({ direction, host }, i) => `${direction} at ${host}:${proxy.ports[i]}`);
  const server = door === undefined ? undefined : await serveMetrics(door, async () => metrics.render(), source);
  return {
    doors: door === undefined ? doors : [...doors, `health and metrics at ${options.metrics}`],
    metrics: () => metrics.render(),
    drain: async (ms) => {
      await proxy.drain(ms);
      server?.close();
      server?.closeAllConnections();
      source.close();
    },
  };
}

/** Checks what the flags say, and answers what then begins to ask. What speaks to an authority is loaded where there is one: it is memory. */
export async function sourceOf(options: MeshProxyOptions): Promise<() => WatchedSource> {
  const { certificates, caAddress, say } = options;
  if ((certificates === undefined) === (caAddress === undefined))
    throw new UsageError("--certificates or --ca-address: expected one of them");
  if (certificates === undefined) return authorityOf(options);
  if (!existsSync(certificates)) throw new InputError(`--certificates ${certificates}: no such folder`);
  const wait = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal, ref: false });
  return () => folderSource({ folder: certificates, now: Date.now, sleep: wait, say });
}

async function authorityOf(options: MeshProxyOptions): Promise<() => WatchedSource> {
  const { caAddress = "", caName, tokenFile, rootsFile, certificateLife = "24h", say } = options;
  const { authoritySourceOf, certificateLifeMs, checkAuthorityAddress } = await import("./authority-client.ts");
  checkAuthorityAddress(caAddress);
  if (tokenFile === undefined || rootsFile === undefined)
    throw new UsageError("--ca-address: expected --token-file and --roots-file with it");
  const lifeMs = certificateLifeMs(certificateLife);
  const name = caName === undefined ? {} : { caName };
  return () => authoritySourceOf({ caAddress, ...name, tokenFile, rootsFile, lifeMs }, say);
}

export async function readConfig(path: string): Promise<StaticConfig> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new InputError(
      `--config ${path}: ${error instanceof SyntaxError ? `no JSON: ${error.message}` : reasonOf(error)}`,
    );
  }
  try {
    return await readStaticConfig(value);
  } catch (error) {
    throw error instanceof StaticConfigError ? new InputError(`--config ${path}: ${error.message}`) : error;
  }
}

/** Asked for only where it is used: it is a package that need not be there. */
async function loadOriginal() {
  const original = await loadOriginalDestination();
  if (typeof original === "string")
    throw new InputError(
      `"destination": "original" cannot be done: ${original}; give each listener its own destination`,
    );
  return original;
}

function accessLogOf(path: string): AccessLog {
  if (path === "none") return () => {};
  const stream = path === "-" ? process.stdout : createWriteStream(path, { flags: "a" });
  // A reader that went away is no reason to stop serving.
  stream.on("error", () => {});
  return (entry) => void stream.write(`${accessLine(entry, Date.now())}\n`);
}

/** Of `--metrics`. Throws `UsageError`. */
export function hostPortOf(text: string): { readonly host: string; readonly port: number } {
  const [, host, port] = /^(?:\[?([^\]]*?)\]?):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535)
    throw new UsageError(`--metrics ${text}: expected HOST:PORT such as 127.0.0.1:15020`);
  return { host: host === "" ? "0.0.0.0" : host, port: Number(port) };
}

/** Health and metrics. Rejects where the port cannot be had. */
export async function serveMetrics(
  { host, port }: { readonly host: string; readonly port: number },
  metrics: () => Promise<string>,
  source: WatchedSource,
): Promise<Server> {
  // Loaded where it is asked for: a proxy is one of many, and HTTP some memory of each.
  const { createServer } = await import("node:http");
  const server = createServer(({ url }, response) => {
    const answer = (code: number, text: string) =>
      void response.writeHead(code, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text);
    if (url === "/metrics")
      return metrics().then(
        (text) => answer(200, text),
        ({ message }: Error) => answer(503, `${message}\n`),
      );
    if (url !== "/healthz") return answer(404, "expected /healthz or /metrics\n");
    return source.fault === undefined ? answer(200, "ok") : answer(503, `${source.fault}\n`);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve(server));
  });
}
