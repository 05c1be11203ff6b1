import { createServer, type Server, type Socket } from "node:net";
import type { CertificateSource } from "../identity/workload-certificate.ts";
import { type Address, plainIp } from "./address.ts";
import { ProviderChecks } from "./ext-authz/provider-checks.ts";
import { HttpGate } from "./http-gate.ts";
import { type ProxyParts, passInbound } from "./inbound.ts";
import { defaultLimits, type ProxyLimits } from "./limits.ts";
import { MeshTls } from "./mesh-tls.ts";
import { passOutbound } from "./outbound.ts";
import { type Observer, ProxiedConnection } from "./proxied-connection.ts";
import type { ProxyConfig } from "./proxy-config.ts";
import { reachTarget } from "./reach-target.ts";
import { reset } from "./relay.ts";
import { ReusedBuffers } from "./reused-buffers.ts";

/** Where a proxy takes connections. */
export interface ProxyListener {
  readonly direction: "inbound" | "outbound";
  /** 0: any that is free. */
  readonly port: number;
  readonly host: string;
  /** Where connections were going: always the same, or as the kernel tells of each; undefined where it does not know. */
  readonly destination: Address | ((socket: Socket) => Address | undefined);
}

export interface ProxyOptions extends Omit<Observer, "buffers"> {
  readonly config: ProxyConfig;
  readonly source: CertificateSource;
  readonly listeners: readonly ProxyListener[];
  readonly limits?: Partial<ProxyLimits>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Other processes listen at the same ports, and the kernel shares connections out. */
  readonly reusePort?: boolean;
}

/** A proxy that takes connections. */
export interface RunningProxy {
  /** In the order of the listeners. */
  readonly ports: readonly number[];
  /** Takes no more connections, and lets those that are there come to their end: but for no longer than so many milliseconds. */
  drain(ms: number): Promise<void>;
}

/** Listens. Rejects with the fault of the first listener that cannot; nothing listens then. */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const limits = { ...defaultLimits, ...options.limits };
  const { source, now, metrics } = options;
  const tls = new MeshTls({ source, now, handshakeTimeoutMs: limits.handshakeMs });
  const told = source.onChange(({ notAfter }) => metrics.certificateEnds(notAfter));
  if (source.current !== undefined) metrics.certificateEnds(source.current.notAfter);
  const observer = { ...options, buffers: new ReusedBuffers() };
  const gate = new HttpGate(limits.requestHeadMs);
  const checks = new ProviderChecks(async (target) => (await reachTarget(target, tls, limits)).socket);
  const open = new Set<Promise<void>>();
  const sockets = new Set<Socket>();
  const take = (listener: ProxyListener) => (raw: Socket) => {
    if (sockets.size >= limits.maxConnections) return reset(raw);
    sockets.add(raw);
    const done = serve(raw, listener, observer, { config: options.config, tls, limits, gate, checks }).then(() => {
      sockets.delete(raw);
      open.delete(done);
    });
    open.add(done);
  };
  const servers = options.listeners.map((listener) =>
    createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true }, take(listener)),
  );
  const close = () => {
    for (const server of servers) server.close();
    told();
    tls.close();
  };
  try {
    const ports: number[] = [];
    for (const [i, server] of servers.entries())
      ports.push(await listening(server, options.listeners[i] as ProxyListener, options.reusePort));
    return {
      ports,
      drain: async (ms) => {
        close();
        await gate.drain();
        await atMost(ms, open);
        for (const socket of sockets) reset(socket);
        checks.close();
        await Promise.all(open);
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

async function serve(
  raw: Socket,
  { direction, destination }: ProxyListener,
  observer: Observer,
  parts: ProxyParts,
): Promise<void> {
  const asked = typeof destination === "function" ? destination(raw) : destination;
  const own = { ip: plainIp(raw.localAddress), port: raw.localPort ?? 0 };
  const connection = new ProxiedConnection(raw, direction, asked ?? own, observer);
  await connection.run(() => {
    // Our own port is where nobody was turned from: it would only come back to us.
    if (asked === undefined || (asked.ip === own.ip && asked.port === own.port))
      throw new Error("it asks for the proxy itself");
    return direction === "inbound" ? passInbound(connection, parts) : passOutbound(connection, parts);
  });
}

function listening(server: Server, { host, port }: ProxyListener, reusePort = false): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 1024, reusePort }, () => {
      server.off("error", reject);
      resolve((server.address() as { readonly port: number }).port);
    });
  });
}

/** Until all have ended, or so many milliseconds have passed. */
async function atMost(ms: number, open: ReadonlySet<Promise<void>>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([late, Promise.all(open)]);
  clearTimeout(timer);
}
