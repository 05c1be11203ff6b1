import {
  type Body,
  bodyText,
  type PreparedQuery,
  parseQuery,
  parseStatements,
  type QueryAnswer,
  type QueryOptions,
  RegoError,
  RegoObject,
  type RegoPolicy,
  type Value,
} from "@sallyport/rego";
import { type Printable, Struct } from "../../answers/json-text.ts";
import { type ApiError, badRequest, compileError } from "../api-error.ts";
import { Decision } from "../decision.ts";
import { jsonAnswer, type ServerAnswer, type ServerRequest } from "../exchange.ts";
import { explainMode, explanation, traceFor } from "../explain.ts";
import { fieldsOfBody, internalError } from "../fields.ts";
import type { Route } from "../routes.ts";
import { type Serving, Timing } from "../serving.ts";

/** Who may ask queries may not send requests with them. */
const unsafeBuiltins: ReadonlySet<string> = new Set(["http.send"]);

/** https://www.openpolicyagent.org/docs/rest-api#query-api */
export function queryRoutes(serving: Serving): readonly Route[] {
  const methods = {
    GET: (request: ServerRequest) => getQuery(serving, request),
    POST: (request: ServerRequest) => postQuery(serving, request),
  };
  return [
    { name: "v1/query", prefix: "/v1/query", rest: "none", methods },
    { name: "catchall", prefix: "/v1/query", rest: "some", methods: {} },
  ];
}

function getQuery(serving: Serving, request: ServerRequest): Promise<ServerAnswer> {
  const text = request.query.get("q");
  if (text === null) throw badRequest("missing parameter 'q'");
  return answer(serving, request, text, undefined, new Timing(serving));
}

async function postQuery(serving: Serving, request: ServerRequest): Promise<ServerAnswer> {
  const timing = new Timing(serving);
  const { query, input } = await fieldsOfBody(request, "QueryRequestV1", { query: "string", input: "any" });
  return answer(serving, request, (query as string | undefined) ?? "", input, timing, true);
}

async function answer(
  serving: Serving,
  request: ServerRequest,
  text: string,
  input: Value | undefined,
  timing: Timing,
  timesHandler: boolean = false,
): Promise<ServerAnswer> {
  const { generation } = serving.state;
  const { policy, data } = generation;
  const { metrics } = timing;
  const body = parsed(text);
  const query = metrics.timed("rego_query_compile", () =>
    prepared(policy, body, { captureValues: true, unsafeBuiltins, ...timing.stages(request) }),
  );
  const { instrumentation } = timing.operations(request);
  const mode = explainMode(request);
  const tracer = mode === "off" ? undefined : traceFor(request);
  const decision = new Decision(serving, request, generation);
  const labels = decision.labels();
  const made = { query: bodyText(body), input, metrics, labels };
  const options = { ...decision.evaluation(), data, input };
  const answers = await metrics
    .timedAsync("rego_query_eval", () =>
      tracer === undefined && labels === undefined && instrumentation === undefined
        ? query.answersAsync(options)
        : query.walkAsync({ ...options, ...(tracer && { tracer }), labels, instrumentation }),
    )
    .catch((error: unknown) => decision.fail(error, made));
  if (timesHandler) timing.end();
  const bindings = answers.map(bindingsOf);
  await decision.log({ ...made, result: bindings.length === 0 ? null : bindings });
  const fields: { readonly [name: string]: Printable | undefined } = {
    explanation: tracer && explanation(request, tracer.explain(mode)),
    ...timing.told(request),
    result: bindings.length === 0 ? undefined : bindings,
  };
  return jsonAnswer(request, new Struct(fields));
}

/** How an API refuses what is no query. */
export interface Refusals {
  readonly empty: () => ApiError;
  /** `what` it is instead: `expected body but got *ast.Rule`. */
  readonly other: (what: string) => ApiError;
}

const refusals: Refusals = {
  empty: () => internalError("cannot evaluate empty query"),
  other: internalError,
};

/** Throws `ApiError`. */
export function parsed(text: string, { empty, other }: Refusals = refusals): Body {
  try {
    // As OPA: what might have become a rule is told of as one, and a whole one is refused by what it is.
    const statements = parseStatements(text, { regoVersion: "v1" });
    if (statements.length === 0) throw empty();
    const none = statements.find(({ kind }) => kind !== "body");
    if (none !== undefined) throw other(`expected body but got *ast.${typeNames[none.kind]}`);
    return parseQuery(text, { regoVersion: "v1" });
  } catch (error) {
    throw error instanceof RegoError ? compileError(error, "parsing query") : error;
  }
}

/** As Go calls them. */
const typeNames = { package: "Package", import: "Import", rules: "Rule", body: "Body" } as const;

/** Throws `ApiError`. */
export function prepared(policy: RegoPolicy, body: Body, options: QueryOptions = {}): PreparedQuery {
  try {
    return policy.prepareQuery(body, options);
  } catch (error) {
    throw error instanceof RegoError ? compileError(error, "compiling query") : error;
  }
}

function bindingsOf({ bindings }: QueryAnswer): Value {
  return RegoObject.of(bindings);
}
