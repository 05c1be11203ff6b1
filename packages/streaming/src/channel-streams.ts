import { PassThrough, Writable } from "node:stream";
import type { WebSocket } from "ws";
import { type CommandOptions, type CommandStreams, drained, finished, Resizes } from "./command-streams.ts";

/** Subprotocols in which commands are streamed over a WebSocket, the best first. k8s.io/apimachinery's remotecommand. */
export const channelProtocols: readonly string[] = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "channel.k8s.io",
  "base64.channel.k8s.io",
  "",
];

const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

/** v5: the message [255, CHANNEL] says that a channel has ended. */
const closeSignal = 255;

/** Messages of channels, in bytes or in base64. */
export class ChannelSocket {
  readonly #socket: WebSocket;
  readonly #isText: boolean;

  constructor(socket: WebSocket, protocol: string) {
    this.#socket = socket;
    this.#isText = protocol.includes("base64");
  }

  onMessage(listener: (channel: number, bytes: Buffer) => void): void {
    this.#socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (data.length === 0) return;
      if (!this.#isText || isBinary) listener(data[0] as number, data.subarray(1));
      else listener((data[0] as number) - 48, Buffer.from(data.toString("latin1", 1), "base64"));
    });
  }

  /** Resolves when the socket takes more. */
  send(channel: number, bytes: Buffer): Promise<void> {
    const message = this.#isText
      ? `${channel}${bytes.toString("base64")}`
      : Buffer.concat([Buffer.from([channel]), bytes]);
    return new Promise((done, fail) => {
      this.#socket.send(message, (error) => (error ? fail(error) : done()));
    });
  }

  /** What is written to it goes to a channel. */
  writable(channel: number): Writable {
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => void this.send(channel, chunk).then(() => done(), done),
    });
    // A client that is gone is told of by the signal.
    return stream.on("error", () => {});
  }

  close(): void {
    this.#socket.close(1000);
  }
}

/** The streams of a command over a WebSocket. */
export function channelStreams(socket: WebSocket, protocol: string, wanted: CommandOptions): CommandStreams {
  const messages = new ChannelSocket(socket, protocol);
  const gone = new AbortController();
  const resizes = new Resizes();
  const stdin = wanted.stdin ? new PassThrough() : undefined;
  const stdout = wanted.stdout ? messages.writable(channels.stdout) : undefined;
  const stderr = wanted.stderr && !wanted.tty ? messages.writable(channels.stderr) : undefined;
  messages.onMessage((channel, bytes) => {
    if (channel === channels.stdin && stdin?.writable && !stdin.write(bytes)) wait(socket, stdin);
    else if (channel === channels.resize) resizes.take(bytes.toString("utf8"));
    else if (channel === closeSignal && bytes[0] === channels.stdin && protocol.startsWith("v5")) stdin?.end();
  });
  socket.on("error", () => socket.terminate());
  socket.once("close", () => {
    stdin?.end();
    gone.abort();
  });
  // The first message tells the client that the command has begun.
  const first = stdout ? channels.stdout : stderr ? channels.stderr : channels.error;
  messages.send(first, Buffer.alloc(0)).catch(() => {});
  return {
    stdin,
    stdout,
    stderr,
    resizes,
    signal: gone.signal,
    end: async (status) => {
      await Promise.all([finished(stdout), finished(stderr)]);
      await messages.send(channels.error, statusBytes(status, protocol)).catch(() => {});
      messages.close();
    },
  };
}

/** Nothing more is read from the client until the command has taken what there is. */
function wait(socket: WebSocket, stdin: PassThrough): void {
  socket.pause();
  void drained(stdin).then(() => socket.resume());
}

/** From version 4 on a Status; before, the text of a failure, or nothing. */
export function statusBytes(status: object, protocol: string): Buffer {
  if (/^v[45]\./.test(protocol)) return Buffer.from(JSON.stringify(status));
  const { status: outcome, message = "" } = status as { readonly status?: string; readonly message?: string };
  return Buffer.from(outcome === "Success" ? "" : message);
}
