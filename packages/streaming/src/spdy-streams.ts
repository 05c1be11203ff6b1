import type { Duplex } from "node:stream";
import { statusBytes } from "./channel-streams.ts";
import { type CommandOptions, type CommandStreams, finished, Resizes } from "./command-streams.ts";
import { SpdyConnection, type SpdyStream } from "./spdy/connection.ts";

/** Versions of streams over SPDY, the best first. A v5 is spoken over WebSockets alone. */
export const spdyProtocols: readonly string[] = [
  "v4.channel.k8s.io",
  "v3.channel.k8s.io",
  "v2.channel.k8s.io",
  "channel.k8s.io",
];

/** How long a client may take to open its streams; kubelet's default. */
const openMs = 30_000;

/** The streams of a command over SPDY, when the client has opened them all. Rejects when it does not. */
export async function spdyStreams(socket: Duplex, protocol: string, wanted: CommandOptions): Promise<CommandStreams> {
  const streams = new Map<string, SpdyStream>();
  const names = expected(wanted, protocol);
  const isComplete = Promise.withResolvers<void>();
  const connection = new SpdyConnection(socket, (stream) => {
    streams.set(stream.headers.get("streamtype") ?? "", stream);
    if (names.every((name) => streams.has(name))) isComplete.resolve();
  });
  const timer = setTimeout(
    () => isComplete.reject(new Error("timed out waiting for client to create streams")),
    openMs,
  );
  const gone = new AbortController();
  void connection.closed.then(() => {
    gone.abort();
    isComplete.reject(new Error("the client is gone"));
  });
  await isComplete.promise
    .catch(async (error) => {
      await connection.close();
      throw error;
    })
    .finally(() => clearTimeout(timer));
  const of = (name: string) => (names.includes(name) ? streams.get(name) : undefined);
  const resizes = new Resizes();
  void readResizes(of("resize"), resizes);
  const [stdin, stdout, stderr] = [of("stdin"), of("stdout"), of("stderr")];
  // What the client does not send on these is of no interest, but it must not stand in the way.
  for (const stream of [stdout, stderr, of("error")]) stream?.resume();
  return {
    stdin,
    stdout,
    stderr,
    resizes,
    signal: gone.signal,
    end: async (status) => {
      await Promise.all([finished(stdout), finished(stderr)]);
      const error = of("error");
      const bytes = statusBytes(status, protocol);
      if (bytes.length > 0) error?.write(bytes);
      await finished(error);
      await connection.close();
    },
  };
}

function expected({ stdin, stdout, stderr, tty }: CommandOptions, protocol: string): readonly string[] {
  const all = { error: true, stdin, stdout, stderr: stderr && !tty, resize: tty && /^v[34]/.test(protocol) };
  return Object.entries(all).flatMap(([name, isWanted]) => (isWanted ? [name] : []));
}

/** JSON documents one after another, each on its line. */
async function readResizes(stream: SpdyStream | undefined, resizes: Resizes): Promise<void> {
  if (stream === undefined) return;
  let pending = "";
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const lines = (pending + chunk.toString("utf8")).split("\n");
      pending = (lines.pop() ?? "").slice(0, 1024);
      for (const line of lines) resizes.take(line);
    }
  } catch {
    // The client is gone.
  }
}
