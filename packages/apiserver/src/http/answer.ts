import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { stringify } from "yaml";
import type { Call } from "./call.ts";

/** Answers larger than this are compressed when the client takes gzip; kube-apiserver's threshold. */
const gzipFromBytes = 128 * 1024;

/** Longer ones are no answers but attacks on a header. */
const maxWarningLength = 4096;

/** An answer in the format that the client asked for. */
export function write({ response, request, warnings, wanted }: Call, code: number, body: object): void {
  if (wanted.yaml) {
    setWarnings(response, warnings);
    response.writeHead(code, { "content-type": "application/yaml" }).end(stringify(body));
  } else writeJson(response, code, body, warnings, request);
}

function setWarnings(response: ServerResponse, warnings: readonly string[]): void {
  if (warnings.length === 0) return;
  response.setHeader(
    "warning",
    warnings.map((text) => `299 - ${JSON.stringify(printable(text).slice(0, maxWarningLength))}`),
  );
}

/** A header holds no line breaks and only Latin-1. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (char) => (char === "\n" ? " " : "?"));
}

export function writeJson(
  response: ServerResponse,
  code: number,
  body: object,
  warnings: readonly string[],
  request?: IncomingMessage,
): void {
  setWarnings(response, warnings);
  send(response, code, JSON.stringify(body), "application/json", request);
}

export function writeDiscovery(
  response: ServerResponse,
  body: object,
  version: string,
  request: IncomingMessage,
): void {
  const type =
    (body as { kind?: string }).kind === "APIGroupDiscoveryList"
      ? `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
      : "application/json";
  send(response, 200, JSON.stringify(body), type, request);
}

function send(response: ServerResponse, code: number, text: string, type: string, request?: IncomingMessage): void {
  const takesGzip = request !== undefined && /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  if (takesGzip && text.length > gzipFromBytes) {
    const bytes = gzipSync(text, { level: 1 });
    response
      .writeHead(code, { "content-type": type, "content-encoding": "gzip", "content-length": bytes.length })
      .end(bytes);
  } else {
    response.writeHead(code, { "content-type": type, "content-length": Buffer.byteLength(text) }).end(text);
  }
}
