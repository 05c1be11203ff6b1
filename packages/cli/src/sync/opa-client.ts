import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent, request } from "node:https";
import type { AskOpa, OpaAnswer } from "@sallyport/opa/remote-sync";
import { readBounded, TooLongError } from "../bounded-body.ts";

/** Where a policy server is, and who one is to it. */
export interface OpaConnection {
  /** `http://localhost:8181/v1`: OPA's REST API. */
  readonly url: string;
  /** Asked before each request: tokens in files are renewed while we run. */
  readonly token?: () => string;
  /** PEM, beside the system's roots. */
  readonly ca?: readonly string[];
  readonly insecureSkipTlsVerify?: boolean;
}

/** A large document takes the server its time; a server that says nothing for so long is away. */
const silentMs = 60_000;
/** What it answers is small but for the list of all policies. */
const maxAnswerBytes = 256 * 1024 * 1024;

export interface OpaClient {
  readonly ask: AskOpa;
  readonly close: () => void;
}

/** Asks a policy server, ours or OPA; its refusals are answers, what is no answer rejects with one line. */
export function createOpaClient({ url, token, ca, insecureSkipTlsVerify }: OpaConnection): OpaClient {
  const isPlain = url.startsWith("http:");
  const agent = isPlain
    ? new HttpAgent({ keepAlive: true })
    : new Agent({
        keepAlive: true,
        rejectUnauthorized: insecureSkipTlsVerify !== true,
        ...(ca === undefined ? {} : { ca: [...ca] }),
      });
  const ask: AskOpa = async (method, path, body) => {
    const where = `${method} ${url}${path}`;
    const headers = {
      "user-agent": "sallyport",
      ...(token === undefined ? {} : { authorization: `Bearer ${token()}` }),
      ...(body === undefined ? {} : { "content-type": body.type, "content-length": Buffer.byteLength(body.text) }),
    };
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      const open = isPlain ? requestHttp : request;
      const outgoing: ClientRequest = open(
        `${url}${path}`,
        { method, headers, agent, timeout: silentMs } as never,
        resolve,
      );
      outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer in ${silentMs / 1000} s`)));
      outgoing.on("error", (error) => reject(new Error(`${where}: ${error.message || String(error)}`)));
      outgoing.end(body?.text);
    });
    return answerOf(where, incoming.statusCode ?? 0, await textOf(where, incoming));
  };
  return { ask, close: () => agent.destroy() };
}

/** A server that is not ready, or does not know us, has not judged what it was asked. */
function answerOf(where: string, status: number, text: string): OpaAnswer {
  let body: unknown;
  try {
    body = text === "" ? undefined : JSON.parse(text);
  } catch {
    body = undefined;
  }
  if (status >= 500 || status === 401 || status === 403 || (status >= 400 && body === undefined)) {
    const { message } = (body ?? {}) as { readonly message?: string };
    throw new Error(`${where}: ${status} ${message ?? text.slice(0, 200).trim()}`.trimEnd());
  }
  return { status, body };
}

async function textOf(where: string, incoming: IncomingMessage): Promise<string> {
  try {
    return (await readBounded(incoming, maxAnswerBytes)).toString("utf8");
  } catch (error) {
    throw error instanceof TooLongError ? new Error(`${where}: the answer is too long`) : error;
  }
}
