import type { RegistryAnswer, Send } from "@sallyport/oci";
import type { Dispatcher, Response } from "undici";

/** How long a registry may take: to be connected to, to begin an answer, between two parts of it. */
const connectMs = 10_000;
const answerMs = 30_000;
const pauseMs = 60_000;
/** What is read of an answer that is none of what was asked for. */
const faultBytes = 64 * 1024;

export interface Transport {
  readonly send: Send;
  readonly close: () => Promise<void>;
}

export interface TransportOptions {
  /** What requests call us. */
  readonly agent: string;
  /** Certificates of authorities in PEM, beside those that Node knows. */
  readonly authorities?: string;
  /** Whether whoever holds the address is the registry. */
  readonly isInsecure: boolean;
  readonly signal: AbortSignal;
}

/** Requests to one registry. Credentials go to nobody whom it redirects to. Each rejects with an `Error` of one line. */
export async function openTransport({ agent, authorities, isInsecure, signal }: TransportOptions): Promise<Transport> {
  const [{ Agent, fetch }, tls] = await Promise.all([import("undici"), import("node:tls")]);
  const ca = authorities === undefined ? {} : { ca: [...tls.rootCertificates, authorities] };
  const dispatcher: Dispatcher = new Agent({
    connect: { timeout: connectMs, rejectUnauthorized: !isInsecure, ...ca },
    headersTimeout: answerMs,
    bodyTimeout: pauseMs,
  });
  const send: Send = async ({ method, url, headers, limitBytes, isStreamed = false }) => {
    const plain = isStreamed ? { "Accept-Encoding": "identity" } : {};
    try {
      const response = await fetch(url, {
        method,
        headers: { "User-Agent": agent, ...plain, ...headers },
        dispatcher,
        signal,
      });
      return await answerOf(response, limitBytes, isStreamed);
    } catch (error) {
      throw askFault(method, url, error);
    }
  };
  return { send, close: () => dispatcher.destroy() };
}

async function answerOf(response: Response, limitBytes: number, isStreamed: boolean): Promise<RegistryAnswer> {
  const { status, headers, body } = response;
  const limit = status === 200 ? limitBytes : faultBytes;
  const chunks = bounded((body ?? []) as AsyncIterable<Uint8Array>, limit);
  if (isStreamed && status === 200) return { status, headers, bytes: new Uint8Array(), chunks };
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return { status, headers, bytes: Buffer.concat(parts) };
}

async function* bounded(chunks: AsyncIterable<Uint8Array>, limitBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > limitBytes) throw new Error(`more than ${limitBytes} bytes were sent`);
      yield chunk;
    }
  } catch (error) {
    throw new Error(whyOf(error), { cause: error });
  }
}

/** In the words of containerd; what fetch says is in its cause. */
function askFault(method: string, url: string, error: unknown): Error {
  const request = `${method[0]}${method.slice(1).toLowerCase()} ${JSON.stringify(url)}`;
  return new Error(`failed to do request: ${request}: ${whyOf(error)}`, { cause: error });
}

const unknownAuthority = "its certificate is of no authority that is known here";

const whys: { readonly [code: string]: string } = {
  ECONNREFUSED: "connection refused",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "no such host, or nobody who knows",
  ECONNRESET: "connection reset by peer",
  UND_ERR_CONNECT_TIMEOUT: `no connection within ${connectMs / 1000} s`,
  UND_ERR_HEADERS_TIMEOUT: `no answer within ${answerMs / 1000} s`,
  UND_ERR_BODY_TIMEOUT: `nothing more within ${pauseMs / 1000} s`,
  UND_ERR_SOCKET: "the connection was closed",
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
};

/** One line of why a request failed. */
export function whyOf(error: unknown): string {
  const { code = "", message, cause } = error as Error & { readonly code?: string };
  if (whys[code] !== undefined) return whys[code];
  // Of several addresses, the first tells.
  const inner = cause ?? (error as AggregateError).errors?.[0];
  return inner === undefined || inner === error ? (message.split("\n")[0] as string) : whyOf(inner);
}

/** Whether what listens there does not speak TLS. */
export function isPlaintext(error: unknown): boolean {
  const { code = "", cause } = error as Error & { readonly code?: string };
  if (/^ERR_SSL_|^EPROTO$|^ECONNRESET$|^UND_ERR_SOCKET$/.test(code)) return true;
  return cause !== undefined && cause !== error && isPlaintext(cause);
}
