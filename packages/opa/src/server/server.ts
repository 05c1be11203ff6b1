import { apiErrorOf, errorAnswer } from "./api-error.ts";
import { authorize } from "./authorization.ts";
import type { ServerAnswer, ServerRequest } from "./exchange.ts";
import { internalError } from "./fields.ts";
import { compileRoutes } from "./handlers/compile.ts";
import { dataRoutes } from "./handlers/data.ts";
import { operationRoutes } from "./handlers/operations.ts";
import { policyRoutes } from "./handlers/policies.ts";
import { queryRoutes } from "./handlers/query.ts";
import { findRoute, type Match, type Route } from "./routes.ts";
import type { Serving } from "./serving.ts";

export interface PolicyServerOptions extends Serving {
  /** `basic`: a rule decides who may ask what. */
  readonly authorization: "basic" | "off";
  /** Is told of faults of our own: the client hears only that there was one. */
  readonly onFault: (error: unknown) => void;
}

/** An answer, with what the listener must know of it. */
export interface Served extends ServerAnswer {
  readonly compresses: boolean;
}

/** OPA's REST API, whoever listens: a request in, an answer out. https://www.openpolicyagent.org/docs/rest-api */
export class PolicyServer {
  readonly #options: PolicyServerOptions;
  readonly #routes: readonly Route[];

  constructor(options: PolicyServerOptions) {
    this.#options = options;
    this.#routes = [
      ...policyRoutes(options),
      ...dataRoutes(options),
      ...queryRoutes(options),
      ...compileRoutes(options),
      ...operationRoutes(options),
    ];
  }

  async handle(request: ServerRequest): Promise<Served> {
    const { clock, requests } = this.#options;
    const start = clock();
    const match = findRoute(this.#routes, request.method, request.path);
    const { route, compresses } = placeOf(match, request);
    const vary = compresses ? { Vary: "Accept-Encoding" } : {};
    const { status, headers, body } = await this.#answer(match, request);
    requests.observe(route?.name ?? "catchall", request.method, status, (clock() - start) / 1000);
    return { status, headers: { ...headers, ...vary }, body, compresses };
  }

  /** The same without asking who it is, and only how the server does: for a port of its own. */
  async diagnose(request: ServerRequest): Promise<Served> {
    const isDiagnostic = diagnosticPlaces.some(
      (place) => request.path === place || request.path.startsWith(`${place}/`),
    );
    const match: Match = isDiagnostic ? findRoute(this.#routes, request.method, request.path) : { kind: "nothing" };
    return { ...(await this.#guarded(() => answerOf(match, request))), compresses: false };
  }

  #answer(match: Match, request: ServerRequest): Promise<ServerAnswer> {
    return this.#guarded(async () => {
      const { authorization, config } = this.#options;
      if (authorization === "basic") await authorize(this.#options, config.authorizationDecision, request);
      return answerOf(match, request);
    });
  }

  async #guarded(run: () => Promise<ServerAnswer> | ServerAnswer): Promise<ServerAnswer> {
    try {
      return await run();
    } catch (error) {
      const known = apiErrorOf(error);
      if (known !== undefined) return errorAnswer(known);
      this.#options.onFault(error);
      return errorAnswer(internalError("internal error"));
    }
  }
}

const diagnosticPlaces: readonly string[] = ["/health", "/metrics"];

function placeOf(match: Match, { method }: ServerRequest) {
  const route = match.kind === "nothing" ? undefined : match.route;
  const compresses = route?.compresses?.includes(method) === true;
  return { route, compresses };
}

function answerOf(match: Match, request: ServerRequest): Promise<ServerAnswer> | ServerAnswer {
  switch (match.kind) {
    case "found":
      return match.handler(request, match.rest);
    case "redirect":
      return redirect(match.status, match.location, request.method);
    case "wrong method":
      return wrongMethod(match.route);
    case "no HEAD":
      return { status: 405, headers: {}, body: "" };
    case "nothing":
      return plainText(404, "404 page not found\n");
  }
}

/** As Go's server sends one: for reads alone with a page. */
function redirect(status: number, location: string, method: string): ServerAnswer {
  if (method !== "GET" && method !== "HEAD") return { status, headers: { Location: location }, body: "" };
  const words = status === 301 ? "Moved Permanently" : "Temporary Redirect";
  const headers = { "Content-Type": "text/html; charset=utf-8", Location: location };
  return { status, headers, body: `<a href="${escaped(location)}">${words}</a>.\n\n` };
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&#34;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function wrongMethod({ isPlain, methods }: Route): ServerAnswer {
  if (isPlain !== true) return { status: 405, headers: {}, body: "" };
  const allowed = [...Object.keys(methods), ...("GET" in methods ? ["HEAD"] : [])].sort().join(", ");
  const answer = plainText(405, "Method Not Allowed\n");
  return { ...answer, headers: { ...answer.headers, Allow: allowed } };
}

function plainText(status: number, body: string): ServerAnswer {
  const headers = { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" };
  return { status, headers, body };
}
