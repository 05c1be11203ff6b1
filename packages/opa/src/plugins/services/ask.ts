import { readLimited, send } from "./send.ts";
import type { Service } from "./service.ts";

export interface ServiceAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: { readonly get: (name: string) => string | null };
  readonly bytes: Uint8Array;
}

/** What is answered to a post is thrown away, or a text: nobody needs more of it. */
const defaultLimitBytes = 1024 * 1024;

/** Sends a request to a service. Rejects when there is no answer, no credentials, or more than `limitBytes` of an answer. */
export async function ask(
  { url, headers: own, credentials, transport, timeoutMs }: Service,
  request: {
    readonly method: "GET" | "POST";
    readonly path: string;
    readonly headers?: { readonly [name: string]: string };
    readonly body?: Uint8Array;
    readonly agent: string;
    readonly signal?: AbortSignal;
    readonly limitBytes?: number;
  },
): Promise<ServiceAnswer> {
  const { method, body, limitBytes = defaultLimitBytes } = request;
  const place = `${url}/${request.path.replace(/^\/+/, "")}`;
  const headers = { "User-Agent": request.agent, ...own, ...request.headers };
  const outgoing = { method, url: place, headers, body };
  const shown = { ...headers, ...(await credentials.headersOf(outgoing)) };
  const answer = await send({ ...outgoing, headers: shown }, transport.dispatcher, timeoutMs, request.signal);
  const bytes = await readLimited(answer, limitBytes);
  return { status: answer.status, statusText: answer.statusText, headers: answer.headers, bytes };
}
