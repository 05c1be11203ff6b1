import type { IncomingMessage } from "node:http";
import { apiVersionOf, conform, decodeProtobuf, parseBody, type ResourceInfo, StatusError } from "@sallyport/kube";
import type { DecodedBody } from "../registry/context.ts";
import type { SentKind } from "../registry/sent.ts";
import { allFormats, mediaTypes } from "./negotiate.ts";

/** kube-apiserver's limit: 3 MiB, what etcd takes with room for a patch. */
export const maxBodyBytes = 3 * 1024 * 1024;

/** A body that goes on beyond this is cut off without an answer. */
const maxDrainedBytes = 32 * 1024 * 1024;

/** The whole body, as it is: kube-apiserver does not unpack any. Rejects with `RequestEntityTooLarge`; the rest is then read and thrown away, so that the client gets its answer. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBodyBytes) chunks.push(chunk);
      else reject(tooLarge());
      if (size > maxDrainedBytes) request.destroy();
    });
    request.on("end", () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    request.on("error", reject);
  });
}

function tooLarge(): StatusError {
  return new StatusError("RequestEntityTooLarge", `Request entity too large: limit is ${maxBodyBytes}`);
}

export function mediaType(request: IncomingMessage): string {
  return (request.headers["content-type"] || "application/json").split(";")[0]?.trim() ?? "";
}

/** What an object is whose envelope of protobuf does not say it. */
type GivenType = { readonly apiVersion?: string; readonly kind?: string };

/** An object in JSON, YAML or protobuf. Throws `UnsupportedMediaType` for others. */
export function decodeBody(bytes: Buffer, type: string, given: GivenType = {}): DecodedBody {
  switch (type) {
    case "application/vnd.kubernetes.protobuf":
      return { value: decodeProtobuf(bytes, given), strictErrors: [] };
    case "application/yaml":
      return parseBody(bytes, "yaml");
    case "application/json":
      return parseBody(bytes, "json");
    default:
      throw unknownFormat();
  }
}

/** Throws `UnsupportedMediaType` where the type of a body is none that is read. */
export function checkBodyType(type: string): void {
  if (!allFormats.some((format) => mediaTypes[format] === type)) throw unknownFormat();
}

function unknownFormat(): StatusError {
  return new StatusError(
    "UnsupportedMediaType",
    "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  );
}

/** The same, of an object of a kind, with the words of its refusal. */
export function decodeObjectBody(bytes: Buffer, type: string, kind: string, given: GivenType = {}): DecodedBody {
  try {
    return decodeBody(bytes, type, given);
  } catch (error) {
    if (!(error instanceof StatusError) || error.status.reason !== "BadRequest") throw error;
    throw unrecognized(error.message, bytes, kind);
  }
}

/** The same, of an object of a resource: custom ones must say themselves of which kind they are. */
export function decodeResourceBody(
  bytes: Buffer,
  type: string,
  info: Pick<ResourceInfo, "group" | "version" | "kind" | "custom">,
): DecodedBody {
  const { kind, custom } = info;
  const given = custom === undefined ? { apiVersion: apiVersionOf(info), kind } : {};
  const body = decodeObjectBody(bytes, type, kind, given);
  if (custom === undefined || body.value["kind"]) return body;
  const text = type === "application/json" ? bytes.toString("utf8") : JSON.stringify(body.value);
  throw unrecognized(`Object 'Kind' is missing in '${text}'`, bytes, kind);
}

function unrecognized(why: string, bytes: Buffer, kind: string): StatusError {
  const what = `the object provided is unrecognized (must be of type ${kind})`;
  return new StatusError("BadRequest", `${what}: ${why} (${summaryOf(bytes)})`);
}

/** As much of a body as a refusal shows. */
const shownBytes = 30;

function summaryOf(bytes: Buffer): string {
  if (bytes.length === 0) return "<empty>";
  const shown = bytes.subarray(0, shownBytes);
  const text = bytes[0] === 0x7b ? shown.toString("utf8") : shown.toString("hex");
  return bytes.length > shownBytes ? `${text} ...` : text;
}

/** The same, held against its type: values of a wrong type are a `BadRequest`, unknown fields are dropped. */
export function decodeSent(bytes: Buffer, type: string, sent: Omit<SentKind, "group">): DecodedBody["value"] {
  return conform(decodeObjectBody(bytes, type, sent.kind).value, sent.schema, sent).object;
}
