import type { Response } from "undici";
import type { Outgoing } from "./credentials.ts";
import type { Transport } from "./transport.ts";

/** Credentials are asked for with these limits; a token is far smaller. */
const tokenTimeoutMs = 10_000;
const tokenBytes = 1024 * 1024;

/** Sends a request and reads its answer as text. Rejects when there is none, or one too large. */
export async function sendPlainly(
  request: Outgoing,
  transport: Transport,
): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await send(request, transport, tokenTimeoutMs);
  return { status: answer.status, text: new TextDecoder().decode(await readLimited(answer, tokenBytes)) };
}

/**
 * Rejects when there is no answer, in Go's words where it is a connection that was not made. `timeoutMs` is how long its head is waited for;
 * its body may take as long as it does, if something comes in each five minutes.
 */
export async function send(
  { method, url, headers, body }: Outgoing,
  transport: Transport,
  timeoutMs: number,
  stop?: AbortSignal,
): Promise<Response> {
  const [{ fetch }, dispatcher] = await Promise.all([import("undici"), transport.dispatcher()]);
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error("timeout awaiting response headers")), timeoutMs);
  const signal = stop === undefined ? silence.signal : AbortSignal.any([silence.signal, stop]);
  const verb = `${method.charAt(0)}${method.slice(1).toLowerCase()}`;
  try {
    return await fetch(url, {
      method,
      headers: { ...headers },
      ...(body !== undefined && { body }),
      dispatcher,
      signal,
    });
  } catch (error) {
    throw new Error(`request failed: ${verb} "${url}": ${connectionFault(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

/** All of an answer. Rejects as soon as it is larger than the limit, without keeping it. */
export async function readLimited(answer: Response, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    const bytes = chunk as Uint8Array;
    size += bytes.length;
    if (size > limitBytes) throw new Error(`the answer is larger than ${limitBytes} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function connectionFault(error: unknown): string {
  const cause = ((error as Error).cause ?? error) as NodeJS.ErrnoException & {
    readonly address?: string;
    readonly port?: number;
  };
  if (cause.code !== "ECONNREFUSED" || cause.address === undefined) return cause.message;
  const host = cause.address.includes(":") ? `[${cause.address}]` : cause.address;
  return `dial tcp ${host}:${cause.port}: connect: connection refused`;
}
