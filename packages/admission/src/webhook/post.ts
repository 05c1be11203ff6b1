import type { AdmissionEffects, ObjectReader, WebhookAnswer } from "../snapshot.ts";
import type { WebhookCredentials } from "../static-configurations.ts";
import { CallError } from "./call-error.ts";
import { type ClientConfig, targetOf } from "./target.ts";

/** Where and for how long. */
export interface PostOptions {
  readonly clientConfig: ClientConfig;
  readonly timeoutSeconds: number;
  readonly reader: ObjectReader;
  readonly post: AdmissionEffects["post"];
  /** What is shown to a server, by `host:port`. */
  readonly credentialsFor?: (server: string) => WebhookCredentials;
}

/** Sends a review, and answers the body that came back. Throws `CallError` with what client-go says of anything else. */
export async function postReview(
  body: object,
  { clientConfig, timeoutSeconds, reader, post, credentialsFor }: PostOptions,
): Promise<string> {
  if (post === undefined) throw new CallError("webhooks cannot be called here");
  const target = targetOf(clientConfig, reader, timeoutSeconds);
  const shown = credentialsFor === undefined ? {} : { credentials: credentialsFor(serverOf(target.url)) };
  const call = { ...target, ...shown, body: JSON.stringify(body), timeoutMs: timeoutSeconds * 1000 };
  const answer = await post(call).catch((error: unknown) => {
    throw new CallError((error as Error).message);
  });
  const mediaFault = mediaTypeFault(answer.type);
  if (mediaFault !== undefined) throw new CallError(`Internal error occurred: ${mediaFault}`, 500);
  if (answer.code < 200 || answer.code > 206) throw new CallError(statusText(answer), answer.code);
  if (answer.body === "")
    throw new CallError(
      `0-length response with status code: ${answer.code} and content type: ${answer.type || "application/json"}`,
    );
  return answer.body;
}

/** With its port, also where that is the one of https. */
function serverOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port === "" ? "443" : port}`;
}

/** What Go's mime.ParseMediaType has against the type itself; undefined for none, and for what is one. */
function mediaTypeFault(type: string): string | undefined {
  const [base = ""] = type.split(";");
  const [, first = "", rest = ""] = /^([!#$%&'*+.^_`|~\w-]*)(.*)$/s.exec(base.trim()) ?? [];
  if (type === "") return undefined;
  if (first === "") return "mime: no media type";
  if (rest === "") return undefined;
  if (!rest.startsWith("/")) return "mime: expected slash after first token";
  const [, subtype = "", more = ""] = /^\/([!#$%&'*+.^_`|~\w-]*)(.*)$/s.exec(rest) ?? [];
  if (subtype === "") return "mime: expected token after slash";
  return more === "" ? undefined : "mime: unexpected content after media subtype";
}

/** client-go tells no more of a body that is not JSON. */
const maxTextLength = 2048;

/** What client-go says of an answer that is no success: the Status in it, or something of its code. apierrors.NewGenericServerResponse. */
export function statusText({ code, type, body }: WebhookAnswer): string {
  const status = statusOf(body);
  if (status !== undefined) return status;
  const isText = type === "" || /^\s*text\//i.test(type);
  const said = isText ? body.slice(0, maxTextLength).trim() : "unknown";
  if (code === 406)
    return said === "" || said === "unknown"
      ? "the server was unable to respond with a content type that the client supports"
      : said;
  if (tellsAll.has(code)) return said;
  const known = texts[code];
  if (known !== undefined) return known;
  return code >= 500
    ? `an error on the server (${JSON.stringify(said)}) has prevented the request from succeeding`
    : `the server responded with the status code ${code} but did not return more information`;
}

/** The message of a Status that tells of a failure. */
function statusOf(body: string): string | undefined {
  try {
    const { kind, apiVersion = "v1", status, message } = JSON.parse(body) as { readonly [field: string]: unknown };
    const isFailure = kind === "Status" && apiVersion === "v1" && status === "Failure";
    return isFailure ? String(message ?? "") : undefined;
  } catch {
    return undefined;
  }
}

/** Codes whose body is told as it is. */
const tellsAll: ReadonlySet<number> = new Set([403, 415]);

const texts: { readonly [code: number]: string } = {
  400: "the server rejected our request for an unknown reason",
  401: "the server has asked for the client to provide credentials",
  404: "the server could not find the requested resource",
  405: "the server does not allow this method on the requested resource",
  409: "the server reported a conflict",
  422: "the server rejected our request due to an error in our request",
  429: "the server has received too many requests and has asked us to try again later",
  503: "the server is currently unable to handle the request",
  504: "the server was unable to return a response in the time allotted, but may still be processing the request",
};
