import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { encodeProtobuf, goJson, inWrittenOrder, isProtobufKind, type KubeObject } from "@sallyport/kube";
import { type Value, yamlText } from "@sallyport/rego/yaml";
import type { Call } from "./call.ts";
import { mediaTypes, type Wanted } from "./negotiate.ts";
import { listText, objectText, PiecedText } from "./object-text.ts";
import { warningHeaders } from "./warnings.ts";

/** Answers larger than this are compressed when the client takes gzip; kube-apiserver's threshold. */
const gzipFromBytes = 128 * 1024;

/** Where an answer goes, and how it is to look. */
export interface Reply extends Pick<Call, "request" | "response" | "wanted" | "audit"> {
  readonly warnings: readonly string[];
}

/** An answer in the format that the client asked for. */
export function write({ response, request, warnings, wanted, audit }: Reply, code: number, body: object): void {
  audit.responseBody(body);
  const headers = warningHeaders(warnings);
  if (headers.length > 0) response.setHeader("warning", headers);
  const { bytes, type } = encode(body, wanted);
  // A head that goes out with text is encoded as the text is: bytes beyond ASCII in it would be encoded twice.
  const isWide = headers.some((each) => /[^\x20-\x7e]/.test(each));
  send(response, code, isWide && typeof bytes === "string" ? Buffer.from(bytes) : bytes, type, request);
}

/** The headers that tell warnings. */
export function warningHead(warnings: readonly string[]): { readonly [name: string]: readonly string[] } {
  const headers = warningHeaders(warnings);
  return headers.length === 0 ? {} : { warning: headers };
}

/** An answer in its format; JSON where the kind has no other form. */
export function encode(
  body: object,
  { format, pretty }: Pick<Wanted, "format" | "pretty">,
): { readonly bytes: string | Buffer | PiecedText; readonly type: string } {
  const { apiVersion = "v1", kind = "" } = body as { apiVersion?: string; kind?: string };
  if (format === "protobuf" && isProtobufKind(apiVersion, kind))
    return {
      bytes: Buffer.from(encodeProtobuf({ metadata: {}, ...body, apiVersion } as KubeObject)),
      type: mediaTypes.protobuf,
    };
  // By way of JSON, as Go does it.
  if (format === "yaml") return { bytes: yamlText(JSON.parse(JSON.stringify(body)) as Value), type: mediaTypes.yaml };
  const bytes = pretty ? goJson(JSON.stringify(inWrittenOrder(body), undefined, 2)) : jsonOf(body);
  return { bytes, type: mediaTypes.json };
}

/** JSON of a body; of what the cache holds, by the text that is at hand. */
function jsonOf(body: object): string | Buffer | PiecedText {
  const text = objectText(body as KubeObject, "", "\n") ?? listText(body);
  return text ?? `${goJson(JSON.stringify(inWrittenOrder(body)))}\n`;
}

/** Aggregated discovery, which clients keep and ask for again by its hash. */
export function writeDiscovery({ response, request, wanted }: Reply, body: object): void {
  const { bytes, type } = encode(body, wanted);
  const tag = `"${createHash("sha512").update(wholeOf(bytes)).digest("hex").toUpperCase()}"`;
  response.setHeader("vary", "Accept").setHeader("etag", tag).setHeader("cache-control", "public");
  if (request.headers["if-none-match"] === tag) response.writeHead(304).end();
  else send(response, 200, bytes, `${type};g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`, request);
}

/** Text goes out as text: Node writes it together with the head. */
function send(
  response: ServerResponse,
  code: number,
  bytes: string | Buffer | PiecedText,
  type: string,
  request: IncomingMessage,
): void {
  const takesGzip = /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  const head: { [name: string]: string | number } = { "content-type": type };
  if (!response.hasHeader("cache-control")) head["cache-control"] = "no-cache, private";
  const length = bytes instanceof PiecedText ? bytes.length : Buffer.byteLength(bytes);
  const zipped = takesGzip && length > gzipFromBytes ? gzipSync(wholeOf(bytes), { level: 1 }) : undefined;
  if (zipped !== undefined) {
    head["content-encoding"] = "gzip";
    head["vary"] = "Accept-Encoding";
  }
  head["content-length"] = zipped?.length ?? length;
  response.writeHead(code, head);
  if (zipped === undefined && bytes instanceof PiecedText && bytes.isLong) sendPieces(response, bytes.pieces());
  else response.end(zipped ?? wholeOf(bytes));
}

function wholeOf(bytes: string | Buffer | PiecedText): string | Buffer {
  return bytes instanceof PiecedText ? Buffer.concat([...bytes.pieces()]) : bytes;
}

/** Each piece when the client has taken the one before. */
function sendPieces(response: ServerResponse, pieces: Iterator<Buffer>): void {
  for (;;) {
    const { done, value } = pieces.next();
    if (done === true) {
      response.end();
      return;
    }
    if (response.write(value)) continue;
    response.once("drain", () => sendPieces(response, pieces));
    return;
  }
}
