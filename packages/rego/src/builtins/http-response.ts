import type { Value } from "../value/value.ts";
import { parseGoJsonPrefix } from "./go-json.ts";
import type { HttpResponse } from "./network.ts";
import { parseYaml } from "./yaml-parse.ts";

/** How `http.send` is to read a body, whatever its type says. */
export interface Decoding {
  readonly forceJson: boolean;
  readonly forceYaml: boolean;
}

/** What `http.send` answers. A body that cannot be decoded is null. */
export function responseValue({ status, statusCode, headers, body }: HttpResponse, decoding: Decoding): Value {
  const rawBody = new TextDecoder("utf-8", { ignoreBOM: true }).decode(body);
  return {
    status,
    status_code: statusCode,
    headers: { ...headers },
    raw_body: rawBody,
    body: decodedBody(rawBody, headers["content-type"]?.[0] ?? "", decoding),
  };
}

function decodedBody(text: string, type: string, { forceJson, forceYaml }: Decoding): Value {
  try {
    // OPA reads the first value and leaves the rest.
    if (forceJson || isJsonType(type)) return parseGoJsonPrefix(text);
    if (forceYaml || /application\/(?:x-)?yaml/.test(type)) return parseYaml(text);
  } catch {
    return null;
  }
  return null;
}

/** `application/json` and `application/…+json`. */
function isJsonType(type: string): boolean {
  const [media = ""] = type.split(";");
  return /^application\/(?:json|[^/\s]*\+json)$/i.test(media.trim());
}
