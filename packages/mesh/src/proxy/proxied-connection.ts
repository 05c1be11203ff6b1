import { connect, type Socket } from "node:net";
import type { Call } from "../policy/call.ts";
import type { AccessEntry, AccessLog } from "./access-log.ts";
import { type Address, plainIp } from "./address.ts";
import type { ProxyMetrics } from "./proxy-metrics.ts";
import { type Passed, relay, reset } from "./relay.ts";
import type { ReusedBuffers } from "./reused-buffers.ts";

/** Whom is told what. */
export interface Observer {
  readonly log: AccessLog;
  readonly metrics: ProxyMetrics;
  readonly buffers: ReusedBuffers;
  /** Milliseconds that only rise. */
  readonly clock: () => number;
}

/** Why a connection goes no further. */
export class ConnectionRefusal extends Error {
  readonly decision: "denied" | "failed";

  constructor(decision: "denied" | "failed", message: string) {
    super(message);
    this.name = "ConnectionRefusal";
    this.decision = decision;
  }
}

/** One connection that came to us, from its first moment to what is told of it at its end. */
export class ProxiedConnection {
  /** As it came: destroyed whatever is made of it. */
  readonly raw: Socket;
  readonly direction: AccessEntry["direction"];
  readonly sourceIp: string;
  /** What becomes known on the way. */
  tls: AccessEntry["tls"] = "plaintext";
  principal: string | undefined;
  destination: Address & { readonly principal?: string };
  serverName: string | undefined;
  readonly #observer: Observer;
  readonly #from: number;

  constructor(raw: Socket, direction: AccessEntry["direction"], destination: Address, observer: Observer) {
    this.raw = raw;
    this.direction = direction;
    this.destination = destination;
    this.sourceIp = plainIp(raw.remoteAddress);
    this.#observer = observer;
    this.#from = observer.clock();
    observer.metrics.began(direction);
    // Told by whoever waits for it; a reset that nobody waits for ends it all the same.
    raw.on("error", () => {});
  }

  /** As policies ask of it. */
  get call(): Call {
    return {
      source: { ip: this.sourceIp, ...(this.principal !== undefined && { principal: this.principal }) },
      destination: this.destination,
      ...(this.serverName !== undefined && { serverName: this.serverName }),
    };
  }

  /** Runs `work` to its end; what it rejects with ends the connection by a reset. Never rejects. */
  async run(work: () => Promise<Passed>): Promise<void> {
    try {
      const passed = await work();
      this.#told("allowed", passed, passed.fault);
    } catch (error) {
      reset(this.raw);
      const decision = error instanceof ConnectionRefusal ? error.decision : "failed";
      this.#told(decision, { forth: 0, back: 0 }, (error as Error).message);
    }
  }

  /** Connects, and lets bytes pass. */
  async pass(near: Socket, far: Promise<Socket>): Promise<Passed> {
    const other = await far;
    if (near.destroyed) {
      reset(other);
      throw new ConnectionRefusal("failed", "the client went away");
    }
    this.#observer.metrics.opened(this.#entry("allowed", { forth: 0, back: 0 }));
    return relay(near, other, this.#observer.buffers);
  }

  /** What is told of a request within it, `denied` being why it was not allowed. */
  requested(request: NonNullable<AccessEntry["request"]>, passed: Passed, durationMs: number, denied?: string): void {
    const whole = this.#entry(denied === undefined ? "allowed" : "denied", passed, denied);
    const entry = { ...whole, request, durationMs: Math.round(durationMs) };
    this.#observer.metrics.requested(entry);
    this.#observer.log(entry);
  }

  #told(decision: AccessEntry["decision"], passed: Passed, reason?: string): void {
    const entry = this.#entry(decision, passed, reason);
    this.#observer.metrics.ended(entry);
    this.#observer.log(entry);
  }

  #entry(decision: AccessEntry["decision"], { forth, back }: Passed, reason?: string): AccessEntry {
    return {
      direction: this.direction,
      source: this.call.source,
      destination: this.destination,
      tls: this.tls,
      ...(this.serverName !== undefined && { serverName: this.serverName }),
      bytesIn: forth,
      bytesOut: back,
      durationMs: Math.round(this.#observer.clock() - this.#from),
      decision,
      ...(reason !== undefined && { reason }),
    };
  }
}

/** Connects in plaintext. Rejects with `ConnectionRefusal`. */
export function connectPlain({ ip, port }: Address, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: ip, port, allowHalfOpen: true, noDelay: true });
    const fail = (text: string) => {
      clearTimeout(timer);
      socket.destroy();
      reject(new ConnectionRefusal("failed", `${ip}:${port}: ${text}`));
    };
    const failed = (error: NodeJS.ErrnoException) => fail(error.code ?? error.message);
    const timer = setTimeout(() => fail(`no connection within ${timeoutMs} ms`), timeoutMs);
    socket.once("error", failed).once("connect", () => {
      clearTimeout(timer);
      socket.off("error", failed);
      resolve(socket);
    });
  });
}
