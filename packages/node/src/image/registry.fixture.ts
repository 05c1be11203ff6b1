import {
  createServer as createPlainServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import type { KeyPair } from "@sallyport/pki";
import type { Blob, MadeImage } from "./image.fixture.ts";

export interface FakeRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly port: number;
  /** `METHOD PATH`, in order. */
  readonly asked: string[];
  /** How many blobs were being sent at once, at most. */
  readonly mostAtOnce: () => number;
}

export interface FakeRegistryOptions {
  /** What a name is asked for. `token`: at this server's /token. */
  readonly auth?: "basic" | "token";
  readonly tls?: KeyPair;
  /** What is sent in place of a blob, or how. */
  readonly tamper?: (blob: Blob, response: ServerResponse) => boolean;
  /** Awaited before a blob is sent. */
  readonly before?: (blob: Blob) => Promise<void>;
  readonly status?: (path: string) => number | undefined;
  readonly noDigests?: boolean;
}

const user = `Basic ${Buffer.from("me:secret").toString("base64")}`;

/** A registry by node:http that has images by `NAME:TAG`; it ends with the test. */
export async function startRegistry(
  t: Pick<TestContext, "after">,
  images: { readonly [reference: string]: MadeImage },
  options: FakeRegistryOptions = {},
): Promise<FakeRegistry> {
  const asked: string[] = [];
  const blobs = new Map(
    Object.values(images).flatMap((image) => image.blobs.map((blob) => [blob.digest, blob] as const)),
  );
  let [atOnce, mostAtOnce] = [0, 0];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? "/", "http://r");
    asked.push(`${request.method} ${pathname}`);
    const status = options.status?.(pathname);
    if (status !== undefined) return refuse(response, status, "TOOMANYREQUESTS", "slow\ndown");
    if (pathname === "/token") return answerToken(request, response);
    if (!isAllowed(request, options))
      return challenge(response, options, `${options.tls ? "https" : "http"}://${request.headers.host}`);
    const [, name, kind, reference = ""] = /^\/v2\/(.*)\/(manifests|blobs)\/(.*)$/.exec(pathname) ?? [];
    if (name === undefined) return void response.end("{}");
    const blob =
      kind === "manifests" ? (images[`${name}:${reference}`]?.manifest ?? blobs.get(reference)) : blobs.get(reference);
    if (blob === undefined) return refuse(response, 404, "MANIFEST_UNKNOWN", "manifest unknown");
    response.setHeader("content-type", blob.mediaType);
    if (kind === "manifests" && !options.noDigests) response.setHeader("docker-content-digest", blob.digest);
    mostAtOnce = Math.max(mostAtOnce, ++atOnce);
    await options.before?.(blob);
    atOnce--;
    if (options.tamper?.(blob, response) === true) return;
    response.end(blob.bytes);
  };
  const listener: RequestListener = (request, response) => void answer(request, response);
  const { tls } = options;
  const server =
    tls === undefined
      ? createPlainServer(listener)
      : createTlsServer({ key: tls.key, cert: tls.certificate }, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { host: `127.0.0.1:${port}`, port, asked, mostAtOnce: () => mostAtOnce };
}

function isAllowed({ headers }: IncomingMessage, { auth }: FakeRegistryOptions): boolean {
  return auth === undefined || headers.authorization === (auth === "basic" ? user : "Bearer good");
}

function answerToken({ headers, url }: IncomingMessage, response: ServerResponse): void {
  const isScoped = new URL(url ?? "", "http://r").searchParams.get("scope")?.startsWith("repository:") === true;
  if (headers.authorization === user && isScoped) response.end('{"token":"good"}');
  else refuse(response, 401, "UNAUTHORIZED", "who are you");
}

function challenge(response: ServerResponse, { auth }: FakeRegistryOptions, origin: string): void {
  const asks = auth === "basic" ? 'Basic realm="r"' : `Bearer realm="${origin}/token",service="r"`;
  response.setHeader("www-authenticate", asks);
  refuse(response, 401, "UNAUTHORIZED", "authentication required");
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.statusCode = status;
  response.end(JSON.stringify({ errors: [{ code, message }] }));
}
