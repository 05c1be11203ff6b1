import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Bundles } from "../identity/validate-peer.ts";
import type { CertificateSource, WorkloadCertificate } from "../identity/workload-certificate.ts";
import { type Made, madeAuthority, madeLeaf, type Odd } from "../identity/x509/certificates.fixture.ts";
import type { Authorizer } from "../policy/call.ts";
import type { AccessEntry } from "./access-log.ts";
import type { ProviderTarget } from "./ext-authz/check.ts";
import type { ProxyLimits } from "./limits.ts";
import { type ProxyListener, type RunningProxy, startProxy } from "./proxy.ts";
import type { InboundPort, OutboundTarget } from "./proxy-config.ts";
import { ProxyMetrics } from "./proxy-metrics.ts";

/** What signs the certificates of these tests: in force now, for a day on both sides. */
const day = 24 * 3600 * 1000;
const inForce: Odd = { notBefore: Date.now() - day, notAfter: Date.now() + day };
export const root: Made = madeAuthority("root", inForce);
export const bundles: Bundles = new Map([["cluster.local", [root.pem]]]);

/** Of `spiffe://cluster.local/ns/shop/sa/NAME`, or otherwise than it should be. */
export function certificateOf(name: string, odd: Odd = {}, signer = root, trusted = bundles): WorkloadCertificate {
  const id = `spiffe://cluster.local/ns/shop/sa/${name}`;
  const leaf = madeLeaf(signer, { ...inForce, id, ...odd });
  return {
    id,
    chain: leaf.pem,
    key: leaf.key.export({ type: "pkcs8", format: "pem" }) as string,
    bundles: trusted,
    notAfter: odd.notAfter ?? Date.now() + day,
  };
}

/** A source that is given its certificates, or none. */
export class GivenSource implements CertificateSource {
  current: WorkloadCertificate | undefined;
  readonly #listeners = new Set<(certificate: WorkloadCertificate) => void>();

  constructor(first?: WorkloadCertificate) {
    this.current = first;
  }

  give(next: WorkloadCertificate): void {
    this.current = next;
    for (const listener of this.#listeners) listener(next);
  }

  onChange(listener: (certificate: WorkloadCertificate) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {}
}

export const allowAll: Authorizer = { readsHttp: false, decide: () => ({ allowed: true, reason: "no policy" }) };

/** What stands behind a proxy, its connections kept so that they can be ended. */
export async function startServer(serve: (socket: Socket) => void): Promise<{ port: number; close: () => void }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    serve(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as { port: number }).port, close };
}

export const echo = (socket: Socket): void => void socket.pipe(socket);

/** What a test says of a proxy. */
export interface Given {
  readonly source?: CertificateSource;
  readonly inbound?: InboundPort;
  readonly authorizer?: Authorizer;
  readonly outbound?: OutboundTarget;
  readonly provider?: ProviderTarget;
  readonly limits?: Partial<ProxyLimits>;
  readonly destination?: ProxyListener["destination"];
}

/** A proxy and what it told. */
export interface Started extends RunningProxy {
  readonly port: number;
  readonly log: AccessEntry[];
  readonly metrics: ProxyMetrics;
}

/** A proxy of one listener: into what listens at `port` of this machine, or out of it. */
export async function startOne(direction: "inbound" | "outbound", port: number, given: Given = {}): Promise<Started> {
  const log: AccessEntry[] = [];
  const metrics = new ProxyMetrics();
  const proxy = await startProxy({
    config: {
      inbound: () => given.inbound ?? { mode: "PERMISSIVE", protocol: "auto" },
      authorizer: given.authorizer ?? allowAll,
      outbound: () => given.outbound,
      provider: () => given.provider,
    },
    source: given.source ?? new GivenSource(certificateOf(direction === "inbound" ? "web" : "cart")),
    listeners: [{ direction, host: "127.0.0.1", port: 0, destination: given.destination ?? { ip: "127.0.0.1", port } }],
    limits: { serverFirstMs: 100, ...given.limits },
    now: Date.now,
    clock: () => performance.now(),
    log: (entry) => log.push(entry),
    metrics,
  });
  return { ...proxy, port: proxy.ports[0] as number, log, metrics };
}

/** Sends, ends, and answers what came back until the other end was closed; `RESET` where it was reset. */
export async function exchange(port: number, text: string | Uint8Array): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.end(text);
  return received(socket);
}

/** All that comes; `CODE` of the fault that ends it. */
export async function received(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      resolve(error.code === "ECONNRESET" ? "RESET" : `${error.code}`),
    );
    socket.once("close", () => resolve(Buffer.concat(chunks).toString()));
  });
}

/** As its metrics have it: what a proxy has not come to the end of. */
export function openConnections({ metrics }: Started): number {
  const lines = metrics.render().match(/^sallyport_mesh_connections\{.*\} (\d+)$/gm) ?? [];
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

/** Fails where something does not come true within ten seconds. */
export async function until(isTrue: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !isTrue(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(isTrue(), `within ten seconds: ${isTrue}`);
}
