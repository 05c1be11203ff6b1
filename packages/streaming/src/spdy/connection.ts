import { Duplex } from "node:stream";
import { controlFrame, dataFrame, type Frame, finFlag, frameTypes, readFrames } from "./frames.ts";
import { HeaderCodec, type Headers } from "./header-codec.ts";

/** What a stream may have unread before the connection is read no further: SPDY's own windows are not used by Kubernetes' clients. */
const maxUnreadBytes = 1024 * 1024;

/** As many streams as a connection may have open; a port-forward takes two for each connection. */
const maxStreams = 1000;

/** Status of RST_STREAM: the stream is no longer wanted. */
const cancel = 5;

/** One stream of a connection. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: Headers;
  readonly #send: (frame: Buffer) => Promise<void>;
  #wake: (() => void) | undefined;
  /** The peer has given the stream up, and need not be told that we do. */
  wasReset = false;

  constructor(id: number, headers: Headers, send: (frame: Buffer) => Promise<void>) {
    super({ allowHalfOpen: true });
    this.id = id;
    this.headers = headers;
    this.#send = send;
  }

  /** Takes what came for the stream; resolves when there is room for more. */
  async receive(bytes: Buffer): Promise<void> {
    if (this.destroyed || this.readableEnded || bytes.length === 0) return;
    this.push(bytes);
    if (this.readableLength < maxUnreadBytes) return;
    await new Promise<void>((done) => {
      this.#wake = done;
    });
  }

  override _read(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(dataFrame(this.id, 0, chunk)).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#send(dataFrame(this.id, finFlag, Buffer.alloc(0))).then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this._read();
    if (!this.wasReset && !(this.readableEnded && this.writableFinished))
      this.#send(controlFrame(frameTypes.rstStream, 0, [this.id, cancel])).catch(() => {});
    done(error);
  }
}

/** One end of a SPDY/3.1 connection: streams that the peer opens are answered and handed to `onStream`; a client opens its own. */
export class SpdyConnection {
  readonly #socket: Duplex;
  readonly #codec = new HeaderCodec();
  readonly #streams = new Map<number, SpdyStream>();
  readonly #onStream: (stream: SpdyStream) => void;
  /** Streams that were opened here and are not answered yet. */
  readonly #unanswered = new Map<number, { readonly done: () => void; readonly fail: (error: Error) => void }>();
  /** The last one that the peer opened. */
  #lastId = 0;
  /** The next one of a client: odd ones are its own. */
  #nextId = 1;
  /** Resolves when the header blocks before are sent: each depends on all before it. */
  #opening: Promise<unknown> = Promise.resolve();
  /** Resolves when the peer is gone, or the connection was closed. */
  readonly closed: Promise<void>;

  constructor(socket: Duplex, onStream: (stream: SpdyStream) => void) {
    this.#socket = socket;
    this.#onStream = onStream;
    socket.on("error", () => socket.destroy());
    this.closed = this.#run();
  }

  /** Opens a stream, of a client. Resolves when the peer has taken it; rejects when it refuses it or is gone. */
  open(headers: Headers): Promise<SpdyStream> {
    const opened = this.#opening.then(() => this.#openOwn(headers));
    this.#opening = opened.catch(() => {});
    return opened;
  }

  /** Says goodbye when all is written. */
  async close(): Promise<void> {
    if (!this.#socket.destroyed) {
      await this.#send(controlFrame(frameTypes.goAway, 0, [this.#lastId, 0])).catch(() => {});
      this.#socket.end();
    }
    await this.closed;
  }

  async #run(): Promise<void> {
    try {
      for await (const frame of readFrames(this.#socket)) await this.#take(frame);
    } catch {
      // A peer that is gone or speaks no SPDY: the connection ends either way.
    }
    this.#socket.destroy();
    for (const { fail } of this.#unanswered.values()) fail(new Error("the connection is closed"));
    for (const stream of this.#streams.values()) stream.destroy();
    this.#streams.clear();
    this.#codec.close();
  }

  async #take(frame: Frame): Promise<void> {
    if (frame.kind === "data") {
      const stream = this.#streams.get(frame.stream);
      await stream?.receive(frame.payload);
      if (frame.flags & finFlag) stream?.push(null);
      return;
    }
    const { type, flags, payload } = frame;
    if (type === frameTypes.synStream) await this.#answer(payload, flags);
    else if (type === frameTypes.synReply) await this.#answered(payload, flags);
    else if (type === frameTypes.headers) await this.#codec.decode(payload.subarray(4));
    else if (type === frameTypes.ping) await this.#send(controlFrame(frameTypes.ping, 0, [payload.readUInt32BE(0)]));
    else if (type === frameTypes.rstStream) this.#reset(payload.readUInt32BE(0));
    else if (type === frameTypes.goAway) this.#socket.end();
  }

  async #openOwn(headers: Headers): Promise<SpdyStream> {
    const id = this.#nextId;
    this.#nextId += 2;
    const stream = this.#add(id, headers);
    const answered = new Promise<void>((done, fail) => this.#unanswered.set(id, { done, fail }));
    answered.catch(() => {});
    const block = await this.#codec.encode(headers);
    // Two bytes of priority and slot stand before the headers.
    await this.#send(controlFrame(frameTypes.synStream, 0, [id, 0], Buffer.concat([Buffer.alloc(2), block])));
    await answered;
    return stream;
  }

  async #answered(payload: Buffer, flags: number): Promise<void> {
    const id = payload.readUInt32BE(0) & 0x7fffffff;
    await this.#codec.decode(payload.subarray(4));
    this.#unanswered.get(id)?.done();
    this.#unanswered.delete(id);
    if (flags & finFlag) this.#streams.get(id)?.push(null);
  }

  #reset(id: number): void {
    this.#unanswered.get(id)?.fail(new Error("the stream was refused"));
    this.#unanswered.delete(id);
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    stream.wasReset = true;
    stream.destroy();
  }

  async #answer(payload: Buffer, flags: number): Promise<void> {
    const id = payload.readUInt32BE(0) & 0x7fffffff;
    const headers = await this.#codec.decode(payload.subarray(10));
    if (this.#streams.size >= maxStreams || this.#streams.has(id))
      return this.#send(controlFrame(frameTypes.rstStream, 0, [id, 3]));
    this.#lastId = id;
    const stream = this.#add(id, headers);
    await this.#send(controlFrame(frameTypes.synReply, 0, [id], await this.#codec.encode(new Map())));
    if (flags & finFlag) stream.push(null);
    this.#onStream(stream);
  }

  #add(id: number, headers: Headers): SpdyStream {
    const stream = new SpdyStream(id, headers, (bytes) => this.#send(bytes));
    stream.on("error", () => {});
    stream.once("close", () => this.#streams.delete(id));
    this.#streams.set(id, stream);
    return stream;
  }

  /** Resolves when the socket takes more. */
  #send(frame: Buffer): Promise<void> {
    return new Promise((done, fail) => {
      if (this.#socket.destroyed || this.#socket.writableEnded) fail(new Error("the connection is closed"));
      else this.#socket.write(frame, (error) => (error ? fail(error) : done()));
    });
  }
}
