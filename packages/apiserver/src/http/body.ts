import type { IncomingMessage } from "node:http";
import { conform, decodeProtobuf, parseBody, StatusError } from "@sallyport/kube";
import type { DecodedBody } from "../registry/context.ts";

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

/** An object in JSON, YAML or protobuf. Throws `UnsupportedMediaType` for others. */
export function decodeBody(bytes: Buffer, type: string): DecodedBody {
  switch (type) {
    case "application/vnd.kubernetes.protobuf":
      return { value: decodeProtobuf(bytes), strictErrors: [] };
    case "application/yaml":
      return parseBody(bytes, "yaml");
    case "application/json":
      return parseBody(bytes, "json");
    default:
      throw new StatusError(
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
      );
  }
}

/** The same, of an object of a kind, with the words of its refusal. */
export function decodeObjectBody(bytes: Buffer, type: string, kind: string): DecodedBody {
  try {
    return decodeBody(bytes, type);
  } catch (error) {
    if (!(error instanceof StatusError) || error.status.reason !== "BadRequest") throw error;
    const message = `the object provided is unrecognized (must be of type ${kind}): ${error.message} (${summaryOf(bytes)})`;
    throw new StatusError("BadRequest", message);
  }
}

/** As much of a body as a refusal shows. */
const shownBytes = 30;

function summaryOf(bytes: Buffer): string {
  if (bytes.length === 0) return "<empty>";
  const shown = bytes.subarray(0, shownBytes);
  const text = bytes[0] === 0x7b ? shown.toString("utf8") : shown.toString("hex");
  return bytes.length > shownBytes ? `${text} ...` : text;
}

/** A type of the API that is sent to a subresource, or is a question: what it is called, and its name in OpenAPI. */
export interface SentKind {
  readonly kind: string;
  readonly version: string;
  readonly schema: string;
}

/** The same, held against its type: values of a wrong type are a `BadRequest`, unknown fields are dropped. */
export function decodeSent(bytes: Buffer, type: string, sent: SentKind): DecodedBody["value"] {
  return conform(decodeObjectBody(bytes, type, sent.kind).value, sent.schema, sent).object;
}
