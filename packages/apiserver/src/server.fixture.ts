import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createChain, emptyPolicySet, type Plugin } from "@sallyport/admission";
import { type ApiServer, type ApiServerOptions, startApiServer } from "./server.ts";
import { createMemoryStore } from "./storage/memory-store.ts";

export interface Answer {
  readonly code: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many kinds
  readonly body: any;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
}

export interface Call {
  readonly method?: string;
  readonly body?: unknown;
  readonly type?: string;
  readonly accept?: string;
  readonly anonymous?: boolean;
  /** Answers as soon as the head is there, and hangs up: for watches without end. */
  readonly untilHead?: boolean;
  /** Called when the head is there, the body not yet: a watch has begun. */
  readonly onHead?: () => void;
  readonly headers?: { readonly [name: string]: string };
}

export interface Bed {
  readonly server: ApiServer;
  /** The bytes of an answer to a GET. */
  readonly bytes: (
    path: string,
    accept: string,
  ) => Promise<{ readonly code: number; readonly type: string; readonly body: Buffer }>;
  readonly call: (path: string, call?: Call) => Promise<Answer>;
  /** The answer to a GET as it begins; nothing of its body is read. */
  readonly open: (path: string, accept: string) => Promise<IncomingMessage>;
}

/** A server over a memory store on a free port, with the default admission plugins. */
export function memoryServer(folder: string, onFault: (error: unknown) => void): ApiServerOptions {
  return {
    store: createMemoryStore(),
    certificateFolder: folder,
    host: "127.0.0.1",
    port: 0,
    plugins: createChain() as readonly Plugin[],
    effects: { now: Date.now, ticks: () => performance.now() * 1000, randomBytes: (size) => randomBytes(size) },
    policies: () => ({ set: emptyPolicySet, data: {} }),
    version: "test",
    onFault,
  };
}

/** The same for the time of one test. */
export async function withServer(
  run: (bed: Bed) => Promise<void>,
  options: Partial<ApiServerOptions> = {},
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-api-"));
  const faults: unknown[] = [];
  const server = await startApiServer({ ...memoryServer(folder, (error) => faults.push(error)), ...options });
  const [ca, cert, key] = ["ca.crt", "admin.crt", "admin.key"].map((name) => readFileSync(join(folder, name)));
  const call = (
    path: string,
    {
      method,
      body,
      type = "application/json",
      accept,
      anonymous = false,
      untilHead = false,
      onHead,
      headers = {},
    }: Call = {},
  ) =>
    new Promise<Answer>((resolve, reject) => {
      const bytes =
        body === undefined
          ? undefined
          : Buffer.isBuffer(body) || typeof body === "string"
            ? body
            : JSON.stringify(body);
      const outgoing = request(
        server.url,
        {
          // Not as part of the URL, whose dots would be resolved.
          path,
          method: method ?? (body === undefined ? "GET" : "POST"),
          ca,
          ...(anonymous ? {} : { cert, key }),
          headers: {
            // Node's client frames no body of a DELETE by itself.
            ...(bytes === undefined
              ? {}
              : { "content-type": type, "content-length": String(Buffer.byteLength(bytes)) }),
            ...(accept === undefined ? {} : { accept }),
            ...headers,
          },
        },
        async (incoming) => {
          const chunks: Buffer[] = [];
          onHead?.();
          if (untilHead) {
            resolve({ code: incoming.statusCode ?? 0, body: undefined, headers: incoming.headers });
            outgoing.destroy();
            return;
          }
          for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
          const text = Buffer.concat(chunks).toString("utf8");
          resolve({ code: incoming.statusCode ?? 0, body: parse(text), headers: incoming.headers });
        },
      );
      outgoing.on("error", reject);
      outgoing.end(bytes);
    });
  const bytes: Bed["bytes"] = (path, accept) =>
    new Promise((resolve, reject) => {
      request(`${server.url}${path}`, { ca, cert, key, headers: { accept } }, async (incoming) => {
        const chunks: Buffer[] = [];
        for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
        const type = incoming.headers["content-type"] ?? "";
        resolve({ code: incoming.statusCode ?? 0, type, body: Buffer.concat(chunks) });
      })
        .on("error", reject)
        .end();
    });
  const open: Bed["open"] = (path, accept) =>
    new Promise((resolve, reject) => {
      request(`${server.url}${path}`, { ca, cert, key, headers: { accept } }, resolve).on("error", reject).end();
    });
  try {
    await run({ server, call, bytes, open });
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
  if (faults.length > 0) throw faults[0];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
