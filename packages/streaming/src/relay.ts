import type { Duplex, Readable, Writable } from "node:stream";
import { type CommandOptions, type CommandStreams, drained } from "./command-streams.ts";
import { SpdyConnection } from "./spdy/connection.ts";

/** What is told to a kubelet that a command is asked of; all kubelets know it. */
export const relayProtocol = "v4.channel.k8s.io";

/** A Status is far smaller. */
const maxStatusBytes = 1024 * 1024;

/**
 * Carries a client's command over a SPDY connection to a kubelet that has taken it, in version 4 of the protocol. Resolves when the client was told how it ended.
 */
export async function relayCommand(client: CommandStreams, socket: Duplex, wanted: CommandOptions): Promise<void> {
  const connection = new SpdyConnection(socket, (stream) => stream.destroy());
  const leave = () => socket.destroy();
  client.signal.addEventListener("abort", leave);
  try {
    await client.end(await relay(client, connection, wanted));
  } catch (error) {
    await client.end(internalError((error as Error).message));
  } finally {
    await connection.close();
  }
}

/** metav1.Status of a fault on the way to the command. */
export function internalError(message: string): object {
  return {
    metadata: {},
    status: "Failure",
    message: `Internal error occurred: ${message}`,
    reason: "InternalError",
    details: { causes: [{ message }] },
    code: 500,
  };
}

async function relay(client: CommandStreams, connection: SpdyConnection, wanted: CommandOptions): Promise<object> {
  const open = (type: string) => connection.open(new Map([["streamtype", type]]));
  const error = await open("error");
  const stdin = wanted.stdin ? await open("stdin") : undefined;
  const stdout = wanted.stdout ? await open("stdout") : undefined;
  const stderr = wanted.stderr && !wanted.tty ? await open("stderr") : undefined;
  const resize = wanted.tty ? await open("resize") : undefined;
  error.end();
  client.resizes.listen(({ width, height }) => resize?.write(`${JSON.stringify({ Width: width, Height: height })}\n`));
  if (stdin !== undefined) client.stdin?.pipe(stdin);
  const copied = [copy(stdout, client.stdout), copy(stderr, client.stderr)];
  const status = await text(error);
  await Promise.all(copied);
  if (status !== "") return JSON.parse(status) as object;
  return client.signal.aborted ? {} : internalError("the connection to the node has ended");
}

/** Resolves when all is written; the client's stream is ended by who owns it. */
async function copy(from: Readable | undefined, to: Writable | undefined): Promise<void> {
  if (from === undefined || to === undefined) return;
  try {
    for await (const chunk of from) if (!to.destroyed && !to.write(chunk)) await drained(to);
  } catch {
    // The node is gone: the error stream tells.
  }
}

async function text(from: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= maxStatusBytes) chunks.push(chunk);
    }
  } catch {
    // What came until then is all there is.
  }
  return Buffer.concat(chunks).toString("utf8");
}
