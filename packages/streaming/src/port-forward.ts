import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { WebSocket } from "ws";
import { ChannelSocket } from "./channel-streams.ts";
import { SpdyConnection, type SpdyStream } from "./spdy/connection.ts";

/** Spoken over SPDY. */
export const forwardProtocol = "portforward.k8s.io";

/** Opens a connection to a port of the pod. Rejects with why there is none. */
export type Connect = (port: number) => Promise<Duplex>;

/** A client that opens only one of its two streams is given this long; kubelet's limit. */
const pairMs = 30_000;

/** Connections to ports, each over a pair of streams that the client opens: one for the bytes, one for what goes wrong. */
export async function forwardOverSpdy(socket: Duplex, connect: Connect, podName: string): Promise<void> {
  const pairs = new Map<string, { data?: SpdyStream; error?: SpdyStream; readonly timer: NodeJS.Timeout }>();
  const connection = new SpdyConnection(socket, (stream) => {
    const request = stream.headers.get("requestid") ?? stream.headers.get("port") ?? "";
    const known = pairs.get(request);
    const pair = known ?? { timer: setTimeout(() => drop(request), pairMs) };
    pairs.set(request, pair);
    if (stream.headers.get("streamtype") === "error") pair.error = stream;
    else pair.data = stream;
    if (pair.data === undefined || pair.error === undefined) return;
    clearTimeout(pair.timer);
    pairs.delete(request);
    pair.error.resume();
    void forward(pair.data, pair.error, connect, podName);
  });
  const drop = (request: string) => {
    const pair = pairs.get(request);
    pairs.delete(request);
    pair?.data?.destroy();
    pair?.error?.destroy();
  };
  await connection.closed;
  for (const { timer } of pairs.values()) clearTimeout(timer);
}

async function forward(data: SpdyStream, error: SpdyStream, connect: Connect, podName: string): Promise<void> {
  const port = Number(data.headers.get("port"));
  try {
    if (!Number.isInteger(port) || port < 1 || port > 65535)
      throw new Error(`unable to parse port ${data.headers.get("port")}`);
    const target = await connect(port);
    await Promise.all([pipeline(data, target), pipeline(target, data)]);
  } catch (fault) {
    if (!error.destroyed) error.write(`error forwarding port ${port} to pod ${podName}: ${(fault as Error).message}`);
    data.resume();
  }
  error.end();
  data.end();
}

/** Ports named by the query, each with a channel for its bytes and one for what goes wrong: the older way over a WebSocket. */
export async function forwardOverChannels(
  socket: WebSocket,
  protocol: string,
  ports: readonly number[],
  connect: Connect,
  podName: string,
): Promise<void> {
  const messages = new ChannelSocket(socket, protocol);
  const targets: (Duplex | undefined)[] = [];
  const early = new Map<number, Buffer[]>();
  messages.onMessage((channel, bytes) => {
    const i = channel / 2;
    if (!Number.isInteger(i) || bytes.length === 0 || i >= ports.length) return;
    const target = targets[i];
    if (target === undefined) early.set(i, [...(early.get(i) ?? []), bytes]);
    else target.write(bytes);
  });
  socket.on("error", () => socket.terminate());
  const closed = new Promise<void>((done) => socket.once("close", () => done()));
  await Promise.all(
    ports.map(async (port, i) => {
      // Each channel begins with its port, so that the client knows which is which.
      const name = Buffer.from([port & 0xff, port >> 8]);
      await Promise.all([messages.send(2 * i, name), messages.send(2 * i + 1, name)]);
      try {
        const target = await connect(port);
        for (const bytes of early.get(i) ?? []) target.write(bytes);
        targets[i] = target;
        void closed.then(() => target.destroy());
        await pipeline(target, messages.writable(2 * i));
      } catch (fault) {
        const text = `error forwarding port ${port} to pod ${podName}: ${(fault as Error).message}`;
        await messages.send(2 * i + 1, Buffer.from(text)).catch(() => {});
      }
    }),
  );
  messages.close();
  await closed;
}
