import { readLimited, send } from "./send.ts";
import type { Service } from "./service.ts";

export interface ServiceAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: { readonly get: (name: string) => string | null };
  readonly bytes: Uint8Array;
}

export interface ServiceRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly headers?: { readonly [name: string]: string };
  readonly body?: Uint8Array;
  readonly agent: string;
  readonly signal?: AbortSignal | undefined;
  readonly limitBytes?: number;
}

/** What is answered to a post is thrown away, or a text: nobody needs more of it. */
const defaultLimitBytes = 1024 * 1024;

/** Sends a request to a path of a service; see `askAt`. */
export function ask(
  service: Service,
  { path, ...request }: ServiceRequest & { readonly path: string },
): Promise<ServiceAnswer> {
  return askAt(service, `${service.url}/${path.replace(/^\/+/, "")}`, request);
}

/**
 * Sends a request to a URL with the service's headers, and its credentials where the request has none of its own. Rejects when there is no
 * answer, no credentials, or more than `limitBytes` of an answer.
 */
export async function askAt(
  { headers: own, credentials, transport, timeoutMs }: Service,
  url: string,
  { method, headers = {}, body, agent, signal, limitBytes = defaultLimitBytes }: ServiceRequest,
): Promise<ServiceAnswer> {
  const outgoing = { method, url, headers: { "User-Agent": agent, ...own, ...headers }, body };
  const added = "Authorization" in headers ? {} : await credentials.headersOf(outgoing);
  const answer = await send({ ...outgoing, headers: { ...outgoing.headers, ...added } }, transport, timeoutMs, signal);
  const bytes = await readLimited(answer, limitBytes);
  return { status: answer.status, statusText: answer.statusText, headers: answer.headers, bytes };
}
