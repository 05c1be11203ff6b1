import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import type { Socket } from "node:net";
import type { ExtAuthzGrpc } from "../../policy/extension-provider.ts";
import { providerHost } from "../../policy/extension-provider.ts";
import type { OutboundTarget } from "../proxy-config.ts";
import { type Check, type CheckAnswer, CheckFault, maxAnswerBytes } from "./check.ts";
import { readAnswer, writeCheck } from "./check-wire.ts";

const path = "/envoy.service.auth.v3.Authorization/Check";

/** Of a message: whether it is compressed, and its length. */
const prefixBytes = 5;

/**
 * Asks providers by gRPC. One call of one method, on connections that are the mesh's own, its identities checked: gRPC's library makes
 * its connections itself.
 */
export class GrpcChecks {
  readonly #reach: (target: OutboundTarget) => Promise<Socket>;
  readonly #sessions = new Map<string, Promise<ClientHttp2Session>>();

  constructor(reach: (target: OutboundTarget) => Promise<Socket>) {
    this.#reach = reach;
  }

  /** Rejects with `CheckFault`. */
  async ask(settings: ExtAuthzGrpc, target: OutboundTarget, check: Check, timeoutMs: number): Promise<CheckAnswer> {
    const limit = Promise.withResolvers<never>();
    const abort = new AbortController();
    const timer = setTimeout(() => {
      abort.abort();
      limit.reject(new CheckFault(`did not answer within ${timeoutMs} ms`));
    }, timeoutMs);
    const written = writeCheck(check, settings.includeRequestBodyInCheck?.packAsBytes === true, Date.now());
    const asked = this.#call(settings, target, written, abort.signal);
    asked.catch(() => {});
    try {
      return readAnswer(await Promise.race([asked, limit.promise]));
    } catch (error) {
      if (error instanceof CheckFault) throw error;
      throw new CheckFault(`cannot be asked: ${(error as Error).message}`, error);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    for (const session of this.#sessions.values()) session.then((each) => each.destroy()).catch(() => {});
    this.#sessions.clear();
  }

  async #call(settings: ExtAuthzGrpc, target: OutboundTarget, bytes: Uint8Array, signal: AbortSignal) {
    const session = await this.#session(target);
    signal.throwIfAborted();
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      ":authority": `${providerHost(settings)}:${settings.port}`,
      "content-type": "application/grpc",
      te: "trailers",
    });
    signal.addEventListener("abort", () => stream.close(constants.NGHTTP2_CANCEL), { once: true });
    const prefix = Buffer.alloc(prefixBytes);
    prefix.writeUInt32BE(bytes.length, 1);
    stream.end(Buffer.concat([prefix, bytes]));
    return answerOf(stream);
  }

  /** The one that is there, or another one where it is closing. */
  #session(target: OutboundTarget): Promise<ClientHttp2Session> {
    const key = JSON.stringify(target);
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const opened = this.#open(target, () => {
      if (this.#sessions.get(key) === opened) this.#sessions.delete(key);
    });
    this.#sessions.set(key, opened);
    return opened;
  }

  async #open(target: OutboundTarget, ended: () => void): Promise<ClientHttp2Session> {
    try {
      const socket = await this.#reach(target);
      const session = connect("http://provider", { createConnection: () => socket, settings: { enablePush: false } });
      session.on("error", () => {});
      session.once("close", ended).once("goaway", ended);
      return session;
    } catch (error) {
      ended();
      throw error;
    }
  }
}

function answerOf(stream: ClientHttp2Stream): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let status: string | undefined;
    stream.on("response", (headers) => {
      if (headers[":status"] !== 200) reject(new CheckFault(`answered ${headers[":status"]}`));
      status = headers["grpc-status"] as string | undefined;
    });
    stream.on("trailers", (trailers) => (status = trailers["grpc-status"] as string | undefined));
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxAnswerBytes) return void chunks.push(chunk);
      stream.close(constants.NGHTTP2_CANCEL);
      reject(new CheckFault(`answered more than ${maxAnswerBytes} bytes`));
    });
    stream.once("error", reject);
    stream.once("close", () => {
      if (status !== "0") reject(new CheckFault(`answered gRPC status ${status ?? "none"}`));
      else messageOf(Buffer.concat(chunks), resolve, reject);
    });
  });
}

/** The one message of a whole answer. */
function messageOf(all: Buffer, resolve: (bytes: Buffer) => void, reject: (error: Error) => void): void {
  const isWhole = all.length >= prefixBytes && all[0] === 0 && all.length === prefixBytes + all.readUInt32BE(1);
  if (isWhole) resolve(all.subarray(prefixBytes));
  else reject(new CheckFault("answered no message of gRPC"));
}
