import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { UserInfo } from "@sallyport/admission";
import { StatusError } from "@sallyport/kube";
import type { Upgrade } from "@sallyport/streaming";
import { auditRefusal, beginAudit, silentRecord } from "../audit/auditor.ts";
import { bearerWarning } from "../authentication/authentication.ts";
import { createImpersonation } from "../authentication/impersonation.ts";
import { attributesOf, demand } from "../authorization/attributes.ts";
import type { Authorizer, Verdict } from "../authorization/authorizer.ts";
import { type Reply, write } from "./answer.ts";
import type { Call, HandlerOptions } from "./call.ts";
import { negotiate, negotiateRefusal, wantsPretty } from "./negotiate.ts";
import { checkTimeout } from "./options.ts";
import { servePath, writeNotFound } from "./paths.ts";
import { isLongRunning, type RequestInfo, requestInfo } from "./request-info.ts";
import { serveResource } from "./resources.ts";

/** One HTTP request: authenticate, authorize, then the API. Every fault becomes a Status; none leaves a client waiting. */
export function createHandler(
  options: HandlerOptions,
): (request: IncomingMessage, response: ServerResponse, upgrade?: Upgrade) => Promise<void> {
  const impersonate = createImpersonation(options.authorizer, options.metrics.access);
  const authorizer = observedAuthorizer(options);
  return async (request, response, upgrade) => {
    response.setHeader("audit-id", request.headers["audit-id"] ?? randomUUID());
    const warnings: string[] = [];
    let wanted = negotiate(request.headers.accept);
    let audit = silentRecord;
    // What is refused before the API is asked says that nobody should guess its type.
    let isFilter = false;
    let unknown: RequestInfo | undefined;
    try {
      const url = urlOf(request.url ?? "/");
      const info = requestInfo(request.method ?? "GET", url.pathname, url.searchParams);
      observe(request, response, options.metrics.began(info, request.method ?? "GET", url.searchParams));
      wanted = { ...wanted, pretty: wanted.pretty || wantsPretty(url.searchParams, request.headers["user-agent"]) };
      if (!isLongRunning(info)) checkTimeout(url.searchParams);
      const ignored = bearerWarning(request);
      if (ignored !== undefined) warnings.push(ignored);
      unknown = info;
      const passed = options.metrics.filters.begin();
      const known = observedUser(request, options);
      const asker = known instanceof Promise ? await known : known;
      passed("authentication");
      unknown = undefined;
      if (options.audit !== undefined)
        audit = beginAudit(options.audit, request, response, { info, user: asker, now: options.now });
      passed("audit");
      const asked = attributesOf(asker, info, url.searchParams);
      isFilter = true;
      const becoming = impersonate(request, asked);
      const other = becoming === undefined ? undefined : await becoming;
      isFilter = false;
      passed("constrainedimpersonation");
      if (other !== undefined) audit.impersonated(other);
      const user = other?.user ?? asker;
      const attributes = user === asker ? asked : { ...asked, user };
      const seat = options.flowControl.admit(request, response, attributes);
      if (seat !== undefined) await seat;
      passed("priorityandfairness");
      isFilter = true;
      const demanded = demand(authorizer, attributes, audit.annotate.bind(audit));
      if (demanded !== undefined) await demanded;
      isFilter = false;
      passed("authorization");
      const call: Call = {
        request,
        response,
        info,
        query: url.searchParams,
        wanted,
        user,
        warnings,
        audit,
        ...(upgrade === undefined ? {} : { upgrade }),
      };
      const isServed = (await serveResource(call, options)) || (await servePath(call, options));
      if (!isServed) writeNotFound(call, options);
    } catch (error) {
      if (isFilter) response.setHeader("x-content-type-options", "nosniff");
      if (unknown !== undefined && options.audit !== undefined)
        audit = auditRefusal(options.audit, request, response, { info: unknown, now: options.now });
      answerFault(error, { request, response, warnings, wanted, audit }, options);
    }
  };
}

/** Who asks; metrics are told. Throws, or rejects, where credentials are refused. */
function observedUser(
  request: IncomingMessage,
  { authentication, metrics }: HandlerOptions,
): UserInfo | Promise<UserInfo> {
  const start = performance.now();
  const tell = (username: string | undefined) =>
    metrics.access.authenticated(username, (performance.now() - start) / 1000);
  const isKnown = (user: UserInfo) => {
    tell(user.username);
    return user;
  };
  const isRefused = (error: unknown) => {
    tell(undefined);
    throw error;
  };
  try {
    const found = authentication.authenticate(request);
    return found instanceof Promise ? found.then(isKnown, isRefused) : isKnown(found);
  } catch (error) {
    return isRefused(error);
  }
}

const verdicts = { Allow: "allowed", Deny: "denied", NoOpinion: "no-opinion" } as const;

/** The same authorizer; metrics are told of what it says of requests. */
function observedAuthorizer({ authorizer, metrics }: HandlerOptions): Pick<Authorizer, "authorize"> {
  return {
    authorize: (attributes) => {
      const start = performance.now();
      const isDecided = (verdict: Verdict) => {
        metrics.access.authorized(verdicts[verdict.decision], (performance.now() - start) / 1000);
        return verdict;
      };
      const asked = authorizer.authorize(attributes);
      return asked instanceof Promise ? asked.then(isDecided) : isDecided(asked);
    },
  };
}

/** The path, its escapes resolved, and the query of a request. Dots in a path are names, as Go's server leaves them. */
function urlOf(text: string): Pick<URL, "pathname" | "searchParams"> {
  // Whoever takes us for a proxy names a host too.
  if (!text.startsWith("/")) return new URL(text, "https://localhost");
  const at = text.indexOf("?");
  const path = at < 0 ? text : text.slice(0, at);
  return {
    pathname: path.includes("%") ? decodeURIComponent(path) : path,
    searchParams: new URLSearchParams(at < 0 ? "" : text.slice(at + 1)),
  };
}

/** Bytes of the connection before and after, as it serves one request at a time; in HTTP/2, where it serves many, what the head says. */
function observe(
  { socket, httpVersionMajor }: IncomingMessage,
  response: ServerResponse,
  ended: (code: number, bytes: number) => void,
): void {
  if (httpVersionMajor > 1) {
    response.once("close", () => ended(response.statusCode, Number(response.getHeader("content-length") ?? 0)));
    return;
  }
  const before = socket.bytesWritten;
  response.once("close", () => ended(response.statusCode, socket.bytesWritten - before));
}

function answerFault(error: unknown, reply: Reply, { onFault }: HandlerOptions): void {
  const known =
    error instanceof StatusError
      ? error
      : error instanceof URIError || (error as { code?: string }).code === "ERR_INVALID_URL"
        ? new StatusError("BadRequest", "the URL is malformed")
        : undefined;
  if (known === undefined) onFault(error);
  const { status } =
    known ??
    new StatusError("InternalError", "Internal error occurred: the server met a fault of its own; its log says more");
  const { retryAfterSeconds = 0 } = status.details ?? {};
  if (retryAfterSeconds > 0 && !reply.response.headersSent)
    reply.response.setHeader("retry-after", String(retryAfterSeconds));
  if (reply.response.headersSent || reply.response.statusCode === 101) reply.response.destroy();
  else write({ ...reply, wanted: negotiateRefusal(reply.request.headers.accept, reply.wanted) }, status.code, status);
}
