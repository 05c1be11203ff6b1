import type { Readable } from "node:stream";
import type { Asking, HttpCall } from "../policy/call.ts";
import type { HttpCheck } from "./ext-authz/check.ts";
import {
  changedHeaders,
  clientHeaders,
  type HeaderChanges,
  noChanges,
  type Pairs,
} from "./ext-authz/header-changes.ts";
import { refusalBy } from "./ext-authz/provider-asker.ts";
import type { GatedConnection } from "./gated-connection.ts";
import { deniedText, headersOf } from "./http-call.ts";
import { type ReadBody, readBody } from "./request-body.ts";

/** A request as it came. */
export interface GatedRequest {
  readonly call: HttpCall;
  /** Names and values in turns. */
  readonly rawHeaders: readonly string[];
  readonly target: string;
  readonly protocol: HttpCheck["protocol"];
  readonly body: Readable;
  /** The client waits for a word before it sends its body: says it. */
  readonly letSend?: () => void;
}

/** What becomes of a request. */
export type RequestVerdict =
  | {
      readonly kind: "pass";
      readonly changes: HeaderChanges;
      /** Besides the headers of the application's answer. */
      readonly toClient: Pairs;
      readonly read?: ReadBody;
    }
  | {
      readonly kind: "refuse";
      readonly reason: string;
      readonly status: number;
      readonly headers: Pairs;
      readonly body: Buffer;
    };

const passed: RequestVerdict = { kind: "pass", changes: noChanges, toClient: [] };

/** By the policies, in Istio's order: CUSTOM, whose provider may change the headers that the others read, then DENY and ALLOW. */
export function judgeRequest(gated: GatedConnection, request: GatedRequest): RequestVerdict | Promise<RequestVerdict> {
  const { allowed, reason, asks } = gated.authorizer.decide({ ...gated.connection.call, http: request.call });
  if (asks !== undefined) return judgeByProvider(gated, request, asks);
  return allowed ? passed : denied(reason);
}

async function judgeByProvider(gated: GatedConnection, request: GatedRequest, asks: Asking): Promise<RequestVerdict> {
  const { call, rawHeaders, target, protocol, body, letSend } = request;
  const { connection, authorizer, providers } = gated;
  const wanted = providers.bodyOf(asks);
  if (wanted !== undefined) letSend?.();
  const read = wanted === undefined ? undefined : await readBody(body, wanted.maxRequestBytes);
  if (read?.isWhole === false && wanted?.allowPartialMessage !== true)
    return refused(413, "Payload Too Large", `its body has more bytes than ${asks.provider} is asked of`);
  const shown = read === undefined ? {} : bodyShown(read, wanted?.maxRequestBytes ?? 0);
  const isEncrypted = connection.tls === "mutual";
  const check = { ...call, headers: headersOf(rawHeaders), target, protocol, isEncrypted, ...shown };
  const answer = await providers.ask(asks, connection.call, check);
  if (answer.kind === "denied") {
    const { status, headers, body: text } = answer;
    return { kind: "refuse", reason: refusalBy(asks, answer), status, headers: clientHeaders(headers), body: text };
  }
  const headers = headersOf(changedHeaders(rawHeaders, answer.changes));
  const { allowed, reason } = authorizer.decide({ ...connection.call, http: { ...call, headers } });
  if (!allowed) return denied(reason);
  const toClient = clientHeaders(answer.toClient);
  return { kind: "pass", changes: answer.changes, toClient, ...(read !== undefined && { read }) };
}

function bodyShown({ bytes, isWhole }: ReadBody, limit: number): Pick<HttpCheck, "body" | "isPartial"> {
  return { body: bytes.subarray(0, limit), isPartial: !isWhole };
}

function denied(reason: string): RequestVerdict {
  return refused(403, deniedText, reason);
}

function refused(status: number, text: string, reason: string): RequestVerdict {
  return { kind: "refuse", status, reason, headers: [["content-type", "text/plain"]], body: Buffer.from(text) };
}
