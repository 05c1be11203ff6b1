import { GrpcConnection, GrpcError, type GrpcStream, grpcCodes, type StreamHandlers, type TlsOptions } from "./grpc.ts";
import {
  type RangeRequest,
  type RangeResponse,
  readDatabaseSize,
  readLeaseGrant,
  readRange,
  readTxn,
  type TxnRequest,
  type TxnResponse,
  writeCompaction,
  writeLeaseGrant,
  writeRange,
  writeTxn,
} from "./messages.ts";

/** What is needed to reach etcd: kube-apiserver's `--etcd-servers`, and the contents of its certificate files. */
export interface EtcdEndpoints {
  /** `https://host:2379`; any member of one cluster will do. */
  readonly servers: readonly string[];
  readonly tls: TlsOptions;
}

/** kube-apiserver's own deadline for requests; etcd itself gives up after some 7 s. */
const callMs = 10_000;

/** After an endpoint failed, all wait this long before the next one is tried, twice as long each time. */
const firstBackoffMs = 100;
const maxBackoffMs = 5_000;

/** An election takes a second or two: reads wait 0.05 s, twice as long each time, and 3.2 s altogether. */
const firstRereadMs = 50;
const maxRereadMs = 1_600;

/** https://github.com/etcd-io/etcd/blob/main/api/v3rpc/rpctypes/error.go */
const leaderChanged = "etcdserver: leader changed";

/** Calls of etcd's API over one connection, which moves on to the next server when one is lost. */
export class EtcdClient {
  readonly #endpoints: EtcdEndpoints;
  #next = 0;
  #connection: Promise<GrpcConnection> | undefined;
  #backoffMs = 0;
  #waitUntil = 0;
  #lastError: GrpcError | undefined;
  #isClosed = false;

  constructor(endpoints: EtcdEndpoints) {
    this.#endpoints = endpoints;
  }

  async range(request: RangeRequest): Promise<RangeResponse> {
    return readRange(await this.#read("/etcdserverpb.KV/Range", writeRange(request)));
  }

  async txn(request: TxnRequest): Promise<TxnResponse> {
    return readTxn(await this.#call("/etcdserverpb.KV/Txn", writeTxn(request)));
  }

  async compact(revision: number): Promise<void> {
    await this.#call("/etcdserverpb.KV/Compact", writeCompaction(revision));
  }

  /** Bytes that the member's database takes on its disk. */
  async size(): Promise<number> {
    return readDatabaseSize(await this.#call("/etcdserverpb.Maintenance/Status", new Uint8Array()));
  }

  /** A lease that ends by itself after some seconds, and takes its keys with it. */
  async grantLease(seconds: number): Promise<bigint> {
    return readLeaseGrant(await this.#call("/etcdserverpb.Lease/LeaseGrant", writeLeaseGrant(seconds)));
  }

  /** Ends when the member loses its cluster's leader: alone it would tell nothing more, and not say so. */
  async watch(handlers: StreamHandlers): Promise<GrpcStream> {
    return (await this.#open()).stream("/etcdserverpb.Watch/Watch", handlers, { hasleader: "true" });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const connection = this.#connection;
    this.#connection = undefined;
    (await connection?.catch(() => undefined))?.close();
  }

  /** Drops the connection, so that the next call takes another one. */
  async reconnect(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    (await connection?.catch(() => undefined))?.close();
  }

  /** Reads are asked again while the members choose a leader, as etcd's own client does; whether a write was applied nobody knows then. */
  async #read(path: string, message: Uint8Array): Promise<Uint8Array> {
    for (let waitMs = firstRereadMs; ; waitMs *= 2) {
      try {
        return await this.#call(path, message);
      } catch (error) {
        if (waitMs > maxRereadMs || !(error instanceof GrpcError) || !error.message.includes(leaderChanged))
          throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  async #call(path: string, message: Uint8Array): Promise<Uint8Array> {
    return (await this.#open()).call(path, message, callMs);
  }

  async #open(): Promise<GrpcConnection> {
    const pending = this.#connection;
    const known = await pending?.catch(() => undefined);
    if (known?.isOpen === true) return known;
    if (this.#isClosed) throw new GrpcError(grpcCodes.unavailable, "closed");
    // Somebody else who waited for the lost one may have begun the next already.
    if (this.#connection !== undefined && this.#connection !== pending) return this.#connection;
    // Within the wait after a failure nobody tries again: all are told at once.
    if (performance.now() < this.#waitUntil && this.#lastError !== undefined) throw this.#lastError;
    this.#connection = this.#connect();
    this.#connection.catch(() => undefined);
    return this.#connection;
  }

  /** Each server once, beginning with the one after the last that was tried. */
  async #connect(): Promise<GrpcConnection> {
    const { servers, tls } = this.#endpoints;
    for (let tries = 0; tries < servers.length; tries++) {
      const url = servers[this.#next++ % servers.length] as string;
      try {
        const connection = await GrpcConnection.open(url, tls);
        this.#backoffMs = 0;
        return connection;
      } catch (error) {
        this.#lastError = error as GrpcError;
      }
    }
    this.#backoffMs = Math.min(maxBackoffMs, Math.max(firstBackoffMs, this.#backoffMs * 2));
    this.#waitUntil = performance.now() + this.#backoffMs;
    throw this.#lastError ?? new GrpcError(grpcCodes.unavailable, "no etcd server is named");
  }
}
