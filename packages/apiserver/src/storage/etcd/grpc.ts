import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";

/** Credentials of a connection, as PEM; none for plain `http://`. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** What a call ended with. https://grpc.io/docs/guides/status-codes/ */
export class GrpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "GrpcError";
    this.code = code;
  }
}

export const grpcCodes = { deadlineExceeded: 4, outOfRange: 11, unavailable: 14 } as const;

/** Answers that are larger make no sense: etcd takes values of 1.5 MiB, and we ask for 500 at most. */
const maxMessageBytes = 1024 * 1024 * 1024;

/** Room for unread answers: HTTP/2's own default would wait for us each 64 KiB. */
const windowBytes = 8 * 1024 * 1024;

/** A peer that vanished without a word is found out by pings. */
const pingMs = 10_000;

const connectMs = 5_000;

/** A gRPC connection over Node's HTTP/2: unary calls and streams of raw messages. It is not opened again when it is lost. */
export class GrpcConnection {
  readonly #session: ClientHttp2Session;
  readonly #timer: NodeJS.Timeout;
  #lost: Error | undefined;

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
    session.on("error", (error) => {
      this.#lost ??= error;
    });
    session.on("close", () => {
      this.#lost ??= new Error("the connection was closed");
      clearInterval(this.#timer);
    });
    this.#timer = setInterval(() => this.#ping(), pingMs).unref();
    session.unref();
  }

  /** Rejects with `GrpcError` (unavailable) when nobody answers, or the certificates do not fit. */
  static open(url: string, tls: TlsOptions): Promise<GrpcConnection> {
    return new Promise((resolve, reject) => {
      const session = connect(url, {
        ...tls,
        maxSessionMemory: 1024,
        settings: { initialWindowSize: windowBytes, enablePush: false },
      });
      const fail = (error: Error) => {
        session.destroy();
        reject(new GrpcError(grpcCodes.unavailable, `${url}: ${error.message || "no answer"}`, { cause: error }));
      };
      const timer = setTimeout(() => fail(new Error(`no answer in ${connectMs / 1000} s`)), connectMs);
      session.once("error", (error) => {
        clearTimeout(timer);
        fail(error);
      });
      session.once("connect", () => {
        clearTimeout(timer);
        session.removeAllListeners("error");
        session.setLocalWindowSize(windowBytes);
        resolve(new GrpcConnection(session));
      });
    });
  }

  get isOpen(): boolean {
    return this.#lost === undefined && !this.#session.closed && !this.#session.destroyed;
  }

  /** One message there, one back. */
  call(path: string, message: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      let answer: Uint8Array | undefined;
      const stream = this.stream(path, {
        onMessage: (bytes) => {
          answer = bytes;
        },
        onEnd: (error) => {
          clearTimeout(timer);
          if (error !== undefined) reject(error);
          else if (answer === undefined) reject(new GrpcError(grpcCodes.unavailable, "the answer is empty"));
          else resolve(answer);
        },
      });
      const timer = setTimeout(
        () => stream.cancel(new GrpcError(grpcCodes.deadlineExceeded, `no answer in ${timeoutMs / 1000} s`)),
        timeoutMs,
      );
      stream.send(message);
      stream.finish();
    });
  }

  /** Messages both ways until either side ends it; `onEnd` is called once. `metadata` goes with its head. */
  stream(path: string, handlers: StreamHandlers, metadata: Metadata = {}): GrpcStream {
    return new GrpcStream(this.#session, path, handlers, metadata);
  }

  close(): void {
    this.#lost ??= new Error("closed");
    clearInterval(this.#timer);
    this.#session.destroy();
  }

  #ping(): void {
    const timer = setTimeout(() => this.#session.destroy(new Error("no answer to a ping")), pingMs).unref();
    this.#session.ping((error) => {
      clearTimeout(timer);
      if (error !== null) this.#session.destroy();
    });
  }
}

export interface StreamHandlers {
  readonly onMessage: (message: Uint8Array) => void;
  /** Undefined when the server ended it well. */
  readonly onEnd: (error: GrpcError | undefined) => void;
}

/** Headers that a server reads of a call, by names in lower case. */
export type Metadata = { readonly [name: string]: string };

/** One call. Messages stand behind five bytes: not compressed, and their length. */
export class GrpcStream {
  readonly #stream: ClientHttp2Stream | undefined;
  readonly #handlers: StreamHandlers;
  #unread: Buffer[] = [];
  #unreadBytes = 0;
  #status: GrpcError | undefined;
  #hasStatus = false;
  #hasEnded = false;

  constructor(session: ClientHttp2Session, path: string, handlers: StreamHandlers, metadata: Metadata) {
    this.#handlers = handlers;
    try {
      this.#stream = session.request({
        ":method": "POST",
        ":path": path,
        "content-type": "application/grpc",
        te: "trailers",
        ...metadata,
      });
    } catch (error) {
      queueMicrotask(() => this.#end(new GrpcError(grpcCodes.unavailable, (error as Error).message, { cause: error })));
      return;
    }
    this.#stream.on("response", (headers) => this.#readStatus(headers));
    this.#stream.on("trailers", (headers) => this.#readStatus(headers));
    this.#stream.on("data", (chunk: Buffer) => this.#read(chunk));
    this.#stream.on("error", (error: Error) =>
      this.#end(new GrpcError(grpcCodes.unavailable, `the connection was lost (${error.message})`, { cause: error })),
    );
    this.#stream.on("close", () =>
      this.#end(this.#hasStatus ? this.#status : new GrpcError(grpcCodes.unavailable, "the connection was lost")),
    );
  }

  send(message: Uint8Array): void {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    this.#stream?.write(Buffer.concat([head, message]));
  }

  /** No more will be sent. */
  finish(): void {
    this.#stream?.end();
  }

  /** Ends it from our side, for a reason. */
  cancel(reason: GrpcError): void {
    this.#end(reason);
    this.#stream?.close(constants.NGHTTP2_CANCEL);
  }

  #readStatus(headers: { readonly [name: string]: unknown }): void {
    const status = headers["grpc-status"];
    const http = Number(headers[":status"] ?? 200);
    if (status === undefined && http === 200) return;
    const code = status === undefined ? grpcCodes.unavailable : Number(status);
    const text =
      status === undefined ? `HTTP status ${http}` : decodeURIComponent(String(headers["grpc-message"] ?? ""));
    this.#hasStatus = true;
    this.#status = code === 0 ? undefined : new GrpcError(code, text);
  }

  #read(chunk: Buffer): void {
    this.#unread.push(chunk);
    this.#unreadBytes += chunk.length;
    while (this.#unreadBytes >= 5) {
      const head = this.#unread.length === 1 ? (this.#unread[0] as Buffer) : this.#joined(5);
      const length = head.readUInt32BE(1);
      if (length > maxMessageBytes) {
        this.cancel(new GrpcError(grpcCodes.outOfRange, `an answer of ${length} bytes is too large`));
        return;
      }
      if (this.#unreadBytes < 5 + length) return;
      const all = this.#joined(this.#unreadBytes);
      this.#unread = all.length === 5 + length ? [] : [all.subarray(5 + length)];
      this.#unreadBytes -= 5 + length;
      this.#handlers.onMessage(all.subarray(5, 5 + length));
    }
  }

  /** At least so many unread bytes in one piece. Joins all at once only when a message is whole. */
  #joined(size: number): Buffer {
    const first = this.#unread[0] as Buffer;
    if (first.length >= size) return first;
    const all = Buffer.concat(this.#unread);
    this.#unread = [all];
    return all;
  }

  #end(error: GrpcError | undefined): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#handlers.onEnd(error);
  }
}
