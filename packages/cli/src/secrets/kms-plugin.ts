import { createServer, type Server } from "node:http";
import { dirname } from "node:path";
import {
  claimSocket,
  type KmsService,
  kmsServiceOf,
  type ObservedCall,
  observed,
  openKeySource,
  PluginMetrics,
  SourceError,
  startPlugin,
} from "@sallyport/secrets/kms";
import { InputError } from "../manifests.ts";
import type { KmsPluginConfiguration } from "./kms-plugin-configuration.ts";
import { loadPkcs11 } from "./pkcs11-binding.ts";

/** A plugin that API servers can ask. */
export interface KmsPlugin {
  /** Of health and metrics, where they were asked for. */
  readonly httpUrl: string | undefined;
  /** Calls that are under way come to their end, but for longer than `closingMs`. */
  readonly close: () => Promise<void>;
}

/** kube-apiserver's own time for a call is 3 s: who waits longer has given up. */
const closingMs = 5_000;

/** What probes found is told again for so long: they must not wear out a service that counts its calls. */
const healthMs = 5_000;

/** Opens the source, and serves it. Rejects with `InputError` where it cannot be as it is configured; a service that is away is asked again. */
export async function openKmsPlugin(
  configuration: KmsPluginConfiguration,
  say: (text: string) => void,
): Promise<KmsPlugin> {
  const { listen, http, timeoutMs, kind, values } = configuration;
  const path = await claimSocket(listen).catch(asInput);
  const source = await openKeySource(kind, values, {
    environment: process.env,
    timeoutMs,
    now: Date.now,
    onFault: say,
    loadPkcs11,
  }).catch(asInput);
  const metrics = new PluginMetrics();
  const tell = tellingOf(say);
  const service = observed(
    kmsServiceOf(source),
    (call) => {
      metrics.tell(call);
      tell(call);
    },
    () => performance.now(),
  );
  const served = await servePrivately(listen, path, service);
  const doors = http === undefined ? undefined : await openDoors(http, service, metrics);
  // Told here rather than by the first API server; it comes back by itself.
  await service.status().catch(() => {});
  return {
    httpUrl: doors?.url,
    close: async () => {
      await doors?.close();
      await served.close(closingMs);
      service.close();
    },
  };
}

function asInput(error: Error): never {
  throw error instanceof SourceError ? new InputError(error.message) : error;
}

/** Whoever can ask has the keys: from its first moment on the socket is our user's alone. */
async function servePrivately(listen: string, path: string, service: KmsService) {
  const before = process.umask(0o177);
  try {
    // Faults are told with their calls.
    return await startPlugin(listen, service, () => {});
  } catch {
    throw new InputError(`--listen ${listen}: nobody can listen there; may we write into ${dirname(path)}?`);
  } finally {
    process.umask(before);
  }
}

/** Every call with a key in one line; a status when it differs from the one before. */
function tellingOf(say: (text: string) => void): (call: ObservedCall) => void {
  let last = "";
  return ({ method, uid, keyId, seconds, fault }) => {
    const text = fault === undefined ? "ok" : `failed: ${fault}`;
    if (method !== "Status") {
      say(`${method} uid=${printable(uid)} key=${printable(keyId)} ${(seconds * 1000).toFixed(1)} ms ${text}`);
      return;
    }
    const status = `Status key=${printable(keyId)} ${text}`;
    if (status !== last) say(status);
    last = status;
  };
}

/** Who asks names his calls, and the store names keys: neither writes lines of his own. */
function printable(text: string): string {
  const cut = text.slice(0, 300);
  return /^[\x21-\x7e]*$/.test(cut) ? cut : JSON.stringify(cut);
}

async function openDoors(
  { host, port }: NonNullable<KmsPluginConfiguration["http"]>,
  service: KmsService,
  metrics: PluginMetrics,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const health = keptHealth(service);
  const server = createServer(async ({ url }, response) => {
    const answer = (code: number, text: string) =>
      void response.writeHead(code, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text);
    if (url === "/metrics") return answer(200, metrics.render());
    if (url !== "/healthz") return answer(404, "expected /healthz or /metrics\n");
    const fault = await health();
    return fault === undefined ? answer(200, "ok") : answer(500, `${fault}\n`);
  });
  await listening(server, host, port);
  const address = server.address();
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${typeof address === "object" ? address?.port : port}`,
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
}

/** What is wrong, if something is. */
function keptHealth(service: KmsService): () => Promise<string | undefined> {
  let known: { readonly at: number; readonly fault: Promise<string | undefined> } | undefined;
  return () => {
    const now = performance.now();
    if (known === undefined || now - known.at > healthMs) {
      const fault = service.status().then(
        ({ healthz }) => (healthz === "ok" ? undefined : healthz),
        () => "the key source failed; the log says why",
      );
      known = { at: now, fault };
    }
    return known.fault;
  };
}
