import { type DataPath, isObject, lookup, type Value } from "@sallyport/rego";
import { ApiError } from "./api-error.ts";
import { documentAt } from "./documents.ts";
import type { ServerRequest } from "./exchange.ts";
import { internalError } from "./fields.ts";
import { bodyText, parseOr } from "./input.ts";
import { pathSegments } from "./routes.ts";
import { evaluation, type Serving } from "./serving.ts";

/** Asks a rule whether a request may be answered, before it is. Throws `ApiError`. https://www.openpolicyagent.org/docs/security#authentication-and-authorization */
export async function authorize(serving: Serving, decision: DataPath, request: ServerRequest): Promise<void> {
  const input = await authorizationInput(request);
  const allowed = await documentAt(serving.state.generation, decision, { ...evaluation(serving, request), input });
  if (allowed === undefined) throw internalError("authorization policy missing or undefined");
  if (allowed === true) return;
  if (isObject(allowed) && lookup(allowed, "allowed") === true) return;
  const reason = isObject(allowed) ? lookup(allowed, "reason") : undefined;
  throw new ApiError(
    401,
    "unauthorized",
    typeof reason === "string" ? reason : "request rejected by administrative policy",
  );
}

async function authorizationInput(request: ServerRequest): Promise<Value> {
  const path = pathSegments(request.path);
  const body = hasInput(request.method, path) ? await bodyOf(request) : undefined;
  return {
    method: request.method,
    path: [...path],
    params: valuesBy(paramsOf(request.query)),
    headers: valuesBy([...request.headers].map(([name, values]) => [canonicalHeader(name), values])),
    ...(request.identity === undefined ? {} : { identity: request.identity }),
    ...(request.clientCertificates === undefined ? {} : { client_certificates: request.clientCertificates }),
    ...(body === undefined ? {} : { body }),
  };
}

async function bodyOf(request: ServerRequest): Promise<Value | undefined> {
  const text = await bodyText(request);
  return text === "" ? undefined : parseOr(text);
}

/** Requests for decisions have their input in the body. */
function hasInput(method: string, [version, kind]: readonly string[]): boolean {
  if (method !== "POST") return false;
  return version === "" || ((version === "v0" || version === "v1") && (kind === "data" || kind === "compile"));
}

function paramsOf(query: URLSearchParams): readonly (readonly [string, readonly string[]])[] {
  return [...new Set(query.keys())].map((name) => [name, query.getAll(name)]);
}

function valuesBy(entries: readonly (readonly [string, readonly string[]])[]): Value {
  return Object.fromEntries(entries.map(([name, values]) => [name, [...values]]));
}

/** `x-reason` as Go spells it: `X-Reason`. */
function canonicalHeader(name: string): string {
  return name.replaceAll(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase());
}
