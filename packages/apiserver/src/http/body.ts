import type { IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";
import { decodeProtobuf, parseBody, StatusError } from "@sallyport/kube";
import type { DecodedBody } from "../registry/context.ts";

/** kube-apiserver's limit: 3 MiB, what etcd takes with room for a patch. */
export const maxBodyBytes = 3 * 1024 * 1024;

/** A body that goes on beyond this is cut off without an answer. */
const maxDrainedBytes = 32 * 1024 * 1024;

/** The whole body. Rejects with `RequestEntityTooLarge`; the rest is then read and thrown away, so that the client gets its answer. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const body = await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBodyBytes) chunks.push(chunk);
      else reject(tooLarge());
      if (size > maxDrainedBytes) request.destroy();
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", reject);
  });
  if (request.headers["content-encoding"] !== "gzip") return body;
  try {
    return gunzipSync(body, { maxOutputLength: maxBodyBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge();
    throw new StatusError("BadRequest", "the request body is not valid gzip");
  }
}

function tooLarge(): StatusError {
  return new StatusError("RequestEntityTooLarge", `Request entity too large: limit is ${maxBodyBytes}`);
}

export function mediaType(request: IncomingMessage): string {
  return (request.headers["content-type"] ?? "application/json").split(";")[0]?.trim() ?? "";
}

/** An object in JSON, YAML or protobuf. Throws `UnsupportedMediaType` for others. */
export function decodeBody(bytes: Buffer, type: string): DecodedBody {
  switch (type) {
    case "application/vnd.kubernetes.protobuf":
      return { value: decodeProtobuf(bytes), strictErrors: [] };
    case "application/yaml":
    case "application/x-yaml":
      return parseBody(bytes.toString("utf8"), "yaml");
    case "application/json":
    case "":
      return parseBody(bytes.toString("utf8"), "json");
    default:
      throw new StatusError(
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
      );
  }
}
